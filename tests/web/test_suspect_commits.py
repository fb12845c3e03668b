"""Suspect commits on the page of an issue: text of strangers, and one click to assign."""

import html
import json
import re

import factories
import pytest

PAYLOAD = {
    "exception": {
        "values": [
            {"stacktrace": {"frames": [{"filename": "shop/pay.py", "in_app": True}]}}
        ]
    }
}  # fmt: skip


@pytest.fixture
def issue(db, world):
    release_id = factories.release(db, world.project, "shop@2.0")
    issue_id = factories.issue(db, world.project, first_release_id=release_id)
    factories.event(db, issue_id, PAYLOAD, release_id=release_id)
    return issue_id


@pytest.fixture
def path(world, issue):
    return f"/projects/{world.project}/issues/{issue}"


@pytest.fixture
def committed(db, issue):
    def call(sha, file="src/shop/pay.py", **columns):
        release_id = db.execute("SELECT max(id) FROM releases").fetchone()[0]
        position = db.execute("SELECT count(*) FROM release_commits").fetchone()[0]
        factories.insert(
            db, "release_commits", release_id=release_id, position=position, sha=sha,
            files=json.dumps([file]), **columns,
        )  # fmt: skip

    return call


def section(web, path):
    place = r'<section class="sheet" id="suspects">.*?</section>'
    found = re.search(place, web.get(path).text, re.S)
    return found and found[0]


def said(text):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_a_page_without_suspects_does_not_speak_of_them(web, path, committed):
    committed("a" * 40, "src/shop/other.py")
    assert section(web, path) is None


def test_the_author_is_assigned_by_one_click_and_only_by_it(web, db, world, path, committed):
    (email,) = db.execute("SELECT email FROM users WHERE id = ?", (world.member,)).fetchone()
    committed("a" * 40, message="Pay twice\n\nlong", author="Mara", author_email=email)
    committed("b" * 40, message="Other", author="Kim", author_email="kim@elsewhere.test")
    shown = section(web, path)
    assert said(shown) == (
        "Suspect commits Pay twice aaaaaaa by Mara in shop@2.0 changed shop/ pay. py Assign Member "
        "Other bbbbbbb by Kim in shop@2.0 changed shop/ pay. py"
    )
    assignee = "SELECT assignee_id FROM issues"
    assert db.execute(assignee).fetchone()[0] is None
    (value,) = re.findall(r'name="assign" value="(\d+)"', shown)
    web.post(f"{path}/change", {"assign": value}, on=path)
    assert db.execute(assignee).fetchone()[0] == world.member
    assert "Assign Member" not in section(web, path)


def test_what_a_commit_says_is_text(web, path, committed):
    committed(
        "<b>" * 10, message="<script>alert(1)</script> \u202egnp.exe", author="</form>",
        url="javascript:alert(1)",
    )  # fmt: skip
    committed("c" * 40, url="https://git.test/c?a=1&b=<", message=None)
    shown = section(web, path)
    assert "<script" not in shown
    assert shown.count("</form>") == 1
    assert "\u202e" not in shown
    assert re.findall(r'href="([^"]*)"', shown) == ["https://git.test/c?a=1&amp;b=&lt;"]
    assert "No message" in shown


def test_a_page_shows_the_first_three(web, path, committed):
    for number in range(5):
        committed(f"{number}" * 40)
    assert re.findall(r"<code>(?:<a [^>]*>)?(\d)", section(web, path)) == ["0", "1", "2"]
