"""Whatever is merged, taken apart and undone while events come in: figures and searches are those
that plain Python counts.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laws import examples
from rows import event, store
from search.evaluator import holds

from jentry import clock
from jentry.search import facets
from jentry.search.language import parse
from jentry.store import (
    checks,
    issue_list,
    issue_search,
    issues,
    merges,
    operation_undo,
    operations,
    orgs,
    projects,
    regrouping,
)
from jentry.store.audit import Actor
from jentry.store.bulk import Bulk
from jentry.store.connection import transaction
from jentry.store.event_marks import person
from jentry.store.issue_list import Wanted
from jentry.store.remapping import Change, Kept
from jentry.store.rows import Submission

KINDS = 5
PLANS, CITIES, RELEASES = ["gold", "silver"], ["Köln", None], [None, "shop@1", "shop@2"]
SEARCHES = [
    "plan:gold", "-plan:gold", "plan:gold stadt:köln", "release:shop@1", "release:shop@*",
    "-release:shop@2 OR plan:silver", "events:>3", "users:2..9", "error.type:kind1", "kind3",
    "error.type:*1 plan:gold", "has:stadt -error.type:kind2", "-kind3 plan:*", "level:fatal",
    "-(plan:gold error.type:kind4)", "has:stadt users:>0 -release:shop@1",
]  # fmt: skip
generated = st.recursive(
    st.sampled_from(SEARCHES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({') ('.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({') OR ('.join(parts)})"),
        inner.map(lambda part: f"-({part})"),
    ),
    max_leaves=4,
)
BEGIN = clock.parse("2026-11-20T12:00:00.000Z")

events = st.tuples(
    st.just("event"), st.integers(0, KINDS - 1), st.integers(0, 3), st.sampled_from(PLANS),
    st.sampled_from(CITIES), st.sampled_from(RELEASES), st.sampled_from(["fatal", "error"]),
)  # fmt: skip
joins = st.tuples(
    st.just("merge"), st.integers(0, KINDS - 1),
    st.sets(st.integers(0, KINDS - 1), min_size=1, max_size=3),
)  # fmt: skip
unmerges = st.tuples(st.just("unmerge"), st.integers(0, KINDS - 1))
undos = st.tuples(st.just("undo"), st.integers(0, 9))
steps = st.lists(st.one_of(events, events, joins, unmerges, undos), min_size=4, max_size=16)
moves = st.tuples(
    st.just("move"), st.integers(0, KINDS - 1), st.integers(0, KINDS - 1), st.integers(1, 4)
)
moving = st.tuples(
    st.lists(events, min_size=6, max_size=10),
    st.lists(st.one_of(events, moves, moves, joins, unmerges, undos), min_size=4, max_size=12),
).map(lambda halves: halves[0] + halves[1])


@dataclass
class Model:
    """Parts by kind: what came to each, and what it is part of."""

    had: dict = field(default_factory=dict)  # kind -> events
    whole: dict = field(default_factory=dict)  # kind -> kind
    joined: dict = field(default_factory=dict)  # kind -> of which step
    operations: list = field(default_factory=list)  # id, target, step, what came
    seen: dict = field(default_factory=dict)  # kind -> first and last, which moves do not narrow
    brought: set = field(default_factory=set)  # kinds that any merge made a part

    def parts(self, kind):
        return [part for part, whole in self.whole.items() if whole == kind]

    def wholes(self):
        return sorted(set(self.whole.values()))

    def merge(self, target, members, step):
        came = []
        for member in members:
            for part in sorted(self.parts(member), key=lambda part: part == member):
                former = (None, None) if part == member else (member, self.joined[part])
                came.append((part, *former))
                self.brought.add(part)
                self.whole[part], self.joined[part] = target, step
        return came

    def unmerge(self, part):
        self.whole[part] = part

    def see(self, kind, sent):
        first, last = self.seen.get(kind, (sent, sent))
        self.seen[kind] = min(first, sent), max(last, sent)

    def move(self, source, target, number):
        """The newest of a part go to another: whether the part is merged for it."""
        going, self.had[source] = self.had[source][-number:], self.had[source][:-number]
        for each in going:
            self.had[target].append(each)
            self.see(target, each["sent"])
        is_alone = self.parts(source) == [source] and source not in self.brought
        return bool(going) and not self.had[source] and is_alone

    def undo(self, target, step, came):
        left = {p: (w, j) for p, w, j in came if self.whole[p] == target and self.joined[p] == step}
        for part, (former, joined) in left.items():
            self.whole[part] = former if former in left else part
            self.joined[part] = joined if former in left else None


class Real:
    def __init__(self, db):
        self.db, self.events, self.steps = db, 0, 0
        with transaction(db) as at:
            org = orgs.create(db, "Acme", None, at, "cli")
            self.actor = Actor(org["id"], None, "cli")
            self.project = projects.create(db, self.actor, "Shop", None, "python", at)["id"]
        self.key = db.execute(
            "SELECT id FROM client_keys WHERE project_id = ?", (self.project,)
        ).fetchone()[0]
        self.ids = {}

    def at(self):
        self.steps += 1
        return clock.timestamp(clock.now() + timedelta(milliseconds=self.steps))

    def send(self, kind, user, plan, city, release, level):
        """What the evaluator needs to know of it."""
        self.events += 1
        tags = {"plan": plan} | ({"stadt": city} if city else {})
        said = {"exception": {"values": [{"type": f"kind{kind}"}]}}
        said |= {"release": release} if release else {}
        text = facets.facets(said, tuple(tags.items()))
        version = self.db.execute("SELECT config_version FROM instance").fetchone()[0]
        sent = clock.timestamp(BEGIN + timedelta(minutes=self.events * 7 % 60))
        row = event(
            self.events, hash=bytes([kind]) * 16, timestamp=sent, level=level, release=release,
            title=f"kind{kind}", culprit="", search=f"kind{kind}\n", tags=tuple(tags.items()),
            user_hash=bytes([user]) * 16 if user else None, facets=text,
            people=(bytes([user]) * 8,) if user else (), shape=facets.shape(text),
        )  # fmt: skip
        store(self.db, Submission(self.project, self.key, version, sent, events=[row]))
        found = self.db.execute(
            "SELECT issue_id FROM issue_hashes WHERE project_id = ? AND hash = ?",
            (self.project, bytes([kind]) * 16),
        )
        self.ids[kind] = found.fetchone()[0]
        return {
            "tags": tags, "release": release, "kinds": [f"kind{kind}"], "user": {"id": user},
            "frames": [], "platform": "python", "sent": sent, "level": level, "who": user,
            "kind": kind, "number": self.events,
        }  # fmt: skip

    def move(self, events, target):
        """What it shows once its frames are mapped: that they are of another kind."""
        changes = []
        for each in events:
            row = self.db.execute(
                """
                SELECT e.id, p.data FROM events e JOIN event_payloads p ON p.id = e.id
                WHERE e.project_id = ? AND e.event_id = ?
                """,
                (self.project, each["number"].to_bytes(16)),
            ).fetchone()
            user = each["who"]
            changes.append(Change(
                Kept(row["id"], row["data"], b"{}", "unmapped"), "error", f"kind{target}", "",
                f"kind{target}\n", 1, bytes([target]) * 16, "{}", row["data"] + b" ", "", b"8" * 8,
                (), "mapped", (), bytes([user]) * 16 if user else None,
                person(bytes([user]) * 8) if user else None, (),
            ))  # fmt: skip
        with transaction(self.db):
            regrouping.write(self.db, self.project, changes, self.at())
            return self.db.execute("SELECT max(id) FROM operations").fetchone()[0]

    def merge(self, target, members):
        with transaction(self.db):
            bulk = Bulk(self.project, tuple(self.ids[m] for m in members), None,
                        {"merge_into": self.ids[target]})  # fmt: skip
            return operations.perform(self.db, self.actor, bulk, self.at())["operation_ids"][0]

    def listed(self, search=""):
        wanted = Wanted(project_id=self.project, status="all", search=search, limit=100)
        found = issue_list.page(self.db, self.actor, wanted, clock.timestamp(clock.now()))
        return {row["id"]: row for row in found.rows}


def run(real, model, steps, first=0):
    for step, (kind, *given_) in enumerate(steps, first):
        if kind == "event":
            sent = real.send(*given_)
            if not model.had.setdefault(sent["kind"], []):
                model.seen.pop(sent["kind"], None)  # all that it had were moved
            model.had[sent["kind"]].append(sent)
            model.whole.setdefault(sent["kind"], sent["kind"])
            model.see(sent["kind"], sent["sent"])
        elif kind == "move":
            source, target, number = given_
            if source != target and model.had.get(source) and target in model.had:
                operation = real.move(model.had[source][-number:], target)
                if model.move(source, target, number):
                    whole = model.whole[target]
                    came = model.merge(whole, [source], step)
                    model.operations.append((operation, whole, step, came))
        elif kind == "merge":
            wholes = set(model.wholes())
            target, members = given_[0], sorted(given_[1] & wholes - {given_[0]})
            if target in wholes and members:
                operation = real.merge(target, members)
                came = model.merge(target, members, step)
                model.operations.append((operation, target, step, came))
        elif kind == "unmerge":
            part = given_[0]
            if model.whole.get(part, part) != part:
                with transaction(real.db):
                    whole = real.ids[model.whole[part]]
                    merges.unmerge(real.db, real.actor, whole, [real.ids[part]], real.at())
                model.unmerge(part)
        elif given_[0] < len(model.operations):
            operation, *rest = model.operations.pop(given_[0])
            with transaction(real.db):
                operation_undo.undo(real.db, real.actor, operation, real.at())
            model.undo(*rest)
        compare(real, model)


def figures_of(model, whole):
    """Number of events, of users, first and last time; a part that all have left has no say."""
    parts = [part for part in model.parts(whole) if model.had[part]] or model.parts(whole)
    had = [each for part in parts for each in model.had[part]]
    firsts, lasts = zip(*(model.seen[part] for part in parts), strict=True)
    users = {each["who"] for each in had} - {0}
    return len(had), len(users), min(firsts), max(lasts)


def issue_of(model, real, whole):
    had = [each for part in model.parts(whole) for each in model.had[part]]
    latest = max(
        model.parts(whole),
        key=lambda part: (max(e["sent"] for e in model.had[part]), real.ids[part]),
    )
    last = max(model.had[latest], key=lambda e: (e["sent"], model.had[latest].index(e)))
    return {
        "id": real.ids[whole], "had": had, "title": f"kind{latest}", "culprit": "",
        "level": last["level"], "events": len(had), "assignee": None,
        "users": len({each["who"] for each in had} - {0}),
        "first_seen": min(each["sent"] for each in had),
        "last_seen": max(each["sent"] for each in had), "state": {"unresolved"},
    }  # fmt: skip


def compare(real, model):
    expected = {real.ids[whole]: figures_of(model, whole) for whole in model.wholes()}
    shown = ("count", "user_count", "first_seen", "last_seen")
    found = {key: tuple(row[name] for name in shown) for key, row in real.listed().items()}
    assert found == expected
    assert checks.counters(real.db) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
def follow(fresh, steps):
    with fresh() as db:
        real, model = Real(db), Model()
        run(real, model, steps)
        look(real, model, SEARCHES)


def look(real, model, searches):
    """By each plan."""
    issues = {real.ids[whole]: issue_of(model, real, whole) for whole in model.wholes()}
    for search in searches:
        node = parse(search, {"plan", "stadt"}.__contains__, clock.now())
        expected = {number for number, issue in issues.items() if holds(node, issue, None)}
        for small in (1000, 1, -1):
            issue_search.SMALL = small
            assert real.listed(search).keys() == expected, (search, small)
    issue_search.SMALL = 1000


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=moving)
def follow_moves(fresh, steps):
    with fresh() as db:
        run(Real(db), Model(), steps)


def test_figures_are_exact_whatever_moves(fresh):
    """Events of parts and of others turn out to belong elsewhere, in the midst of merges."""
    follow_moves(fresh)


@pytest.mark.parametrize("details", [{}, {"in_release": "shop@1"}])
@pytest.mark.parametrize("is_moved", [True, False])
def test_events_that_are_moved_bring_no_part_back(db, details, is_moved):
    """Other than those that come."""
    real = Real(db)
    for kind in (0, 1):
        real.send(kind, 0, "gold", None, "shop@1", "error")
    last = real.send(2 if is_moved else 0, 0, "gold", None, "shop@2", "error")
    with transaction(db):
        change = {"status": "resolved", "status_details": details}
        issues.update(db, real.actor, real.ids[1], change, real.at())
    real.merge(0, [1])
    if is_moved:
        real.move([last], 1)
    else:
        real.send(1, 0, "gold", None, "shop@2", "error")
    with transaction(db):
        merges.unmerge(db, real.actor, real.ids[0], [real.ids[1]], real.at())
    found = real.listed()[real.ids[1]]
    assert (found["status"], found["count"]) == ("resolved" if is_moved else "unresolved", 2)
    assert checks.counters(db) == []


def test_figures_and_searches_are_exact_whatever_is_merged(fresh, monkeypatch):
    monkeypatch.setattr(issue_search, "SMALL", 1000)
    follow(fresh)


# What two issues have only together shows whether a search asks for the whole.
FILLED = [
    ("event", 0, 1, "gold", None, "shop@1", "error"),
    ("event", 0, 2, "gold", None, None, "error"),
    ("event", 1, 1, "silver", "Köln", None, "fatal"),
    ("event", 1, 0, "silver", "Köln", "shop@2", "error"),
    ("event", 2, 3, "gold", "Köln", "shop@2", "error"),
    ("event", 2, 3, "gold", None, "shop@2", "fatal"),
    ("event", 3, 0, "silver", None, None, "error"),
    ("event", 3, 1, "silver", None, "shop@1", "error"),
    ("event", 4, 2, "silver", "Köln", "shop@1", "fatal"),
    ("event", 4, 2, "gold", None, "shop@2", "error"),
]
MERGED = [("merge", 0, {1, 3}), ("merge", 2, {4})]
STATES = {
    "before": [],
    "merged": MERGED,
    "with more events": [*MERGED, *FILLED[::2]],
    "merged again": [*MERGED, ("merge", 2, {0})],
    "one taken out": [*MERGED, ("unmerge", 3)],
    "undone": [*MERGED, ("undo", 0), ("undo", 0)],
}


@pytest.mark.hypothesis
@pytest.mark.parametrize("state", STATES)
def test_searches_that_are_made_up_find_the_same_by_each_plan(db, monkeypatch, state):
    monkeypatch.setattr(issue_search, "SMALL", 1000)
    real, model = Real(db), Model()
    run(real, model, [*FILLED, *STATES[state]])

    @settings(max_examples=examples(100), deadline=None)
    @given(search=generated)
    def find(search):
        look(real, model, [search])

    find()
