"""What was uploaded for a project, and what an issue's page says of frames without a source."""

import re

import factories
import pytest
from bundles import URL, event


@pytest.fixture
def page(world):
    return f"/projects/{world.project}/settings/source-maps"


def add(db, project, **columns):
    bundle = factories.artifact(db, project)
    names = ", ".join(f"{name} = ?" for name in columns)
    db.execute(f"UPDATE artifact_bundles SET {names} WHERE id = ?", (*columns.values(), bundle))
    return bundle


def test_bundles_are_listed_with_their_warnings_and_deleted(web, db, world, page):
    assert "Nothing was uploaded yet." in web.get(page).text
    warning = '["~/a.js names <b>no</b> source map."]'
    kept = add(db, world.project, release="shop@1", dist="7", warnings=warning)
    gone = add(db, world.project, release="shop@2")
    add(db, world.foreign_project, release="theirs@1")
    text = web.get(page).text
    assert re.findall(r"(?:shop|theirs)@\d", text) == ["shop@2", "shop@1"]
    assert "&lt;b&gt;no&lt;/b&gt; source map." in text.replace("<wbr>", "")
    assert web.post(f"{page}/{gone}/delete", on=page).status_code == 303
    assert [row["id"] for row in db.execute("SELECT bundle_id AS id FROM artifact_projects")][
        :1
    ] == [kept]
    assert "shop@2" not in web.get(page).text
    (entry,) = db.execute("SELECT action FROM audit_log WHERE action LIKE 'artifact.%'")
    assert entry["action"] == "artifact.delete"


def test_another_organization_s_bundle_stays(web, db, world, page):
    add(db, world.project, release="shop@1")
    theirs = add(db, world.foreign_project, release="theirs@1")
    assert web.post(f"{page}/{theirs}/delete", on=page).status_code == 404
    assert db.execute("SELECT count(*) FROM artifact_bundles").fetchone()[0] == 2


def test_a_member_reads_and_does_not_delete(web, db, world, page):
    bundle = add(db, world.project, release="shop@1")
    token = web.token(page)
    db.execute("UPDATE memberships SET role = 'member'")
    assert "Delete" not in web.get(page).text
    refused = web.client.post(f"{page}/{bundle}/delete", data={"csrf_token": token})
    assert refused.status_code == 403
    assert db.execute("SELECT count(*) FROM artifact_bundles").fetchone()[0] == 1


def shown(web, world, db, payload, **columns):
    payload = {"type": "error", "platform": "javascript", "title": "TypeError"} | payload
    issue = factories.issue(db, world.project, title="TypeError")
    factories.event(db, issue, payload, **columns)
    return f"/projects/{world.project}/issues/{issue}"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (event("1"), "upload this build"),
        (event("1", debug_id=False), "inject debug ids when you build"),
        (event("1", debug_id=False, release="shop@1"), "upload them with --release shop@1"),
    ],
)
def test_a_frame_that_stayed_minified_says_why_and_what_to_do(web, world, db, sent, sentence):
    text = web.get(shown(web, world, db, sent)).text.replace("<wbr>", "")
    assert text.count('class="unmapped small">') == 2
    assert sentence in text


def test_of_a_frame_that_came_with_its_source_nothing_is_said(web, world, db):
    sent = event("1", debug_id=False)
    for frame in sent["exception"]["values"][0]["stacktrace"]["frames"]:
        frame |= {"filename": "src/cart.js", "context_line": "return cart.total;"}
    assert 'class="unmapped small">' not in web.get(shown(web, world, db, sent)).text


def test_a_trace_is_read_as_its_source_or_as_it_was_sent(web, world, db):
    sent = event("1", debug_id=False)
    (value,) = sent["exception"]["values"]
    came = value["stacktrace"]["frames"]
    value["raw_stacktrace"] = {"frames": came}
    source = {"filename": "src/cart.ts", "function": "total", "lineno": 3, "in_app": True}
    value["stacktrace"] = {"frames": [came[0], source]}
    path = shown(web, world, db, sent)
    text = web.get(path).text.replace("<wbr>", "")
    assert "src/cart.ts" in text
    assert text.count('class="unmapped small">') == 1
    web.post("/account/habits", {"code": "minified", "next": path}, on=path)
    text = web.get(path).text.replace("<wbr>", "")
    assert "src/cart.ts" not in text
    assert text.count(URL) >= 2
