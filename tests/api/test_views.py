"""Saved views: whose they are, who may change them, and that they stay what they are."""

import json

import factories
import pytest

from jentry.quotas import most
from jentry.store import connection, memberships
from jentry.store.audit import Actor

WHOLE = {
    "name": "Gold", "projectId": None, "search": "timeout", "status": "all", "level": "error",
    "sort": "events", "period": "7d", "shared": False,
}  # fmt: skip


@pytest.fixture
def as_user(client, db, world, api):
    """`as_user(user, *scopes)`: the API with a token of somebody."""

    def log_in(user, *scopes):
        scopes = scopes or ("issue:read", "issue:write")
        return type(api)(client, factories.token(db, world.org, user, list(scopes)))

    return log_in


@pytest.fixture
def admin(db, world):
    return factories.user(db, world.org, "admin")


def names(answer):
    return [view["name"] for view in answer.json["data"]]


def test_a_view_is_answered_as_it_is_saved(api, db, world, now):
    made = api.post("/views", WHOLE)
    assert made.status_code == 201
    assert made.json["data"] == WHOLE | {
        "id": made.json["data"]["id"], "userId": world.owner, "position": 0, "error": None,
        "createdAt": now, "updatedAt": now,
    }  # fmt: skip
    assert api.get(f"/views/{made.json['data']['id']}").json == made.json
    plain = api.post("/views", {"name": " Plain "}).json["data"]
    usual = {"search": "", "status": None, "level": "all", "sort": "last_seen", "period": "all"}
    assert {name: plain[name] for name in usual} == usual
    assert (plain["name"], plain["position"]) == ("Plain", 1)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("foo:bar", "tags[foo]:bar"),
        ("-foo:bar (level:error OR foo:[a,b])", "-tags[foo]:bar (level:error OR tags[foo]:[a,b])"),
        ("tags[foo]:bar level:error", "tags[foo]:bar level:error"),
        ("localhost:8000 down", '"localhost:8000 down"'),
        ('TypeError: "x"', '"TypeError:" "x"'),
        ("just words", "just words"),
        ("localhost:80* down", '"localhost:80"*" down"'),
        ('GET *://a/*.js "now"', '"GET "*"://a/"*".js" "now"'),
        ("foo:b*r localhost:*", 'tags[foo]:b*r "localhost:"'),
        ('"localhost:80"*" down"', '"localhost:80"*" down"'),
        ("  level:error ", "level:error"),
    ],
)
def test_a_search_is_kept_so_that_it_stays_what_it_is(api, db, world, wanted, kept):
    factories.tag(db, world.project, "foo", "bar")
    assert api.post("/views", WHOLE | {"search": wanted}).json["data"]["search"] == kept


@pytest.mark.parametrize(
    ("member", "value", "sentence"),
    [
        ("search", "levle:error",
         "search: levle is no field and no tag (character 1). Did you mean level?"),
        ("search", "timestamp:-24h", "search: timestamp is a field of events, not of issues "
         "(character 1). Did you mean last-seen?"),
        ("search", "x" * 501, "search: Longer than maximum length 500."),
        ("name", "", "name: Length must be between 1 and 100."),
        ("name", "a\nb", "The view's name must not contain line breaks or control characters."),
        ("projectId", 10**6, "projectId: There is no 1000000 in this organization."),
        ("status", "merged", "status: Must be one of: unresolved, resolved, ignored, all."),
        ("shared", 1, "shared: Not a valid boolean."),
    ],
)  # fmt: skip
def test_what_cannot_be_a_view_is_refused(api, db, member, value, sentence):
    answer = api.post("/views", WHOLE | {member: value})
    assert (answer.status_code, answer.json) == (400, {"error": sentence})
    mine = api.post("/views", WHOLE).json["data"]["id"]
    answer = api.patch(f"/views/{mine}", {member: value})
    assert (answer.status_code, answer.json) == (400, {"error": sentence})
    assert len(db.execute("SELECT id FROM views").fetchall()) == 1


def test_one_that_cannot_be_read_any_more_is_shown_with_what_is_wrong(api, db, world):
    mine = factories.view(db, world.org, world.owner, search="levle:error")
    (view,) = api.get("/views").json["data"]
    wrong = "levle is no field and no tag (character 1). Did you mean level?"
    assert (view["search"], view["error"]) == ("levle:error", wrong)
    assert api.patch(f"/views/{mine}", {"position": 0}).json["data"]["error"] == wrong
    assert api.patch(f"/views/{mine}", {"search": "level:error"}).json["data"]["error"] is None


def test_own_views_are_nobody_elses_business_and_shared_ones_everybodys(
    api, as_user, db, world, admin
):
    theirs = factories.view(db, world.org, admin, name="Theirs")
    factories.view(db, world.org, admin, name="Ours", shared=1)
    factories.view(db, world.foreign_org, world.foreign_user, name="Foreign", shared=1)
    factories.view(db, world.org, world.owner, name="Mine")
    assert sorted(names(api.get("/views"))) == ["Mine", "Ours"]
    assert names(api.get("/views?shared=true")) == ["Ours"]
    assert names(api.get("/views?shared=false")) == ["Mine"]
    assert sorted(names(as_user(admin).get("/views"))) == ["Ours", "Theirs"]
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        answer = api.open(method, f"/views/{theirs}", json=body)
        assert (answer.status_code, answer.json) == (404, {"error": "There is no such view."})


def test_a_project_offers_its_own_and_those_of_every_list(api, db, world):
    for name, project in (("One", world.project), ("Other", world.other_project), ("Any", None)):
        factories.view(db, world.org, world.owner, name=name, project_id=project)
    assert names(api.get(f"/views?project={world.project}")) == ["One", "Any"]
    assert names(api.get(f"/views?project={world.foreign_project}")) == ["Any"]


def test_pages_go_on_where_the_last_one_ended(api, db, world):
    for place in range(5):
        factories.view(
            db, world.org, world.owner, name=str(place), position=place,
            created_at=f"2026-11-0{place + 1}T00:00:00.000Z",
        )  # fmt: skip
    for sort, order in (("position", "01234"), ("created_at", "43210")):
        first = api.get(f"/views?sort={sort}&limit=2")
        assert (names(first), first.json["total"]) == ([*order[:2]], 5)
        assert names(api.get(f"/views?sort={sort}&limit=2&page=3")) == [order[4]]
        cursor = first.json["nextCursor"]
        assert names(api.get(f"/views?sort={sort}&limit=2&cursor={cursor}")) == [*order[2:4]]


def test_a_view_moves_among_those_of_its_kind(api, db, world):
    ids = {n: api.post("/views", {"name": n}).json["data"]["id"] for n in "abcd"}
    factories.view(db, world.org, world.owner, name="shared", shared=1, position=0)
    for name, place, order in (("d", 0, "dabc"), ("a", 999, "dbca"), ("b", 1, "dbca")):
        assert api.patch(f"/views/{ids[name]}", {"position": place}).status_code == 200
        assert names(api.get("/views?shared=false")) == [*order]
    assert [view["position"] for view in api.get("/views?shared=false").json["data"]] == [*range(4)]
    shared = api.patch(f"/views/{ids['b']}", {"shared": True}).json["data"]
    assert (shared["shared"], shared["position"]) == (True, 1)
    assert names(api.get("/views?shared=true")) == ["shared", "b"]


def test_a_shared_view_is_changed_by_owners_and_admins_too(as_user, db, world, admin):
    for actor in (world.owner, admin):
        for author in (world.owner, admin, world.member, None):
            view = factories.view(db, world.org, author, shared=1)
            assert as_user(actor).patch(f"/views/{view}", {"name": "New"}).status_code == 200
            assert as_user(actor).open("DELETE", f"/views/{view}").status_code == 204


def test_what_is_not_shared_any_more_is_its_authors_alone(api, db, world, admin):
    view = factories.view(db, world.org, admin, shared=1)
    answer = api.patch(f"/views/{view}", {"shared": False})
    assert (answer.status_code, answer.json["data"]["userId"]) == (200, admin)
    assert api.get(f"/views/{view}").status_code == 404
    nobodys = factories.view(db, world.org, None, shared=1)
    answer = api.patch(f"/views/{nobodys}", {"shared": False})
    sentence = "shared: Whoever saved it has left: it can be deleted only."
    assert (answer.status_code, answer.json) == (400, {"error": sentence})


def test_what_is_shared_takes_the_scope_to_write(as_user, db, world):
    reader, shared = as_user(world.owner, "issue:read"), {"name": "x", "shared": True}
    mine, ours = (factories.view(db, world.org, world.owner, shared=number) for number in (0, 1))
    assert reader.patch(f"/views/{mine}", {"name": "y"}).status_code == 200
    for method, path, body in (
        ("POST", "/views", shared), ("PATCH", f"/views/{mine}", {"shared": True}),
        ("PATCH", f"/views/{ours}", {"name": "y"}), ("DELETE", f"/views/{ours}", None),
    ):  # fmt: skip
        answer = reader.open(method, path, json=body)
        wanted = {"error": "This needs a token with the scope issue:write."}
        assert (answer.status_code, answer.json) == (403, wanted)


@pytest.mark.parametrize(
    ("shared", "limit", "sentence"),
    [(0, "views", "You have at most 50 views of your own."),
     (1, "shared_views", "An organization has at most 100 shared views.")],
)  # fmt: skip
def test_there_is_a_number_beyond_which_none_is_added(
    api, db, world, admin, shared, limit, sentence
):
    author = admin if shared else world.owner
    with connection.transaction(db):
        for place in range(most(limit)):
            factories.view(db, world.org, author, shared=shared, position=place)
    refusal = {"error": sentence}
    answer = api.post("/views", {"name": "x", "shared": bool(shared)})
    assert (answer.status_code, answer.json) == (409, refusal)
    other = api.post("/views", {"name": "x", "shared": not shared}).json["data"]["id"]
    answer = api.patch(f"/views/{other}", {"shared": bool(shared)})
    assert (answer.status_code, answer.json) == (409, refusal)


def test_the_log_says_what_was_done_and_of_shared_views_their_name(api, audited, world):
    mine = api.post("/views", {"name": "Mine"}).json["data"]["id"]
    api.patch(f"/views/{mine}", {"name": "Mine"})
    api.patch(f"/views/{mine}", {"name": "Ours", "shared": True})
    api.open("DELETE", f"/views/{mine}")
    api.open("DELETE", f"/views/{mine}")
    told = [(action, json.loads(meta)) for action, _, _, meta in audited()]
    via = {"via": "api", "token": "test"}
    assert told == [
        ("view.create", via),
        ("view.update", via | {"fields": ["name", "shared"], "name": "Ours"}),
        ("view.delete", via | {"name": "Ours"}),
    ]


def test_own_views_go_with_the_member_and_shared_ones_stay(db, world):
    for shared in (0, 1):
        factories.view(db, world.org, world.member, shared=shared)
    elsewhere = factories.view(db, world.foreign_org, world.member)
    with connection.transaction(db) as at:
        memberships.remove(db, Actor(world.org, world.owner, "web"), world.member, at)
    rows = db.execute("SELECT id, shared FROM views ORDER BY id").fetchall()
    assert [row["shared"] for row in rows] == [1, 0]
    assert rows[-1]["id"] == elsewhere
