"""Fingerprint rules: what is one, which events it fits, and that plain Python says the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry.ingest.grouping import group, rules
from jentry.matching.globs import Glob


def frame(function, module=None, filename=None, in_app=True, **more):
    found = {"function": function, "module": module, "filename": filename, "in_app": in_app}
    return {name: value for name, value in (found | more).items() if value is not None}


EVENT = {
    "platform": "python",
    "level": "error",
    "logger": "shop.orders",
    "release": "shop@1.2.3",
    "transaction": "POST /checkout",
    "environment": "production",
    "sdk": {"name": "sentry.python.flask"},
    "tags": {"region": "EU"},
    "exception": {
        "values": [
            {"type": "OSError", "value": "disk full"},
            {
                "type": "DatabaseUnavailable",
                "value": "connection to 10.0.0.7 lost",
                "stacktrace": {
                    "frames": [
                        frame("main", "shop.app", "shop/app.py"),
                        frame("connect", "lib.db", "C:\\srv\\lib\\db.py", in_app=False,
                              abs_path="/srv/venv/lib/db.py", package="libdb.so"),
                    ]
                },
            },
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("matchers", "fits"),
    [
        ("error.type:DatabaseUnavailable", True),
        ("error.type:databaseUNAVAILABLE", True),
        ("type:Database*", True),
        ("error.type:Database", False),
        ("error.type:OSError", True),  # any of the chain
        ("error.type:D?tabase*", True),
        ('error.value:"connection to * lost"', True),
        ('error.value:"connection to *"', True),
        ("error.type:OSError error.value:*lost", False),  # not of one and the same
        ('error.type:OSError value:"disk full"', True),
        ("error.type:OSError !value:*lost", True),
        ("message:*lost", True),
        ("message:lost", False),
        ("level:error", True),
        ("!level:warning", True),
        ("!level:error", False),
        ("level:error !logger:shop.*", False),
        ("logger:shop.*", True),
        ("platform:python", True),
        ("release:shop@1.*", True),
        ("sdk:sentry.python*", True),
        ('transaction:"POST *"', True),
        ("tags.region:eu", True),
        ("tags.environment:production", True),
        ("tags.nowhere:*", False),
        ("!tags.nowhere:*", True),
        ("function:connect", True),
        ("stack.function:conn*", True),
        ("function:connect module:lib.*", True),
        ("function:connect module:shop.*", False),  # not of one frame
        ("function:connect !module:shop.*", True),
        ("function:connect !app:no", False),
        ("function:connect app:no", True),
        ("function:main app:yes", True),
        ("function:main app:0", False),
        ("module:db", True),  # its last parts
        ("stack.module:lib.db", True),
        ("module:b", False),
        ("path:db.py", True),
        ("path:lib\\db.py", True),
        ("path:/srv/venv/**", True),
        ("stack.abs_path:*/venv/*", True),
        ("file:app.py", True),
        ("stack.filename:shop/app.py", True),
        ("path:pp.py", False),
        ("package:libdb.so", True),
    ],
)
def test_a_rule_fits(matchers, fits):
    known, wrong = rules.parse(f"{matchers} -> x")
    assert (wrong, rules.first(f"{matchers} -> x", EVENT) is not None) == ([], fits)
    assert len(known) == 1


def test_the_first_line_that_fits_decides():
    text = "level:info -> a\n# level:error -> no\n\nlevel:error -> b\nerror.type:* -> c"
    assert (rules.first(text, EVENT).values, rules.first(text, EVENT).line) == (("b",), 4)
    assert rules.first("level:info -> a", EVENT) is None


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("system-down", ["system-down"]),
        ("a, b c", ["a", "b", "c"]),
        ('"two words", "a \\"b\\""', ["two words", 'a "b"']),
        ("{{ error.type }}-x", ["DatabaseUnavailable-x"]),
        ("{{type}} {{ level }} {{ logger }}", ["DatabaseUnavailable", "error", "shop.orders"]),
        ("{{ transaction }} {{ tags.region }}", ["POST /checkout", "EU"]),
        ("{{ function }} {{ module }}", ["main", "shop.app"]),
        ("{{ value }}", ["connection to 10.0.0.7 lost"]),
        ("{{ tags.nothing }}", ["<no-value-for-tag-nothing>"]),
        ("{{ default }}, x", ["{{ default }}", "x"]),
    ],
)
def test_a_fingerprint_counts_as_if_the_client_had_sent_it(given, values):
    event = dict(EVENT)
    rules.apply(f"level:error -> {given}", event)
    ruled, sent = group(event), group(EVENT | {"fingerprint": values})
    assert (ruled.hash, ruled.components) == (
        sent.hash, sent.components | {"rule": "level:error"},
    )  # fmt: skip


def test_the_default_exempts_from_later_rules_and_from_the_client():
    event = EVENT | {"fingerprint": ["of the client"]}
    rules.apply("level:error -> {{ default }}\nlevel:error -> x", event)
    assert group(event).hash == group(EVENT).hash


def test_an_event_that_no_rule_fits_any_more_is_as_it_was():
    event = EVENT | {"fingerprint": ["of the client"]}
    before = group(event)
    rules.apply("level:error -> x", event)
    assert group(event).hash != before.hash
    rules.apply("level:info -> x", event)
    assert group(event) == before


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("error.type:x", rules.NO_FINGERPRINT),
        ("error.type:x ->", rules.NO_FINGERPRINT),
        ('level:error -> title="x"', rules.NO_FINGERPRINT),
        ('level:error -> ""', rules.NO_FINGERPRINT),
        ("-> x", "Say which events: a matcher such as error.type:TimeoutError."),
        ("error -> x", "'error' is no matcher such as error.type:TimeoutError."),
        ("!!level:x -> y", "'!!level:x' is no matcher such as error.type:TimeoutError."),
        ('level:"x"y -> z', 'A blank is missing after level:"x".'),
        ('level:x -> "y', "The quotes of '\"y' do not end."),
        ("level:x -> {{ nope }}", "The value '{{ nope }}' has {{ nope }}, which is no variable."),
        ("level:x -> a{{ default }}",
         "The value 'a{{ default }}' has {{ default }}, which can only stand alone."),
        ('level:x -> y title="{{ nope }}"',
         "The title '{{ nope }}' has {{ nope }}, which is no variable."),
        ("app:maybe -> x", "app is yes or no."),
        (f"level:{'x' * 301} -> x", "The pattern is longer than 300 characters."),
        (f"{'level:x ' * 11}-> x", "There are more than 10 matchers."),
        (f"level:x -> {'y ' * 21}", "The fingerprint has more than 20 values."),
        (f'level:x -> y title="{"t" * 201}"', "The title is longer than 200 characters."),
        ("colour:red -> x",
         "colour is none of message, level, logger, platform, release, sdk, transaction, "
         "error.type, error.value, function, module, file, package, app and tags.NAME."),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_told_with_its_line(line, wrong):
    assert rules.parse(f"# first\n{line}\n") == ([], [f"line 2: {wrong}"])


def test_there_are_not_too_many():
    known, wrong = rules.parse("level:x -> y\n" * (rules.MOST + 1))
    assert (len(known), wrong) == (rules.MOST, ["line 101: There are more than 100 rules."])


def plain_glob(pattern, text):
    """As the definition says it: by trying."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(plain_glob(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and plain_glob(pattern[1:], text[1:])


small = st.text("ab*?./", max_size=7)


@settings(deadline=None, max_examples=examples(300))
@given(pattern=small, text=st.text("ab./", max_size=8))
def test_globs_are_those_of_the_definition(pattern, text):
    glob = Glob(pattern)
    assert glob.fits(text) == plain_glob(pattern, text)
    assert not glob.fits(text) or glob.needle in text


words = st.text("ab.", min_size=1, max_size=3)
patterns = st.text("ab.*?", min_size=1, max_size=3)
of_event, of_error = ("level", "logger"), ("error.type", "error.value")
of_frame = ("function", "module")
matchers = st.tuples(
    st.booleans(), st.sampled_from((*of_event, *of_error, *of_frame, "tags.t")), patterns
)
events = st.fixed_dictionaries(
    {},
    optional={
        "level": words,
        "logger": words,
        "tags": st.fixed_dictionaries({"t": words}),
        "exception": st.fixed_dictionaries(
            {
                "values": st.lists(
                    st.fixed_dictionaries(
                        {"type": words},
                        optional={
                            "value": words,
                            "stacktrace": st.fixed_dictionaries(
                                {
                                    "frames": st.lists(
                                        st.fixed_dictionaries(
                                            {"function": words}, optional={"module": words}
                                        ),
                                        max_size=3,
                                    )
                                }
                            ),
                        },
                    ),
                    max_size=3,
                )
            }
        ),
    },
)


def plain_fits(rule, event):
    def holds(matcher, value):
        negated, name, pattern = matcher
        found = value is not None and plain_glob(pattern, value)
        if name == "module" and value is not None:
            found |= any(
                plain_glob(pattern.lstrip("."), value[n + 1 :])
                for n, c in enumerate(value)
                if c == "."
            )
        return found != negated

    def of(names):
        return [matcher for matcher in rule if matcher[1] in names]

    raised = event.get("exception", {}).get("values", [])
    frames = [f for e in raised for f in e.get("stacktrace", {}).get("frames", [])]
    tags = event.get("tags", {})
    return (
        all(holds(m, event.get(m[1])) for m in of(of_event))
        and all(holds(m, tags.get("t")) for m in of(("tags.t",)))
        and (not of(of_error)
             or any(all(holds(m, e.get(m[1][6:])) for m in of(of_error)) for e in raised))
        and (not of(of_frame)
             or any(all(holds(m, f.get(m[1])) for m in of(of_frame)) for f in frames))
    )  # fmt: skip


@settings(deadline=None, max_examples=examples(300))
@given(event=events, lines=st.lists(st.lists(matchers, min_size=1, max_size=3), max_size=4))
def test_rules_mean_what_plain_python_says(event, lines):
    text = "\n".join(
        " ".join(f"{'!' * negated}{name}:{pattern}" for negated, name, pattern in line) + " -> x"
        for line in lines
    )
    found = rules.first(text, event)
    expected = next((n for n, line in enumerate(lines, 1) if plain_fits(line, event)), None)
    assert (found.line if found else None) == expected
