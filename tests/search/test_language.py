"""What a search says, and what is wrong with one that says nothing."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jentry.search.language import Bad, parse, pinned
from jentry.search.tree import Either, Every, Match, Not, Range, Text
from jentry.search.values import written

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TAGS = {"stadt", "plan", "level"}


def read(text, **how):
    return parse(text, TAGS.__contains__, NOW, **how)


def said(node):
    """Short: `T:a*b`, `key=values`, lists for AND, tuples for OR, `-` before what is negated."""
    if isinstance(node, Text):
        return "T:" + "*".join(node.pattern)
    if isinstance(node, Match):
        values = ("*".join(v) if isinstance(v, tuple) else v for v in node.values)
        return f"{node.key}={','.join(map(str, values))}"
    if isinstance(node, Not):
        return ["-", said(node.part)]
    kind = {Every: list, Either: tuple}[type(node)]
    return kind(said(part) for part in node.parts)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("foo  bar", "T:foo  bar"),
        ("foo level:error bar", ["T:foo", "level=error", "T:bar"]),
        ("a OR b AND level:info", ("T:a", ["T:b", "level=info"])),
        ("(a OR b) level:info", [("T:a", "T:b"), "level=info"]),
        ("-level:error", ["-", "level=error"]),
        ("!level:error", ["-", "level=error"]),
        ("NOT level:error", ["-", "level=error"]),
        ('NOT "a b"', ["-", "T:a b"]),
        ("NOT -(a b)", ["-", ["-", "T:a b"]]),
        ("-a b", ["-", "T:a b"]),
        ('"a b" c "d"', ["T:a b", "T:c", "T:d"]),
        (r'"a\"b\\c*"', r'T:a"b\c*'),
        ("level:>=warning", "level=fatal,error,warning"),
        ("level:<error", "level=warning,info,debug"),
        ("level:[error,fatal]", "level=error,fatal"),
        ("is:archived", "is=ignored"),
        ("stadt:KÖLN plan:[a, \"b c\"]", ["stadt=KÖLN", "plan=a,b c"]),
        ("tags[level]:gold", "level=gold"),
        ("tags[new]:x*", "new=x*"),
        ("error.unhandled:yes", "handled=no"),
        ("env:staging stack.filename:a/b.py", ["environment=staging", "file=a/b.py"]),
        ("id:#42 issue:7", ["id=42", "id=7"]),
        ("user.email:*@acme.test", "user.email=*@acme.test"),
        ("f(x) (g(y))", ["T:f(x)", "T:g(y)"]),
    ],
)  # fmt: skip
def test_a_search_says(text, tree):
    assert said(read(text)) == tree


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: x is not a function", "localhost:8000", "see http://acme.test/a:b", "std::x",
        "404 NOT FOUND", "cats or dogs and mice", "foo)", "foo()", "()", "call f(a, b)", "-1",
        "level:", "level: error", "a -> b", "--force", "x:y:z", "12:30", "!= 3", "C:\\temp",
        "at Foo.bar (baz:3)".replace(" (", "("), "{'a': 1}", "100%_sure", "ORDER ANDROID NOTE",
    ],
)  # fmt: skip
def test_what_is_not_clearly_language_is_text(text):
    assert said(read(text)) == f"T:{text}"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("events:5", 5, 6), ("events:>5", 6, None), ("events:<=5", None, 6), ("count:2..9", 2, 10),
        ("timesSeen:>=1k", 1000, None), ("users:<2", None, 2),
        ("age:-24h", "2026-06-14T12:00:00.000Z", None),
        ("first-seen:+7d", None, "2026-06-08T12:00:00.000Z"),
        ("firstSeen:2026-06-01", "2026-06-01T00:00:00.000Z", "2026-06-02T00:00:00.000Z"),
        ("first_seen:>2026-06-01", "2026-06-02T00:00:00.000Z", None),
        ("last-seen:<=2026-06-01T10:30", None, "2026-06-01T10:31:00.000Z"),
        ("last-seen:2026-06-01..2026-06-03", "2026-06-01T00:00:00.000Z",
         "2026-06-04T00:00:00.000Z"),
        ("last-seen:2026-06-01T10:30:05.250Z", "2026-06-01T10:30:05.250Z",
         "2026-06-01T10:30:05.251Z"),
    ],
)  # fmt: skip
def test_ranges(text, low, high):
    assert read(text).values == (Range(low, high),)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("levle:error", "levle is no field and no tag (character 1). Did you mean level?"),
        ("a enviroment:x", "enviroment is no field and no tag (character 3). "
         "Did you mean environment?"),
        ("level:worse", "worse is no level (character 7)."),
        ("is:resolve", "resolve is no state of an issue (character 4). Did you mean resolved?"),
        ("events:many", "many is no number such as 100 or 1k (character 8)."),
        ("age:soon", "soon is no time such as -24h, +7d or 2026-06-01 (character 5)."),
        ("age:2026-02-31", "2026-02-31 is no time such as -24h, +7d or 2026-06-01 (character 5)."),
        ("release:>1", "release cannot be compared with > (character 10)."),
        ("stadt:>1", "stadt cannot be compared with > (character 8)."),
        ('"abc', "a quote is not closed (character 1)."),
        ('stadt:"abc', "a quote is not closed (character 7)."),
        ("stadt:[a", "a list is not closed (character 7)."),
        ("(a", "a parenthesis is not closed (character 1)."),
        ("a (", "a parenthesis is not closed (character 3)."),
        ("( )", "there is nothing between the parentheses (character 1)."),
        ("OR a", "OR has nothing on its left (character 1)."),
        ("a AND", "AND has nothing on its right (character 3)."),
        ("a OR OR b", "OR has nothing on its right (character 3)."),
        ('stadt:""', "stadt has no value (character 7)."),
        ("id:x", "x is no id of an issue (character 4)."),
        ("trace:4e", "4e is no trace id of 32 hexadecimal digits (character 7)."),
        ("user.id:4*", "user.id compares whole values; only user.email:*@acme.test has a star "
         "(character 9)."),
        ("x" * 501, "it is longer than 500 characters (character 501)."),
        (" ".join(["-a"] * 51), "it has more than 50 terms (character 152)."),
        ("(" * 21, "it is more than 20 levels deep (character 21)."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(text, error):
    with pytest.raises(Bad) as caught:
        read(text)
    assert caught.value.message == f"search: {error}"


@pytest.mark.parametrize("text", ["localhost:8000", "tags[nope]:x"])
def test_where_many_issues_change_an_unknown_name_is_no_text(text):
    with pytest.raises(Bad, match="is no field and no tag"):
        read(text, is_strict=True)
    assert said(read("stadt:x http://a std::b", is_strict=True)) == ["stadt=x", "T:http://a std::b"]


def test_nothing_is_asked_for():
    assert read("") is read("  \n") is None


@given(st.text(st.sampled_from('ab*:"()[]-!<>=.,\\ #1 ORANDNTlevel:stadt'), max_size=60))
@example("*a:*b ** *)c* -d:e*")
@example('"a:b"*"c"* "d"*e:f')
@example("a:b stadt:x -b:1 (plan:[b,a] OR x:y) NOT l:a")
def test_what_is_kept_of_a_search_says_the_same_whatever_tags_there_will_be(text):
    with contextlib.suppress(Bad):
        kept = pinned(text, TAGS.__contains__, NOW)
        for has_tag in (TAGS.__contains__, lambda key: True, lambda key: False):
            now = parse(kept, has_tag, NOW)
            assert (said(now) if now else now) == (said(read(text)) if read(text) else None)
        assert pinned(kept, lambda key: True, NOW) == kept


@given(st.text(max_size=20).filter(str.strip))
@example("a*")
@example(">1")
@example("//x")
@example(":")
def test_a_value_is_written_so_that_it_is_read(text):
    found = read(f"tags[stadt]:{written(text)} level:error")
    assert said(found) == [f"stadt={text}", "level=error"]
    assert found.parts[0].values == ((text,),)


@given(st.text(st.sampled_from('ab*:"()[]-!<>=.,\\ #1 ORANDNTlevel:stadt'), max_size=60))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(Bad):
        read(text)
