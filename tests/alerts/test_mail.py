"""Mail as it is written: threads, headers, nothing of a stranger's text that means anything."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from laws import examples
from receivers import HOSTILE, read

from jentry import clock
from jentry.alerts import chat, mail
from jentry.alerts.items import Item, Message
from jentry.alerts.mail import Letterhead
from jentry.alerts.text import defused, header, line

AT = clock.timestamp(datetime(2026, 11, 20, 12, tzinfo=UTC))
HEAD = Letterhead("Errors <errors@example.com>", "https://errors.example.com", b"secret")


def issue(title, culprit="shop in pay", **more):
    return {
        "id": 42, "project_id": 1, "title": title, "culprit": culprit, "level": "error",
        "status": "unresolved", "count": 1284, "user_count": 57,
    } | more  # fmt: skip


def message(*titles, project="Shop", environment="production", **more):
    items = tuple(
        Item("new_issue", AT, {"id": 1, "slug": "shop", "name": project}, environment,
             issue=issue(title), rules=({"id": 1, "name": "Errors"},))
        for title in titles
    )  # fmt: skip
    channel = {"id": 3, "name": "Ops"}
    acme = {"slug": "acme", "name": "Acme"}
    base = "https://errors.example.com"
    whole = {"items": items, "count": len(items)} | more
    return Message(9, "alert", AT, base, acme, channel, **whole)


def test_mails_about_one_issue_are_one_thread_from_the_first():
    first = mail.build(message("a"), "ada@example.com", HEAD)
    again = mail.build(message("a"), "ada@example.com", HEAD)
    assert first["References"] == first["In-Reply-To"] == again["References"]
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"] != first["References"]


def test_filters_and_machines_find_what_they_need():
    found = read(mail.build(message("a"), "ada@example.com", HEAD))
    named = {name: found[name] for name in found if name.startswith("X-Jentry")}
    assert named == {
        "X-Jentry-Delivery": "9", "X-Jentry-Issue": "42", "X-Jentry-Project": "shop",
        "X-Jentry-Condition": "new_issue",
    }  # fmt: skip
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["List-Id"] == "<channel-3.errors.example.com>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = found["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://errors.example.com/alerts/unsubscribe/3/ada@example.com/")
    assert link in found.get_body(("plain",)).get_content()
    assert found.get_body(("html",)) is not None


def test_without_a_sender_it_is_the_servers_own():
    own = Letterhead(None, "https://errors.example.com", b"s")
    assert mail.build(message("a"), "a@b.c", own)["From"] == "jentry <jentry@errors.example.com>"


@pytest.mark.parametrize("recipient", ["ada@example.com", "ää@example.com", "a@exämple.com"])
def test_it_can_be_written_for_any_address(recipient):
    assert mail.build(message("Prüfung ✓"), recipient, HEAD).as_bytes()


def test_nothing_is_loaded_from_anywhere():
    html = mail.html(message("a"), "https://errors.example.com/x")
    assert re.findall(r"(?:src|@import|url)\b", html) == []


hostile = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))


@given(title=hostile, project=hostile, environment=hostile)
@example(title=HOSTILE[1], project=HOSTILE[1], environment=HOSTILE[0])
@settings(max_examples=examples(60), deadline=None)
def test_text_of_strangers_never_becomes_a_header_or_markup(title, project, environment):
    said = message(title, project=project, environment=environment)
    built = mail.build(said, "ada@example.com", HEAD)
    raw = built.as_bytes()
    names = {name.lower() for name in read(built)}
    plain = {name.lower() for name in read(mail.build(message("a"), "ada@example.com", HEAD))}
    assert names == plain
    assert b"\nBcc:" not in raw.partition(b"\r\n\r\n")[0]
    assert "\nBcc:" not in mail.text(said, None)
    html = read(built).get_body(("html",)).get_content()
    ours = mail.html(message("a"), "x")
    assert set(re.findall(r"<[a-z]+", html)) <= set(re.findall(r"<[a-z]+", ours))


@given(title=hostile, project=hostile)
@example(title="[sign in](https://evil.example)", project="")
@settings(max_examples=examples(60), deadline=None)
def test_text_of_strangers_wakes_nobody_in_a_chat(title, project):
    found = chat.request(message(title, project=project), "json://x", chat.Way())
    for text in (found["title"], found["body"]):
        assert not re.search(r"[@<][^\u200b]|\]\(", text)


@given(st.text(max_size=400))
@settings(max_examples=examples(100), deadline=None)
def test_a_line_is_one_line_and_a_header_has_no_encoded_word(text):
    assert len(line(text, 80)) <= 80
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", line(text, 80))
    assert "=?" not in header(text, 80)
    assert defused(text).replace("\u200b", "") == text.replace("\u200b", "")
