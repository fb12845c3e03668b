"""The page of an issue: what is known about an error, told by the server, as text only."""

import html
import re

import factories
import pytest

from jentry import clock

FRAMES = [
    {"filename": "flask/app.py", "function": "wsgi_app", "lineno": 9, "in_app": False,
     "module": "flask.app"},
    {"filename": "shop/pay.py", "function": "pay", "lineno": 42, "in_app": True,
     "module": "shop.pay", "context_line": "    raise PaymentError(card)",
     "pre_context": ["def pay(card):"], "post_context": [""],
     "vars": {"card": "[Filtered]", "amount": "42", "long": "'" + "x" * 900 + "'"}},
]  # fmt: skip
PAYLOAD = {
    "type": "error", "platform": "python", "title": "PaymentError: declined",
    "transaction": "/checkout", "sdk": {"name": "sentry.python", "version": "2.40.0"},
    "exception": {"values": [
        {"type": "KeyError", "value": "'card'", "mechanism": {"source": "__context__"}},
        {"type": "PaymentError", "value": "declined", "mechanism": {"handled": False},
         "stacktrace": {"frames": FRAMES}},
    ]},
    "breadcrumbs": {"values": [
        {"timestamp": "2026-11-01T09:59:58.000Z", "category": "query", "message": f"SELECT {n}"}
        for n in range(45)
    ]},
    "request": {
        "method": "POST", "url": "https://shop.test/pay", "headers": {"X-Key": "[Filtered]"},
    },
    "user": {"id": "57"}, "tags": {"browser": "Firefox"}, "extra": {"basket": {"items": 2}},
    "contexts": {"runtime": {"name": "CPython", "type": "runtime"}},
    "modules": {"django": "5.1"}, "logentry": {"message": "charge %s", "formatted": "charge 7"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)


@pytest.fixture
def issue(db, world):
    issue_id = factories.issue(
        db, world.project, title="PaymentError: declined", culprit="shop.pay in pay"
    )
    factories.insert(
        db, "issue_hashes", project_id=world.project, version=1, hash=b"h" * 32, issue_id=issue_id,
        components='{"by": "stack", "values": [{"type": "E", "frames": ["shop.pay | pay"]}]}',
    )  # fmt: skip
    for hour in (8, 9, 10):
        factories.event(
            db, issue_id, PAYLOAD, timestamp=f"2026-11-01T{hour:02}:00:00.000Z",
            event_id=bytes([hour] * 16), environment="production",
        )  # fmt: skip
    return issue_id


@pytest.fixture
def path(world, issue):
    return f"/projects/{world.project}/issues/{issue}"


def text_of(page):
    """What is read on it."""
    found = re.sub(r"<(?:svg|script|style).*?</(?:svg|script|style)>", "", page.text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


def test_what_an_event_knows_is_on_the_page(web, path):
    page = web.get(path)
    said = text_of(page)
    for part in (
        "PaymentError declined", "shop.pay in pay", "Unhandled", "Event 3 of 3",
        "1 Nov 2026, 10:00:00 UTC", "shop/ pay.py in pay at line 42 Raised here",
        "raise PaymentError (card)", "card Filtered", "amount 42", "1 frame in flask",
        "was raised while handling this exception", "KeyError", "charge 7",
        "Breadcrumbs 45", "Show 5 earlier", "SELECT 44", "Request POST https://shop.test/pay",
        "X-Key Filtered", "runtime", "CPython", "browser Firefox", "basket", "1 package",
        "sentry.python 2.40.0", "Show all 902 characters", "raised at the same place",
        "in pay of shop.pay", "id 57",
    ):  # fmt: skip
        squeezed = part.replace(" ", "").lower()
        assert squeezed in said.replace(" ", "").lower(), part
    assert "<title>PaymentError: declined · Shop · jentry</title>" in page.text
    assert page.text.count("<h1>") == 1


def test_the_events_of_an_issue_are_walked_by_links(web, path):
    ids = [bytes([hour] * 16).hex() for hour in (8, 9, 10)]
    for address, position, before, after in (
        ("", 3, ids[1], None), ("/events/latest", 3, ids[1], None),
        ("/events/first", 1, None, ids[1]), ("/events/oldest", 1, None, ids[1]),
        (f"/events/{ids[1]}", 2, ids[0], ids[2]),
    ):  # fmt: skip
        page = web.get(f"{path}{address}")
        assert f"Event {position}" in text_of(page)
        assert ('data-key="k"' in page.text) is (before is not None)
        assert ('data-key="j"' in page.text) is (after is not None)
        for event_id in filter(None, (before, after)):
            assert f"{path}/events/{event_id}" in page.text


def test_what_is_not_there(web, db, world, issue, path, signed_in):
    other = factories.issue(db, world.project)
    unknown = web.get(f"/projects/{world.project}/issues/9999")
    assert unknown.status_code == 404
    assert "There is no issue #9999 in Shop." in unknown.text
    gone = web.get(f"{path}/events/{'00' * 15}01")
    assert gone.status_code == 404
    assert "This event is not kept any more." in gone.text
    assert "PaymentError" in gone.text
    moved = web.get(f"/projects/{world.project}/issues/{other}/events/{'08' * 16}")
    assert moved.headers["Location"] == f"{path}/events/{'08' * 16}"
    empty = web.get(f"/projects/{world.project}/issues/{other}")
    assert "This event is not kept any more." in empty.text
    foreign = factories.issue(db, world.foreign_project)
    for address in (
        f"/projects/{world.project}/issues/{foreign}",
        f"/projects/{world.foreign_project}/issues/{foreign}",
        f"/projects/{world.foreign_project}/issues/{issue}",
    ):
        assert web.get(address).status_code == 404
    for suffix in ("", "/events", "/tags", "/activity", f"/events/{'08' * 16}.json"):
        assert signed_in(world.foreign_user).get(f"{path}{suffix}").status_code == 404


def test_habits_are_remembered_without_a_script(web, path):
    assert 'id="raw"' not in web.get(path).text
    answer = web.post(
        "/account/habits",
        {"trace": "raw", "next": f"{path}#trace"},
        on=path,
        headers={"Referer": f"http://localhost{path}"},
    )
    assert answer.headers["Location"] == f"{path}#trace"
    raw = web.get(path)
    assert 'File "shop/pay.py", line 42, in pay' in html.unescape(raw.text)
    web.post("/account/habits", {"trace": "all", "order": "oldest"}, on=path)
    page = text_of(web.get(path))
    assert "1 frame in flask" not in page
    assert page.index("wsgi_app") < page.index("raise PaymentError")
    web.post("/account/habits", {"trace": "<script>"}, on=path)
    assert "1 frame in flask" not in text_of(web.get(path))


def test_an_event_as_a_file(web, path):
    event = f"{path}/events/{'0a' * 16}"
    as_json = web.get(f"{event}.json")
    assert as_json.json["exception"]["values"][1]["type"] == "PaymentError"
    markdown = web.get(f"{event}.md")
    assert markdown.content_type == "text/markdown; charset=utf-8"
    assert markdown.text.startswith("# PaymentError: declined\n")
    assert f"{path})" in markdown.text
    raw = web.get(f"{event}.txt")
    assert raw.text.startswith("KeyError: 'card'\n\nDuring handling of the above exception")
    for answer in (as_json, markdown, raw):
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def test_pictures_are_shown_by_what_their_bytes_say(web, db, world, path, signed_in):
    event_id = b"\x0a" * 16
    for name, content_type, data in (
        ("shot.png", "image/png", PNG),
        ("evil.png", "image/png", b"<svg onload=alert(1)>"),
        ('a;b".txt', "text/html", b"<script>"),
    ):
        factories.attachment(
            db, world.project, data, event_id=event_id, filename=name, content_type=content_type
        )
    page = web.get(path)
    numbers = re.findall(r"/attachments/(\d+)/content", page.text)
    shown = re.findall(r'src="/attachments/(\d+)/image"', page.text)
    assert (len(numbers), shown) == (3, numbers[:2])
    picture = web.get(f"/attachments/{numbers[0]}/image")
    assert (picture.status_code, picture.content_type, picture.data) == (200, "image/png", PNG)
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    for number in numbers[1:]:
        assert web.get(f"/attachments/{number}/image").status_code == 404
        saved = web.get(f"/attachments/{number}/content")
        assert saved.headers["Content-Disposition"].startswith("attachment;")
        assert saved.content_type == "application/octet-stream"
        assert (
            signed_in(world.foreign_user).get(f"/attachments/{number}/content").status_code == 404
        )


def test_reports_of_people_jobs_and_browsers(web, db, world, issue, path):
    factories.report(
        db, world.project, event_id=b"\x0a" * 16, comments="It <b>broke</b>.", name="Kim"
    )
    page = web.get(path)
    assert "It &lt;b&gt;broke&lt;/b&gt;." in page.text
    csp = {
        "type": "csp", "platform": "javascript", "title": "Blocked 'image' from 'evil.test'",
        "csp": {"effective_directive": "img-src", "blocked_uri": "https://evil.test/x",
                "original_policy": "default-src 'self'; img-src 'self'"},
        "contexts": {"monitor": {"slug": "nightly", "status": "missed"}},
    }  # fmt: skip
    other = factories.issue(db, world.project, type="csp", title=csp["title"])
    factories.event(db, other, csp)
    said = text_of(web.get(f"/projects/{world.project}/issues/{other}"))
    assert "blocked https://evil.test/x because of img-src" in said
    assert "img-src 'self' Broken" in said
    assert "Scheduled job slug nightly status missed" in said


def test_other_tables(web, db, world, issue, path):
    events = text_of(web.get(f"{path}/events"))
    assert events.count("PaymentError: declined") >= 3
    assert "3 events are kept, newest first." in events
    assert web.get(f"{path}/events?page=9").status_code == 200
    assert "No event of this issue has a tag." in text_of(web.get(f"{path}/tags"))
    assert "First seen" in text_of(web.get(f"{path}/activity"))


HOSTILE = "<script>alert(1)</script>\u202e'\"><img src=x onerror=alert(1)> {{ 7*7 }} \x1b[31m"


def test_whatever_a_stranger_wrote_is_text(web, db, world):
    def everywhere(value):
        if isinstance(value, dict):
            return {k: everywhere(v) for k, v in value.items()} | {HOSTILE: HOSTILE}
        if isinstance(value, list):
            return [everywhere(v) for v in value]
        return HOSTILE if isinstance(value, str) and value not in KEPT else value

    kept = everywhere(PAYLOAD) | {
        "type": "error",
        "platform": "python",
        "modules": {HOSTILE: HOSTILE},
    }
    issue_id = factories.issue(db, world.project, title=f"E: {HOSTILE}", culprit=HOSTILE)
    event = factories.event(db, issue_id, kept, environment=HOSTILE)
    event_id = db.execute("SELECT event_id FROM events WHERE id = ?", (event,)).fetchone()[0]
    factories.attachment(
        db, world.project, event_id=event_id, filename=HOSTILE, content_type=HOSTILE
    )
    factories.report(
        db, world.project, event_id=event_id, comments=HOSTILE, name=HOSTILE, email=HOSTILE
    )
    base = f"/projects/{world.project}/issues"
    for address in (f"{base}?period=all", f"{base}/{issue_id}", f"{base}/{issue_id}/events"):
        page = web.get(address).text
        assert "&lt;script&gt;" in page or "<script>" not in page.replace("<script src=", "")
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
        assert "7*7" in page


KEPT = {"error", "python", "2026-11-01T09:59:58.000Z"}


def test_links_of_events_are_of_the_web_only(web, db, world):
    payload = {"request": {"url": "javascript:alert(1)", "method": "GET"}}
    issue_id = factories.issue(db, world.project)
    factories.event(db, issue_id, payload)
    page = web.get(f"/projects/{world.project}/issues/{issue_id}").text
    assert 'href="javascript:' not in page
    for link in re.findall(r'<a [^>]*href="https?://[^>]*>', page):
        assert 'rel="noreferrer' in link


def test_the_page_of_a_large_event_stays_small(web, db, world):
    frame = FRAMES[1] | {"pre_context": ["x = 1  # " + "y" * 60] * 5, "post_context": ["z"] * 5}
    raw = {
        "exception": {
            "values": [{"type": "E", "value": "m" * 8000, "stacktrace": {"frames": [frame] * 50}}]
        }
    }
    issue_id = factories.issue(db, world.project)
    factories.event(db, issue_id, PAYLOAD | raw)
    page = web.get(f"/projects/{world.project}/issues/{issue_id}")
    assert len(page.data) < 200_000


def test_an_issue_without_events_says_where_they_are(web, db, world):
    issue = factories.issue(db, world.project, event_count=5)
    db.execute("INSERT INTO issue_evictions VALUES (?, 'age', 5, ?)", (issue, factories.AT))
    page = web.get(f"/projects/{world.project}/issues/{issue}").text
    assert "The events of this issue are not kept any more." in page
    assert "of this issue 5 events are gone" in page
