"""Client keys: listed, made, renamed, disabled, rotated, and what ingestion makes of it."""

import json

import factories
import pytest
from interfaces import AsgiClient, WsgiClient

from jentry import clock, create_app
from jentry.serving.asgi import AsgiApp

NOW = clock.timestamp(factories.NOW)
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def keys(db, world):
    """All that is stored of the keys of the tests' own project, oldest first."""

    def read():
        rows = db.execute(
            "SELECT id, name, public_key, created_at, disabled_at FROM client_keys "
            "WHERE project_id = ? ORDER BY id",
            (world.project,),
        )
        return [tuple(row) for row in rows]

    return read


@pytest.fixture
def first(keys):
    """The key the project was made with: id, public key."""
    ((key_id, _, public_key, *_),) = keys()
    return key_id, public_key


@pytest.fixture
def path(world):
    return f"/projects/{world.project}/keys"


def meta(world, name, public_key, **more):
    known = {"projectId": world.project, "name": name, "lastFour": public_key[-4:]}
    return json.dumps({"via": "api", "token": "test"} | known | more, ensure_ascii=False)


def shown(world, key_id, name, public_key, created_at=factories.AT, disabled_at=None):
    return {
        "id": key_id,
        "name": name,
        "publicKey": public_key,
        "dsn": f"http://{public_key}@jentry.test/{world.project}",
        "isActive": disabled_at is None,
        "createdAt": created_at,
        "disabledAt": disabled_at,
        "lastUsedAt": None,
    }


def test_all_keys_of_the_project_are_listed_oldest_first(api, db, world, first, path):
    key = factories.key(db, world.project, public_key=KEY, name="CI", disabled_at=NOW)
    factories.key(db, world.other_project)
    rows = [
        shown(world, first[0], "Default", first[1]),
        shown(world, key, "CI", KEY, disabled_at=NOW),
    ]
    assert api.get(path).json == {"data": rows}
    assert api.get(f"{path}?limit=1").json == {"data": rows[:1]}
    assert api.get(f"{path}/{key}").json == {"data": rows[1]}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "Default"),
        ({"name": " Größe "}, "Größe"),
        ({"publicKey": KEY}, "Default"),
        ({"publicKey": "01234567-89AB-cdef-0123-456789abcdef"}, "Default"),
        ({"name": "x" * 100, "publicKey": None}, "x" * 100),
    ],
    ids=str,
)
def test_a_key_is_made(api, world, path, keys, audited, body, name):
    answer = api.post(path, body)
    key_id, _, public_key, *_ = keys()[1]
    assert answer.status_code == 201
    assert answer.json == {"data": shown(world, key_id, name, public_key, NOW)}
    if body.get("publicKey"):
        assert public_key == KEY
    assert audited() == [
        ("key.create", f"key:{key_id}", world.owner, meta(world, name, public_key))
    ]


def test_keys_that_are_made_are_random(api, path):
    made = {api.post(path, {}).json["data"]["publicKey"] for _ in range(5)}
    assert len(made) == 5


def test_a_key_of_any_project_is_a_conflict(api, db, world, path, keys, audited):
    factories.key(db, world.foreign_project, public_key=KEY, disabled_at=NOW)
    answer = api.post(path, {"publicKey": KEY})
    assert answer.status_code == 409
    assert answer.json == {"error": f"The key {KEY} cannot be given on this server; leave it out."}
    assert (len(keys()), audited()) == (1, [])


NAME = "name: Length must be between 1 and 100."
NOTHING = "Nothing to update: send name, isActive or both."


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        *(
            (method, body, error)
            for method in ("POST", "PATCH")
            for body, error in (
                ({"name": ""}, NAME),
                ({"name": "x" * 101}, NAME),
                ({"name": None}, "name: Field may not be null."),
                ({"name": 7}, "name: Not a valid string."),
                (
                    {"name": "a\nb"},
                    "The key's name must not contain line breaks or control characters.",
                ),
            )
        ),
        ("POST", {"publicKey": "x"}, "publicKey: Must be 32 hexadecimal digits."),
        ("POST", {"publicKey": KEY[:-1] + "g"}, "publicKey: Must be 32 hexadecimal digits."),
        ("PATCH", {}, NOTHING),
        ("PATCH", {"publicKey": KEY, "is_active": False}, NOTHING),
        ("PATCH", {"isActive": None}, "isActive: Field may not be null."),
        *(
            ("PATCH", {"isActive": value}, "isActive: Not a valid boolean.")
            for value in (0, 1, "false", [])
        ),
        ("PATCH", {"name": "New", "isActive": 0}, "isActive: Not a valid boolean."),
    ],
)
def test_bad_values_change_nothing(api, path, first, keys, audited, method, body, error):
    before = keys()
    answer = api.open(method, path if method == "POST" else f"{path}/{first[0]}", json=body)
    assert (answer.status_code, answer.json) == (400, {"error": error})
    assert (keys(), audited()) == (before, [])


@pytest.mark.parametrize(
    ("disabled_at", "body", "name", "after", "actions"),
    [
        (None, {"isActive": False}, "Default", NOW, ["key.disable"]),
        (factories.AT, {"isActive": True}, "Default", None, ["key.enable"]),
        (None, {"isActive": True}, "Default", None, []),
        (factories.AT, {"isActive": False}, "Default", factories.AT, []),
        (None, {"name": "New"}, "New", None, ["key.rename"]),
        (None, {"name": " Default "}, "Default", None, []),
        (None, {"name": "New", "isActive": False}, "New", NOW, ["key.rename", "key.disable"]),
    ],
)
def test_a_key_is_changed(
    api, db, world, path, first, audited, disabled_at, body, name, after, actions
):
    key_id, public_key = first
    db.execute("UPDATE client_keys SET disabled_at = ? WHERE id = ?", (disabled_at, key_id))
    answer = api.patch(f"{path}/{key_id}", body)
    assert answer.status_code == 200
    assert answer.json == {"data": shown(world, key_id, name, public_key, disabled_at=after)}
    assert api.get(f"{path}/{key_id}").json == answer.json
    more = {"key.rename": {"from": "Default"}}
    assert audited() == [
        (
            action,
            f"key:{key_id}",
            world.owner,
            meta(world, name, public_key, **more.get(action, {})),
        )
        for action in actions
    ]


def test_a_rotated_key_makes_way_for_a_new_one_of_its_name(
    api, db, world, path, first, keys, audited
):
    key_id, public_key = first
    db.execute("UPDATE client_keys SET name = 'Web'")
    answer = api.post(f"{path}/{key_id}/rotate")
    old, new = keys()
    assert answer.status_code == 201
    assert answer.json == {"data": shown(world, new[0], "Web", new[2], NOW)}
    assert old == (key_id, "Web", public_key, factories.AT, NOW)
    assert new[2] != public_key
    assert audited() == [
        (
            "key.rotate",
            f"key:{new[0]}",
            world.owner,
            meta(world, "Web", new[2], replaces=key_id),
        )
    ]
    assert api.get(f"/projects/{world.project}").json["data"]["publicKey"] == new[2]


def test_a_rotation_sent_twice_makes_one_key(api, path, first, keys, audited):
    api.post(f"{path}/{first[0]}/rotate")
    answer = api.post(f"{path}/{first[0]}/rotate", {})
    assert answer.status_code == 409
    assert answer.json == {"error": "This key is disabled: enable it first, or create another one."}
    assert (len(keys()), len(audited())) == (2, 1)


@pytest.mark.parametrize("action", ["create", "disable", "rename", "rotate"])
def test_without_its_audit_entry_nothing_is_changed(
    api, path, first, keys, broken_audit_log, action
):
    before = keys()
    answer = {
        "create": lambda: api.post(path, {}),
        "disable": lambda: api.patch(f"{path}/{first[0]}", {"isActive": False}),
        "rename": lambda: api.patch(f"{path}/{first[0]}", {"name": "New"}),
        "rotate": lambda: api.post(f"{path}/{first[0]}/rotate"),
    }[action]()
    assert answer.status_code == 500
    assert list(answer.json) == ["error"]
    assert keys() == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "ROTATE"])
def test_a_key_is_found_in_its_own_project_only(api, db, world, path, method):
    for project in (world.other_project, world.foreign_project):
        (key,) = db.execute(
            "SELECT id FROM client_keys WHERE project_id = ?", (project,)
        ).fetchone()
        answer = {
            "GET": lambda key=key: api.get(f"{path}/{key}"),
            "PATCH": lambda key=key: api.patch(f"{path}/{key}", {"isActive": False}),
            "ROTATE": lambda key=key: api.post(f"{path}/{key}/rotate"),
        }[method]()
        assert (answer.status_code, answer.json) == (404, {"error": "There is no such key."})
    assert (
        db.execute("SELECT count(*) FROM client_keys WHERE disabled_at IS NOT NULL").fetchone()[0]
        == 0
    )


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_ingestion_refuses_a_disabled_key_at_once_in_every_process(
    api, settings, world, path, first, kind
):
    """What remembers the key is another application than the one that disables it."""
    key_id, old = first
    client = WsgiClient(create_app(settings)) if kind == "wsgi" else AsgiClient(AsgiApp(settings))

    def send(public_key):
        address = f"/api/{world.project}/envelope/?sentry_key={public_key}"
        return client.send(address, b'{}\n{"type":"event"}\n{"message":"x"}').status

    try:
        assert [send(old), send(old)] == [200, 200]
        api.patch(f"{path}/{key_id}", {"isActive": False})
        assert [send(old), send(old)] == [403, 403]
        api.patch(f"{path}/{key_id}", {"isActive": True})
        assert send(old) == 200
        new = api.post(f"{path}/{key_id}/rotate").json["data"]["publicKey"]
        assert [send(old), send(new)] == [403, 200]
    finally:
        client.close()


def test_settings_hold_from_the_next_event_on(api, settings, db, world, first):
    client = WsgiClient(create_app(settings))

    def send():
        address = f"/api/{world.project}/envelope/?sentry_key={first[1]}"
        client.send(address, b'{}\n{"type":"event"}\n{"message":"noise"}')
        return db.execute("SELECT count(*) FROM events").fetchone()[0]

    try:
        assert send() == 1
        filters = {"messages": ["NOI*"]}
        api.patch(f"/projects/{world.project}", {"settings": {"filters": filters}})
        assert send() == 1
        api.patch(f"/projects/{world.project}", {"settings": {"filters": None}})
        assert send() == 2
    finally:
        client.close()
