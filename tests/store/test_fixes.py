"""Issues that the message of a commit says it fixes."""

import pytest

from jentry.store import fixes
from jentry.store.fixes import MOST, Named

SITE = "https://jentry.test/at"
WEB = Named(42, slug="web-app")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        *((f"{verb} WEB-APP-42", [WEB]) for verb in (
            "fix", "Fixes", "FIXED", "close", "closes", "Closed", "resolve", "resolves", "resolved",
        )),
        ("Totals are right\n\nFixes:\n  web-app-42.", [WEB]),
        ("(fixes WEB-APP-42)", [WEB]),
        ("Fixes WEB-APP-42, jentry#7 and API-3 & API-4",
         [WEB, Named(7), Named(3, slug="api"), Named(4, slug="api")]),
        ("Fixes WEB-APP-42 jentry#7\n\nResolves API-3",
         [WEB, Named(7), Named(3, slug="api")]),
        ("Fixes #12, WEB-APP-42 and acme/shop#9, API-3", [WEB, Named(3, slug="api")]),
        (f"Fix {SITE}/projects/1/issues/42.", [Named(42, project_id=1)]),
        (f"Fix {SITE}/projects/1/issues/42/events/latest?x=1#y", [Named(42, project_id=1)]),
        (f"Fix {SITE}/organizations/acme/issues/42/", [Named(42)]),
        (f"Fix {SITE}/organizations/acme/issues/WEB-APP-42/", [WEB]),
        ("Fixes #42", []),
        ("Fixes acme/web-app#42", []),
        ("WEB-APP-42 is fixed", []),
        ("prefix WEB-APP-42, fixing WEB-APP-42, fixes: the WEB-APP-42", []),
        ("fixes WEB-APP-42x, WEB-APP-42-b, WEB-APP, 42, -42", []),
        ("fixes https://elsewhere.test/projects/1/issues/42", []),
        (f"fixes {SITE}.evil.test/projects/1/issues/42 {SITE}/projects/1", []),
        ("fixes WEB-APP-99999999999999999999", []),
        ('Revert "Fixes WEB-APP-42"\n\nThis reverts commit 1f2e.', []),
        ('Revert "Fixes WEB-APP-42"\n\nFixes API-3', [Named(3, slug="api")]),
        ("", []),
    ],
)  # fmt: skip
def test_what_a_message_names(message, expected):
    assert fixes.named(message, SITE) == expected


def test_no_message_names_very_many():
    assert len(fixes.named("fixes" + " A-1," * 1000, SITE)) == MOST
