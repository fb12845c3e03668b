"""A project's client keys: their DSNs, enabled, disabled, renamed, rotated."""

import re

import factories
import pytest

from jentry.store import client_keys
from jentry.store.audit import Actor


@pytest.fixture
def page(world):
    return f"/projects/{world.project}/settings/keys"


@pytest.fixture
def keys(db, world):
    actor = Actor(world.org, world.owner, "web")
    return lambda: client_keys.list_for(db, actor, world.project)


def test_a_dsn_is_shown_with_when_it_was_used(web, db, world, page, keys):
    (key,) = keys()
    assert "Never used" in web.get(page).text
    factories.outcome(db, key["id"], "2026-01-01T10")
    text = web.get(page).text
    assert f">http://{key['public_key']}@localhost/{world.project}<" in text
    assert 'datetime="2026-01-01T10:00:00.000Z"' in text


def test_a_key_is_made_disabled_enabled_renamed_and_rotated(web, db, page, keys):
    def act(path, data):
        response = web.post(f"{page}{path}", data, on=page)
        assert (response.status_code, response.headers.get("Location")) == (303, page)
        return re.search(r'id="status"><span>([^<]+)', web.get(page).text)[1]

    assert act("", {"name": "Website"}) == "The key “Website” holds now, beside the others."
    _, second = keys()
    place = f"/{second['id']}"
    assert act(place, {"disable": "1"}) == "The key “Website” is disabled."
    assert second["public_key"] + "@" not in web.get(page).text
    assert act(place, {"enable": "1"}) == "The key “Website” is active."
    assert act(place, {"name": "Shop"}) == "The key “Shop” is active."
    act(f"{place}/rotate", {})
    assert [(key["name"], key["is_active"]) for key in keys()] == [
        ("Default", True), ("Shop", False), ("Shop", True),
    ]  # fmt: skip
    actions = [row[0] for row in db.execute("SELECT action FROM audit_log ORDER BY id")]
    assert actions == ["key.create", "key.disable", "key.enable", "key.rename", "key.rotate"]


@pytest.mark.parametrize(
    ("path", "data", "status", "sentence"),
    [
        ("", {"name": " "}, 400, "name"),
        ("/{id}", {"name": "\x07"}, 400, "control characters"),
        ("/999", {"disable": "1"}, 404, "There is no such key."),
        ("/999/rotate", {}, 404, "There is no such key."),
    ],
)
def test_what_cannot_be_is_explained(web, page, keys, path, data, status, sentence):
    (key,) = keys()
    response = web.post(page + path.format(id=key["id"]), data, on=page)
    assert (response.status_code, sentence in response.text) == (status, True)
    assert keys() == [key]


def test_a_disabled_key_is_not_rotated(web, page, keys):
    (key,) = keys()
    web.post(f"{page}/{key['id']}", {"disable": "1"}, on=page)
    response = web.post(f"{page}/{key['id']}/rotate", on=page)
    assert (response.status_code, "This key is disabled" in response.text) == (409, True)


def test_a_member_reads_and_changes_nothing(signed_in, world, page, keys):
    other, (key,) = signed_in(world.member), keys()
    text = other.get(page).text
    assert ("Only owners and admins" in text, key["public_key"] in text) == (True, True)
    assert "Rotate" not in text
    for path, data in (("", {"name": "x"}), (f"/{key['id']}", {"disable": "1"}),
                       (f"/{key['id']}/rotate", {})):  # fmt: skip
        assert other.post(page + path, data, on="/account").status_code == 403
    assert keys() == [key]


def test_a_foreign_key_does_not_exist(web, db, world, page):
    (foreign,) = db.execute(
        "SELECT id FROM client_keys WHERE project_id = ?", (world.foreign_project,)
    ).fetchone()
    assert web.get(f"/projects/{world.foreign_project}/settings/keys").status_code == 404
    assert web.post(f"{page}/{foreign}", {"disable": "1"}, on=page).status_code == 404
