"""Which issues a search finds, on both lists and in changes of many."""

import pytest

from jentry.store import issue_search

SEARCHES = [
    ("function:pay", {"a", "c", "z"}),
    ("file:cart.py", {"a", "c", "z"}),
    ("file:shop/cart.py", {"a", "c", "z"}),
    ("file:op/cart.py", set()),
    ("file:shop/*", {"a", "b", "c", "z"}),
    ("file:src/shop/cart.rb file:CART.rb", {"b"}),
    ("function:Cart::add", {"b"}),
    ("function:cart.add", {"b"}),
    ("function:art.add", set()),
    ("function:sh*add", {"b"}),
    ("module:shop.cart", {"a", "b", "c", "z"}),
    ("error.type:valueerror", {"a", "c"}),
    ("error.type:*Error", {"a", "b", "c", "z"}),
    ("error.type:[KeyError, OSError]", {"b", "z"}),
    ("stadt:köln", {"a"}),
    ("tags[stadt]:K*", {"a"}),
    ("-stadt:köln", {"b", "c", "z"}),
    ("environment:production OR env:staging", {"a", "b"}),
    ("release:shop@1.*", {"a", "b"}),
    ("release:SHOP@1.1", {"b"}),
    ("release:latest", {"b"}),
    ("first-release:shop@1.0 last-release:shop@1.0", {"a"}),
    ("user:u1", {"a"}),
    ("user.id:U1", {"a"}),
    ("user.email:*@acme.test", {"a", "b"}),
    ("user.email:B@acme.test -user:u1", {"b"}),
    ("user.username:u1", set()),
    ("user.ip:192.0.2.7", {"c"}),
    ("has:user", {"a", "b", "c"}),
    ("-has:user", {"z"}),
    ("has:stadt", {"a"}),
    ("has:environment has:release", {"a", "b"}),
    ("has:stack has:error.type", {"a", "b", "c", "z"}),
    ("has:comments", {"c"}),
    ("has:attachments OR has:feedback", set()),
    ("level:>=warning", {"a", "b", "z"}),
    ("level:info", {"c"}),
    ("type:error", {"a", "b", "c", "z"}),
    ("type:csp", set()),
    ("is:new", {"a", "b", "c", "z"}),
    ("is:ongoing OR is:regressed", set()),
    ("is:unassigned", {"b", "c", "z"}),
    ("assigned:me", {"a"}),
    ("assigned:owner@acme.test", {"a"}),
    ("assigned:[none, any]", {"a", "b", "c", "z"}),
    ("assigned:nobody@acme.test", set()),
    ("events:>1", {"b"}),
    ("events:1..2 users:1", {"a", "b", "c"}),
    ("last-seen:-1h", {"a", "b", "c", "z"}),
    ("first-seen:+1h", set()),
    ("age:-1d", {"a", "b", "c", "z"}),
    ("broke", {"a", "b", "c", "z"}),
    ("ValueError: it", {"a", "c"}),
    ("it*broke -KeyError", {"a", "c", "z"}),
    ("title:valueerror", {"a", "c"}),
    ("culprit:valueerror", set()),
    ("culprit:shop.cart", {"a", "b", "c", "z"}),
    ("message:[KeyError, OSError]", {"b", "z"}),
    ("platform:python sdk:none", set()),
    ("url:https://acme.test/pay http.method:POST", {"c"}),
    ("error.handled:yes OR error.unhandled:yes", set()),
    ("(function:pay OR function:add) level:error stadt:* broke", {"a"}),
    ("100%", set()),
    ("_roke", set()),
    ("is:resolved", {"r"}),
    ("is:resolved OR is:unresolved", {"a", "b", "c", "r", "z"}),
]


@pytest.fixture
def filled(world):
    """Issues of the shop by letters, `z` of the blog, `r` resolved, and one of strangers."""
    send, shop = world.send, world.shop
    world.ids = ids = {}
    ids["a"] = send(
        shop, tags={"stadt": "KÖLN"}, environment="production", release="shop@1.0",
        user={"id": "u1", "email": "a@acme.test"},
    )  # fmt: skip
    for number in range(2):
        ids["b"] = send(
            shop, "KeyError", "Shop::Cart::add", "src\\shop\\cart.rb", environment="staging",
            release=f"shop@1.{number}", level="fatal", user={"email": "B@Acme.Test"},
        )  # fmt: skip
    ids["c"] = send(
        shop, function="pay", level="info", fingerprint=["c"], user={"ip_address": "192.0.2.7"},
        request={"url": "https://acme.test/pay?a=b", "method": "post"},
    )  # fmt: skip
    ids["r"] = send(shop, "GoneError", "gone", "gone.py")
    ids["z"] = send(world.blog, "OSError")
    send(world.foreign, user={"id": "u1"})
    world.ask(f"/issues/{ids['r']}", "PATCH", json={"status": "resolved"})
    world.ask(f"/issues/{ids['a']}", "PATCH", json={"assigneeUserId": world.owner})
    world.ask(f"/issues/{ids['c']}/comments", "POST", json={"text": "Seen."})
    return world


def found(world, search, path="/issues", **query):
    answer = world.ask(path, query_string={"search": search, **query})
    assert answer.status_code == 200, answer.text
    by_id = {issue_id: letter for letter, issue_id in world.ids.items()}
    assert answer.json["total"] == len(answer.json["data"])
    return {by_id[issue["id"]] for issue in answer.json["data"]}


def test_a_search_finds(filled, monkeypatch):
    for small in (issue_search.SMALL, -1):
        monkeypatch.setattr(issue_search, "SMALL", small)
        for search, letters in SEARCHES:
            assert found(filled, search) == letters, search
            of_shop = found(filled, search, f"/projects/{filled.shop}/issues")
            assert of_shop == letters - {"z"}, search


def test_search_and_the_other_filters_combine_with_and(filled):
    assert found(filled, "function:pay", query="OSError") == {"z"}
    assert found(filled, "is:resolved", status="unresolved") == set()
    assert found(filled, "function:gone") == set()
    assert found(filled, "function:gone", status="all") == {"r"}
    assert found(filled, "has:user", level="info", period="24h") == {"c"}


@pytest.mark.parametrize("path", ["/issues", "/issues/stats", "/projects/{shop}/issues"])
def test_what_is_wrong_is_a_400(filled, path):
    answer = filled.ask(path.format(shop=filled.shop), query_string={"search": "levle:error"})
    assert answer.status_code == 400
    assert answer.json == {
        "error": "search: levle is no field and no tag (character 1). Did you mean level?"
    }


@pytest.mark.parametrize("sort", ["last_seen", "first_seen", "events", "users"])
def test_pages_give_every_issue_once(filled, sort):
    whole = filled.ask("/issues", query_string={"search": "broke", "sort": sort}).json["data"]
    ids, query = [], {"search": "broke", "sort": sort, "limit": 1}
    pages = [filled.ask("/issues", query_string=query | {"page": n}).json for n in range(1, 6)]
    assert [row["id"] for page in pages for row in page["data"]] == [row["id"] for row in whole]
    assert {page["total"] for page in pages} == {4}
    while True:
        page = filled.ask("/issues", query_string=query).json
        ids += [row["id"] for row in page["data"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert ids == [row["id"] for row in whole]


def test_a_change_of_many_takes_what_the_search_finds(filled):
    def change(search, **more):
        body = {"filter": {"search": search}, "assigneeUserId": filled.owner, **more}
        return filled.ask(f"/projects/{filled.shop}/issues", "PATCH", json=body)

    assert change("file:cart.py", dryRun=True).json["data"]["matched"] == 2
    done = change("file:cart.py")
    assert done.json["data"]["changed"] == 1
    assert found(filled, "assigned:me") == {"a", "c"}
    for search in ("localhost:8000", "tags[nope]:1", "stadd:x"):
        refused = change(search)
        assert refused.status_code == 400, search
        assert "is no field and no tag" in refused.json["error"]


def test_stats_count_the_events_of_what_is_found(filled):
    answer = filled.ask("/issues/stats", query_string={"search": "function:add"})
    assert sum(hour["events"] for hour in answer.json["data"]) == 2
