"""The audit log in words, filtered, and as CSV."""

import csv
import html
import io
import json
import re
from pathlib import Path

import factories
import pytest

import jentry
from jentry.presentation.audit import PHRASES

PAGE = "/settings/audit"
STORE = Path(jentry.__file__).parent / "store"


def said(response):
    """Of each entry: who, and what."""
    body = response.text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("</tr>")[:-1]]
    plain = [[" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in row] for row in rows]
    return [tuple(map(html.unescape, row[1:])) for row in plain]


ENTRIES = [
    ("issue.resolve", "issue:42", {"via": "web"}, "resolved #42"),
    ("issue.resolve", "issue:42", {"via": "api"}, "resolved #42 via API"),
    (
        "issue.resolve", "issue:42", {"via": "api", "token": "release-bot"},
        "resolved #42 via API token release-bot",
    ),
    (
        "issue.resolve", "issue:42", {"via": "web", "statusDetails": {"inRelease": "shop@2"}},
        "resolved #42 in shop@2",
    ),
    (
        "issue.ignore", "issue:7", {"via": "web", "statusDetails": {"ignoreDuration": 1440}},
        "ignored #7 for 1 day",
    ),
    ("issue.assign", "issue:7", {"assigneeUserId": 2}, "assigned #7 to Admin"),
    ("issue.assign", "issue:7", {"assigneeUserId": 99}, "assigned #7 to user 99"),
    ("comment.create", "comment:3", {"issueId": 7}, "commented on #7"),
    ("project.update", "project:1", {"fields": ["name", "settings.quotaHour"]},
     "changed name, settings.quotaHour of Shop"),
    ("project.update", "project:9", {"fields": ["name"]}, "changed name of project 9"),
    ("key.rotate", "key:5", {"name": "Default", "lastFour": "a6d1"},
     "rotated the client key Default, now …a6d1"),
    ("token.create", "token:5", {"name": "ci", "scopes": ["org:read"]},
     "made the API token ci for org:read"),
    ("user.role", "user:3", {"email": "a@b.test", "from": "member", "to": "admin"},
     "made a@b.test an admin instead of a member"),
    ("release.create", "release:3", {"version": "shop@1", "commits": 2, "deploys": 0},
     "registered the release shop@1 with 2 commits and 0 deploys"),
    ("rule.delete", "rule:7", {"name": "Night"}, "deleted the alert rule Night"),
    ("channel.update", "channel:3", {"fields": ["name"]}, "changed name of the alert channel 3"),
    ("issue.unheard_of", "issue:42", {"via": "web"}, "issue unheard of #42"),
    ("issue.assign", "issue:x", {"assigneeUserId": {"a": [1]}}, "assigned issue x to"),
    ("key.rotate", "key:5", {"name": ["<b>"], "lastFour": None},
     "rotated the client key , now …"),
    ("issue.resolve", "issue:1", {"operationId": 3}, "resolved #1 with others at once"),
    ("issue.merge", "issue:1", {"operationId": 3, "automatic": True, "into": 2},
     "merged #1 into #2 left without events"),
    ("issue.unmerge", "issue:1", {"operationId": 3, "automatic": True, "from": 2, "undo": True},
     "unmerged #1 from #2 undone"),
    ("issue.regroup", "issue:1", {"operationId": 3, "from": 2}, "grouped events into #1 from #2"),
    ("grouping.regroup", "project:0", {"operationId": 3},
     "began to group stored events of project 0 again"),
    ("grouping.regroup", "project:0", {"operationId": 3, "moved": 1, "events": 5},
     "grouped stored events of project 0 again, and moved 1 event"),
    ("grouping.regroup", "project:0", {"operationId": 3, "undo": True},
     "began to lead back stored events of project 0 to the issues of before"),
    ("grouping.regroup", "project:0", {"operationId": 3, "undo": True, "moved": 1, "events": 5},
     "led back stored events of project 0 to the issues of before"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "target", "meta", "words"), ENTRIES)
def test_an_entry_is_told_in_words(web, db, world, action, target, meta, words):
    factories.audit(
        db, world.org, user_id=world.owner, action=action, target=target, meta=json.dumps(meta)
    )
    assert said(web.get(PAGE)) == [("Owner", words)]


@pytest.mark.parametrize(
    ("via", "who"), [("cli", "Command line"), ("system", "jentry"), ("web", "Somebody")]
)
def test_what_no_user_did_has_a_name_too(web, db, world, via, who):
    factories.audit(db, world.org, user_id=None, meta=json.dumps({"via": via}))
    assert said(web.get(PAGE)) == [(who, "resolved #1")]


def test_every_action_that_the_store_writes_has_words():
    source = "\n".join(path.read_text() for path in STORE.rglob("*.py"))
    written = set(re.findall(r'record\([^)]*?"([a-z]+\.[a-z_]+)"', source, re.S))
    written |= set(re.findall(r'ACTIONS = \{[^}]*\}', source) and re.findall(
        r'"(issue\.[a-z]+)"', source))  # fmt: skip
    assert len(written) > 20
    assert written - PHRASES.keys() == set()


def test_a_link_leads_to_the_issue(web, db, world):
    issue = factories.issue(db, world.project)
    factories.audit(db, world.org, target=f"issue:{issue}")
    href = html.unescape(re.search(r'href="(/issues\?query=[^"]+)"', web.get(PAGE).text)[1])
    place = web.get(href + "&period=14d").headers["Location"]
    assert place == f"/projects/{world.project}/issues/{issue}"


def test_it_is_filtered_by_person_action_and_time(web, db, world):
    rows = [
        (world.owner, "issue.resolve", "2026-11-01T10:00:00.000Z"),
        (world.admin, "issue.resolve", "2026-11-02T10:00:00.000Z"),
        (None, "issue.ignore", "2026-11-03T10:00:00.000Z"),
    ]
    for user_id, action, at in rows:
        factories.audit(
            db, world.org, user_id=user_id, action=action, created_at=at, meta='{"via": "cli"}'
        )
    for query, expected in [
        ("", ["Command line", "Admin", "Owner"]),
        ("?action=&userId=", ["Command line", "Admin", "Owner"]),
        (f"?userId={world.owner}", ["Owner"]),
        ("?userId=none", ["Command line"]),
        ("?action=issue.resolve", ["Admin", "Owner"]),
        ("?since=2026-11-02", ["Command line", "Admin"]),
        ("?since=2026-11-02&until=2026-11-03", ["Admin"]),
        ("?limit=1&page=2", ["Admin"]),
        ("?userId=somebody", ["Command line", "Admin", "Owner"]),
    ]:
        response = web.get(PAGE + query)
        assert [who for who, _ in said(response)] == expected, query
        assert ("not understood" in response.text) == (query == "?userId=somebody")
    assert "Nothing matches." in web.get(f"{PAGE}?action=key.rotate").text
    assert "There is no such page." in web.get(f"{PAGE}?page=9").text


def test_csv_has_what_the_page_shows_and_no_formula(web, db, world):
    for number in range(1100):
        factories.audit(db, world.org, user_id=world.owner, target=f"issue:{number}")
    meta = {"via": "api", "token": "=bot", "name": '=cmd|"a",\n', "scopes": []}
    factories.audit(
        db, world.org, user_id=None, action="=SUM(A1)", target="token:1", meta=json.dumps(meta)
    )
    response = web.get(f"{PAGE}.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "audit.csv" in response.headers["Content-Disposition"]
    head, *rows = csv.reader(io.StringIO(response.text))
    assert head == ["id", "time", "who", "what", "action", "target", "via", "token", "meta"]
    assert [row[0] for row in rows] == [str(number) for number in range(1101, 0, -1)]
    assert rows[0][3:8] == ["'=SUM(A1) token 1", "'=SUM(A1)", "token:1", "api", "'=bot"]
    assert json.loads(rows[0][8]) == meta
    filtered = csv.reader(io.StringIO(web.get(f"{PAGE}.csv?userId=none").text))
    assert len(list(filtered)) == 2


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}.csv"])
def test_a_member_is_told_who_can_help(signed_in, world, address):
    response = signed_in(world.member).get(address)
    assert response.status_code == 403
    assert "Only owners and admins can read the audit log." in response.text


def test_another_organization_has_a_log_of_its_own(web, db, world):
    factories.audit(db, world.foreign_org, target="issue:77")
    assert "Nothing has been changed yet." in web.get(PAGE).text
    assert "issue:77" not in web.get(f"{PAGE}.csv").text
