"""Names, email addresses and passwords that are taken, changed or refused."""

import pytest

from jentry.errors import BadRequest
from jentry.store import names, passwords


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        (" a+b.c@sub.example.co ", "a+b.c@sub.example.co"),
        ("admin@localhost", "admin@localhost"),
        ("jürgen@müller.example", "jürgen@müller.example"),
    ],
)
def test_an_address_is_kept_in_lower_case(text, kept):
    assert names.email(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "a b@example.com",
        "a@b@c",
        "a@-b.com",
        "a@b..com",
        "a@b.com\n.evil",
        "<a@b.com>",
        "a\u202e@b.com",
        "x" * 65 + "@b.com",
        "a@" + "b" * 260,
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadRequest):
        names.email(text)


@pytest.mark.parametrize("text", ["a\x00b", "a\u2028b", "\ud800", "a\tb", "\n", "x" * 101])
def test_a_name_is_one_line_of_text(text):
    with pytest.raises(BadRequest):
        names.name(text, "name")


@pytest.mark.parametrize(
    "text", ["", "A", "a_b", "-a", "a-", "a--b", "ä", "a b", "x" * 51, "7", "2026"]
)
def test_a_slug_is_made_of_plain_letters_and_hyphens_and_is_no_number(text):
    with pytest.raises(BadRequest):
        names.slug(text)


@pytest.mark.parametrize("text", ["a", "7a", "a7", "2026-11", "4-ever", "a-7", "1-2-3b", "x" * 50])
def test_what_may_be_a_slug(text):
    assert names.slug(text) == text


@pytest.mark.parametrize(
    ("name", "found"), [("2026", "org-2026"), ("1 2", "1-2"), ("9" * 90, f"org-{'9' * 41}")]
)
def test_a_slug_made_from_a_number_is_none(name, found):
    assert names.slug_from(name, "org", lambda _: False) == found


def test_equal_passwords_have_different_hashes_and_only_they_match():
    first, second = passwords.hashed("correct horse", ""), passwords.hashed("correct horse", "")
    assert first != second
    assert passwords.matches("correct horse", first)
    assert not passwords.matches("correct horsf", first)
    assert not passwords.matches("x" * 2000, first)
    assert not passwords.matches("", None)


def test_a_password_may_hold_any_text():
    assert passwords.matches(
        "длинный пароль🔑\ud800", passwords.hashed("длинный пароль🔑\ud800", "")
    )
