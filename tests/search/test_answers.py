"""Generated searches find what plain Python finds, whatever plan is chosen, on both lists."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import examples
from search.evaluator import holds

from jentry import clock
from jentry.search.language import parse
from jentry.store import issue_list, issue_search
from jentry.store.audit import Actor
from jentry.store.issue_list import Wanted

KINDS = ["ValueError", "KeyError", "ÖlError"]
FILES = ["shop/cart.py", "src\\shop\\Cart.rb", "lib/cart.py", "art.py"]
FUNCTIONS = ["pay", "Shop::Cart::add", "cart.add", "add"]
TAGS = {"stadt": ["KÖLN", "Kiel", "a*b"], "plan": ["gold", "Gold plus", "50%"]}
RELEASES = [None, "shop@1.0", "shop@1.1", "Shop@2"]
USERS = [{}, {"id": "u1"}, {"email": "A@acme.test", "username": "ann"},
         {"email": "b@other.test", "ip_address": "192.0.2.1"}]  # fmt: skip
LEVELS = ["fatal", "error", "info"]
ISSUES = 24

values = {
    "function": ["pay", "add", "cart.add", "shop.cart.add", "*add", "c*d", "Shop::*"],
    "file": ["cart.py", "shop/cart.py", "art.py", "shop\\cart.rb", "*.py", "s*/cart*", "shop/*"],
    "module": ["m", "x.m", "*"],
    "error.type": ["valueerror", "*Error", "ÖLERROR", "[KeyError, ÖlError]"],
    "stadt": ["köln", "K*", '"a*b"', "a*b", "[kiel, köln]", "nirgends"],
    "tags[plan]": ["gold", '"gold plus"', "gold*", "50%", "5_%"],
    "release": ["shop@1.0", "shop@1.*", "*@2", "[shop@1.1, shop@2]"],
    "user": ["u1", "ann", "a@ACME.test", "192.0.2.1"],
    "user.email": ["*@acme.test", "b@other.test", "ann"],
    "user.id": ["u1", "ann"],
    "level": ["error", ">=error", "<fatal", "[fatal, info]"],
    "has": ["user", "stack", "release", "stadt", "plan"],
    "is": ["unresolved", "resolved", "new", "assigned", "unassigned"],
    "assigned": ["me", "none", "any"],
    "events": [">1", "1", "2..3", "<3", "<=1"],
    "users": ["0", ">=1", ">1"],
    "first-seen": ["-1d", "+1d", "2001-01-01"],
    "platform": ["python", "py*"],
    "title": ["error", "Ö*", "broke"],
    "culprit": ["pay", "cart", "error"],
}
terms = st.one_of(
    st.sampled_from([f"{name}:{value}" for name, held in values.items() for value in held]),
    st.sampled_from(["broke", "ölerror", "Error: it", "r*it", "pay", "%", '"broke 1"', "cart"]),
)
searches = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(" AND ".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
        inner.map(lambda part: f"-({part})"),
    ),
    max_leaves=5,
)


def fill(world):
    """Issues, each of some events; what the evaluator needs to know of them."""
    found = {}
    for number in range(ISSUES):
        had = [event(number, place) for place in range(1 + number % 3)]
        project = world.blog if number % 5 == 4 else world.shop
        for each in had:
            issue_id = send(world, project, number, each)
        row = world.ask(f"/issues/{issue_id}").json["data"]
        found[issue_id] = {
            "id": issue_id, "project": project, "had": had, "assignee": None,
            "title": row["title"], "culprit": row["culprit"], "level": had[-1]["level"],
            "events": len(had), "users": row["userCount"], "first_seen": row["firstSeen"],
            "last_seen": row["lastSeen"], "state": {"unresolved", "new", "unassigned"},
        }  # fmt: skip
        if number % 7 == 3:
            world.ask(f"/issues/{issue_id}", "PATCH", json={"status": "resolved"})
            found[issue_id]["state"] = {"resolved", "unassigned"}
        if number % 4 == 1:
            world.ask(f"/issues/{issue_id}", "PATCH", json={"assigneeUserId": world.owner})
            found[issue_id]["assignee"] = world.owner
            found[issue_id]["state"] ^= {"assigned", "unassigned"}
    return found


def event(number, place):
    mix = number * 3 + place
    tags = {key: held[mix % 3] for at, (key, held) in enumerate(TAGS.items()) if mix % (at + 2)}
    frame = {"function": FUNCTIONS[mix % 4], "file": FILES[(mix + number) % 4], "module": "x.m"}
    return {
        "tags": tags, "release": RELEASES[mix % 4], "user": USERS[(mix // 2) % 4],
        "kinds": [KINDS[number % 3]], "frames": [frame] if number % 6 else [],
        "platform": "python", "level": LEVELS[mix % 3],
    }  # fmt: skip


def send(world, project, number, each):
    frames = [
        {"function": f["function"], "filename": f["file"], "module": f["module"]}
        for f in each["frames"]
    ]
    error = {"type": each["kinds"][0], "value": f"it broke {number % 4}"}
    if frames:
        error["stacktrace"] = {"frames": frames}
    more = {name: each[name] for name in ("tags", "release", "user", "level") if each[name]}
    return world.send(
        project, exception={"values": [error]}, fingerprint=[str(number)], **more
    )  # fmt: skip


@pytest.fixture
def asked(world, monkeypatch):
    """All answers to a search: by each plan, of all projects and of one."""
    actor = Actor(world.org, world.owner, "api")
    at = clock.timestamp(clock.now() + timedelta(seconds=1))

    def ask(search, project_id):
        wanted = Wanted(project_id=project_id, status="all", search=search, limit=100)
        answers = []
        for small in (issue_search.SMALL, 3, -1):
            with monkeypatch.context() as patch:
                patch.setattr(issue_search, "SMALL", small)
                page = issue_list.page(world.db, actor, wanted, at)
            assert page.total == len(page.rows)
            answers.append({row["id"] for row in page.rows})
        return answers

    return ask


@settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(search=searches)
def one_more(search, world, issues, ask):
    node = parse(search, TAGS.__contains__, clock.now())
    expected = {n for n, issue in issues.items() if holds(node, issue, world.owner)}
    of_shop = {n for n in expected if issues[n]["project"] == world.shop}
    for project_id, wanted in ((None, expected), (world.shop, of_shop)):
        for answer in ask(search, project_id):
            assert answer == wanted, search


@pytest.mark.hypothesis
def test_generated_searches_find_what_plain_python_finds(world, asked):
    issues = fill(world)
    one_more(world=world, issues=issues, ask=asked)
