"""Whatever is split, merged and taken apart while events come in and others move: figures, and what
issues are found by, are those that plain Python counts.
"""

import os
import signal
import subprocess
import sys
import time
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jentry.ingest.stored import said
from jentry.settings import Settings
from jentry.store import checks, splitting
from jentry.upkeep import splits as job
from jentry.upkeep.job import Turn, Work

KINDS = range(4)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("event"), st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, 59)),
        st.tuples(st.just("split"), st.sets(st.sampled_from(KINDS), min_size=1, max_size=3)),
        st.tuples(st.just("move"), st.integers(1, 2)),
        st.tuples(st.just("undo"), st.integers(0, 5)),
        st.tuples(st.just("merge"), st.sampled_from(KINDS), st.sampled_from(KINDS)),
        st.tuples(st.just("unmerge"), st.sampled_from(KINDS)),
    ),
    min_size=3,
    max_size=12,
)


@pytest.fixture
def work(database):
    work = Work(Settings(db=database), Turn())
    yield work
    work.close()


class Model:
    """Where each kind leads, which issue that is part of, and what came of it."""

    def __init__(self, shop, number):
        self.shop, self.number = shop, number
        self.events, self.operations = [], []
        self.lead, self.whole = {}, {}
        for kind in KINDS:
            self.lead[kind] = self.event(kind, kind, 30)
        first, *others = self.lead.values()
        shop.merge(first, *others)
        self.whole = dict.fromkeys(self.lead.values(), first)
        self.hashes = {
            row["components"]["values"][0]["type"]: row["hash"]
            for row in shop.get(f"/issues/{first}/hashes")
        }

    def event(self, kind, user, minute):
        moment = f"2026-11-20T10:{minute:02d}:00.000Z"
        self.events.append((kind, user, moment))
        who = {"user": {"id": str(user)}} if user else {}
        return self.shop.send(f"kind{self.number}x{kind}", timestamp=moment, **who)

    def split(self, kinds):
        """As many of the kinds as are one issue with the first."""
        source = self.whole[self.lead[min(kinds)]]
        chosen = [kind for kind in kinds if self.whole[self.lead[kind]] == source]
        hashes = [self.hashes[f"kind{self.number}x{kind}"] for kind in chosen]
        answer = self.shop.open("POST", f"/issues/{source}/split", {"hashes": hashes})
        if all(kind in chosen for kind in KINDS if self.whole[self.lead[kind]] == source):
            assert answer.status_code == 400
            return
        new = answer.json["data"]["issueId"]
        self.operations.append((answer.json["data"]["operationId"], source, new))
        self.lead |= dict.fromkeys(chosen, new)
        self.whole[new] = new

    def merge(self, one, other):
        """The issue of the second kind into that of the first."""
        target, moving = (self.whole[self.lead[kind]] for kind in (one, other))
        if target != moving:
            self.shop.merge(target, moving)
            self.whole |= {part: target for part, whole in self.whole.items() if whole == moving}

    def unmerge(self, kind):
        part = self.lead[kind]
        if self.whole[part] != part:
            self.shop.unmerge(self.whole[part], part)
            self.whole[part] = part

    def undo(self, place):
        if place >= len(self.operations):
            return
        operation, source, new = self.operations.pop(place)
        target = self.whole[source]
        together = self.whole[new] != new or target == new
        assert self.shop.undo(operation)["restored"] == (not together)
        if not together:
            self.whole |= {part: target for part, whole in self.whole.items() if whole == new}

    def expected(self):
        found = {}
        for whole in {self.whole[part] for part in self.lead.values()}:
            had = [each for each in self.events if self.whole[self.lead[each[0]]] == whole]
            times = [each[2] for each in had]
            users = {user for _, user, _ in had} - {0}
            found[whole] = (len(had), len(users), min(times), max(times))
        return found

    def real(self):
        """Without those that all events have left."""
        rows = self.shop.listed(f"status=all&query=kind{self.number}x&limit=100").values()
        return {row["id"]: (row["count"], row["userCount"], row["firstSeen"], row["lastSeen"])
                for row in rows if row["count"]}  # fmt: skip

    def look(self):
        """Each issue is found by what its events have, and by nothing else."""
        mine = {whole for whole in self.whole.values()}
        for kind in KINDS:
            found = self.shop.listed(f"status=all&search=error.type:kind{self.number}x{kind}")
            assert found.keys() == {self.whole[self.lead[kind]]}, kind
        for user in range(1, 4):
            had = {self.whole[self.lead[kind]] for kind, who, _ in self.events if who == user}
            found = self.shop.listed(f"status=all&search=user:{user}&limit=100")
            assert found.keys() & mine == had, user


def move(work, number):
    for _ in range(number):
        step = splitting.next_step(work.reading())
        if step is not None:
            events = (*step.events, *filter(None, [step.latest]))
            told = said(work.reading(), step.project_id, events)
            with work.writing() as (db, _):
                splitting.write(db, step, told)


def test_figures_and_searches_are_exact_whatever_is_split(shop, work, monkeypatch):
    monkeypatch.setattr(splitting, "CHUNK", 1)
    monkeypatch.setattr(splitting, "WINDOW", 2)
    numbers = count()

    @settings(
        max_examples=8, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )  # fmt: skip
    @given(steps=steps)
    def follow(steps):
        model = Model(shop, next(numbers))
        for name, *how in steps:
            if name == "move":
                move(work, *how)
            else:
                getattr(model, name)(*how)
            assert sum(row[0] for row in model.real().values()) == len(model.events)
        assert checks.counters(shop.db) == []
        job.run(work)
        assert checks.counters(shop.db) == []
        assert model.real() == model.expected()
        model.look()

    follow()


CHILD = """
import sys
from jentry.database_name import database_path
from jentry.settings import Settings
from jentry.store import splitting
from jentry.upkeep import splits
from jentry.upkeep.job import Turn, Work
splitting.CHUNK = 1
splits.run(Work(Settings(db=database_path(sys.argv[1])), Turn()))
"""


def test_killed_while_moving_it_goes_on_where_it_was(shop, database, work):
    first = shop.send("A")
    for number in range(60):
        second = shop.send("B", user={"id": str(number % 7)})
    shop.merge(first, second)
    (hashed,) = [
        row["hash"] for row in shop.get(f"/issues/{first}/hashes") if row["eventsKept"] > 1
    ]
    answer = shop.open("POST", f"/issues/{first}/split", {"hashes": [hashed]})
    new = answer.json["data"]["issueId"]

    def moved():
        return shop.db.execute("SELECT count(*) FROM events WHERE issue_id = ?", (new,)).fetchone()[
            0
        ]

    child = subprocess.Popen([sys.executable, "-c", CHILD, str(database)])
    while moved() < 15:
        assert child.poll() is None, "it ended before it was killed"
        time.sleep(0.002)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert checks.counters(shop.db) == []
    assert moved() < 60
    job.run(work)
    assert moved() == 60
    found = shop.listed()
    assert [(found[one]["count"], found[one]["userCount"]) for one in (first, new)] == [
        (1, 0), (60, 7),
    ]  # fmt: skip
