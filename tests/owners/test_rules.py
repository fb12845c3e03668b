"""Ownership rules: what is a rule, and which one decides."""

import pytest

from jentry.owners import rules


def frame(filename, function="f", in_app=True, **more):
    return {"filename": filename, "function": function, "in_app": in_app} | more


EVENT = {
    "platform": "python",
    "environment": "production",
    "tags": {"region": "EU"},
    "request": {"url": "https://shop.test/checkout/pay?step=2"},
    "exception": {
        "values": [
            {"stacktrace": {"frames": [frame("src/db/cause.py")]}},
            {
                "stacktrace": {
                    "frames": [
                        frame("src/app.py", "main", abs_path="/srv/app/src/app.py"),
                        frame(
                            "src\\Cart\\Totals.py", "Cart.add", module="shop.cart.totals",
                            abs_path="/srv/app/src/Cart/Totals.py",
                        ),
                        frame("flask/app.py", "wsgi", in_app=False),
                    ]
                }
            },
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("matcher", "fits"),
    [
        ("path:src/cart/totals.py", True),
        ("path:src/cart/*", True),
        ("path:cart/*.py", True),
        ("path:*/Cart/*", True),
        ("path:totals.py", True),
        ("path:src\\cart\\*", True),
        ("path:/srv/app/*", True),
        ("path:art/totals.py", False),
        ("path:src/cart", False),
        ("path:src/db/cause.py", True),  # of the cause, as nothing nearer fits
        ("path:flask/*", False),  # not the application's
        ('path:"src/cart/*"', True),
        ("module:shop.cart.*", True),
        ("module:cart.totals", True),
        ("module:art.totals", False),
        ("function:cart.*", True),
        ("function:add", False),
        ("url:*/checkout/*", True),
        ("url:https://shop.test/checkout/pay", True),
        ("url:https://shop.test/", False),
        ("tags.region:eu", True),
        ("tags.environment:prod*", True),
        ("tags.nowhere:*", False),
    ],
)
def test_a_rule_fits(matcher, fits):
    known, wrong = rules.parse(f"{matcher} mara@x.test")
    assert (bool(rules.matching(known, EVENT)), wrong) == (fits, [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("path:src/* a@x.test\npath:src/cart/* b@x.test", 2),
        ("path:src/cart/* b@x.test\npath:src/* a@x.test", 2),
        ("path:src/cart/* b@x.test\n\n# all\npath:src/app.py a@x.test", 1),  # nearer to the crash
        ("tags.region:eu c@x.test\npath:src/cart/* b@x.test", 2),
        ("path:src/cart/* b@x.test\ntags.region:eu c@x.test", 2),
        ("path:nowhere/* b@x.test", None),
        ("", None),
    ],
)
def test_the_last_line_wins_of_frames_the_nearest(text, line):
    found = rules.matching(rules.parse(text)[0], EVENT)
    assert (found[0].line if found else None) == line


def test_an_event_without_frames_of_its_own_has_those_there_are():
    stack = {"frames": [frame("lib/a.py", in_app=False)]}
    event = {"platform": "python", "threads": {"values": [{"crashed": True, "stacktrace": stack}]}}
    assert rules.matching(rules.parse("path:lib/* a@x.test")[0], event)
    assert not rules.matching(rules.parse("path:lib/* a@x.test")[0], {})


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("src/cart/* mara@x.test", "Write a rule such as path:src/cart/* mara@acme.test."),
        ("file:src/* mara@x.test", "file is none of path, module, function, url and tags.NAME."),
        ("tags.:x mara@x.test", "tags. is none of path, module, function, url and tags.NAME."),
        ("path:src/*", "Say who is to be assigned: an email address, after a blank."),
        ('path:"src/*"mara@x.test', "Say who is to be assigned: an email address, after a blank."),
        ("path:src/* #team", "#team is no email address; teams are not known here."),
        (f"path:{'x' * 301} mara@x.test", "The pattern is longer than 300 characters."),
    ],
)
def test_what_is_no_rule_is_told_with_its_line(line, wrong):
    assert rules.parse(f"# first\n{line}\n") == ([], [f"line 2: {wrong}"])


def test_there_are_not_too_many():
    known, wrong = rules.parse("path:a m@x.test\n" * (rules.MOST + 1))
    assert (len(known), wrong) == (rules.MOST, ["line 201: There are more than 200 rules."])
