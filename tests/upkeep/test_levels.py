"""What caps and the disk budget take, and what they leave."""

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import factories
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jentry import clock
from jentry.settings import Settings
from jentry.store import checks, disk, levels, merging, usage
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.upkeep import budget, caps
from jentry.upkeep.job import Turn, Work

BEGAN = datetime(2026, 6, 1, tzinfo=UTC)
MIB = 1024 * 1024


def at(**delta):
    return clock.timestamp(BEGAN + timedelta(**delta))


def now():
    return clock.timestamp(clock.now())


@pytest.fixture
def org(db):
    return factories.org(db)


@pytest.fixture
def project(db, org):
    return factories.project(db, org)


@pytest.fixture
def run(database):
    def run(call, **settings):
        work = Work(Settings(db=database, **settings), Turn())
        try:
            return call(work)
        finally:
            work.close()

    return run


def make(db, project, number, payload=None, **columns):
    """An issue with so many events, one a minute, and nothing that check would miss."""
    with transaction(db):
        issue = factories.issue(
            db, project, event_count=number, first_seen=at(), last_seen=at(hours=9)
        )
        rows = [
            factories.event(
                db,
                issue,
                payload,
                **{"timestamp": at(minutes=n), "received_at": at(minutes=n)} | columns,
            )
            for n in range(number)
        ]
        db.execute("INSERT INTO issue_hours VALUES (?, '2026-06-01T00', ?)", (issue, number))
    return issue, rows


def kept(db, issue):
    rows = db.execute("SELECT id FROM events WHERE issue_id = ? ORDER BY id", (issue,))
    return [row[0] for row in rows]


@given(st.lists(st.integers(0, 1000), max_size=30), st.integers(0, 20_000), st.integers(0, 50))
def test_the_level_is_the_greatest_height_that_frees_enough(heights, surplus, least):
    def freed(level):
        return sum(max(height - level, 0) for height in heights)

    found = levels.level(heights, surplus, least)
    assert found >= least
    assert found == least or freed(found) >= surplus
    if surplus and freed(found) >= surplus:
        assert freed(found + 1) < surplus


def test_landmarks_facets_and_hours_stay_and_samples_are_even(db, project, run):
    issue, rows = make(db, project, 600)
    release = factories.release(db, project)
    db.execute("UPDATE events SET release_id = ? WHERE id = ?", (release, rows[100]))
    ids = dict(db.execute("SELECT id, event_id FROM events").fetchall())
    factories.report(db, project, event_id=ids[rows[200]])
    factories.insert(
        db, "issue_returns", issue_id=issue, substatus="regressed", event_id=ids[rows[300]],
        created_at=at(),
    )  # fmt: skip
    for n in range(400, 412):
        factories.attachment(db, project, event_id=ids[rows[n]])
    run(caps.run, events_per_issue=60)
    found = set(kept(db, issue))
    assert len(found) == 60
    landmarks = {rows[0], *rows[-10:], rows[200], rows[300], *rows[402:412]}
    hours = {rows[n] for n in range(59, 600, 60)} - set(rows[-10:])
    assert landmarks <= found
    assert rows[100] in found
    assert hours <= found
    samples = sorted(rows.index(row) for row in found - landmarks - hours - {rows[100]})
    gaps = [b - a for a, b in pairwise(samples)]
    assert max(gaps) < 3 * 600 / len(samples)
    assert db.execute("SELECT count(*) FROM attachments").fetchone()[0] == 10 + len(
        {rows[400], rows[401]} & found
    )


def test_each_part_of_a_merged_issue_keeps_its_own(db, org, project, run):
    """What brought the whole back is an event of a part."""
    (first, _), (second, rows) = make(db, project, 100), make(db, project, 100)
    ids = dict(db.execute("SELECT id, event_id FROM events").fetchall())
    with transaction(db):
        merging.join(db, Actor(org, None, "cli"), first, [second], at())
    factories.insert(
        db, "issue_returns", issue_id=first, substatus="regressed", event_id=ids[rows[30]],
        created_at=at(),
    )  # fmt: skip
    run(caps.run, events_per_issue=20)
    assert (len(kept(db, first)), len(kept(db, second))) == (20, 20)
    assert rows[30] in kept(db, second)
    assert checks.counters(db) == []


@pytest.mark.parametrize(("height", "left"), [(20, 23), (30, 30)])
def test_landmarks_survive_any_cap(db, project, run, height, left):
    issue, rows = make(db, project, 100)
    ids = dict(db.execute("SELECT id, event_id FROM events").fetchall())
    for n in range(40, 52):
        factories.report(db, project, event_id=ids[rows[n]])
    run(caps.run, events_per_issue=height)
    assert len(kept(db, issue)) == left


def test_what_has_just_arrived_is_left_alone(db, project, run):
    issue, rows = make(db, project, 100)
    db.execute("UPDATE events SET received_at = ? WHERE id > ?", (now(), rows[39]))
    run(caps.run, events_per_issue=20)
    assert set(rows[40:]) <= set(kept(db, issue))
    assert len(kept(db, issue)) == 61  # and the first


def test_a_cap_of_a_project_cuts_its_tallest_issues(db, org, project, run):
    tall, middle, quiet = (make(db, project, n)[0] for n in (200, 80, 12))
    other = make(db, factories.project(db, org), 150)[0]
    small = factories.project(db, org, settings='{"events_per_project": 40}')
    own = make(db, small, 60)[0]
    run(caps.run, events_per_project=152)
    counts = [len(kept(db, issue)) for issue in (tall, middle, quiet, other, own)]
    assert counts == [70, 70, 12, 150, 40]
    rows = db.execute("SELECT issue_id, reason, events FROM issue_evictions ORDER BY issue_id")
    assert [tuple(row) for row in rows] == [
        (tall, "project_cap", 130), (middle, "project_cap", 10), (own, "project_cap", 20),
    ]  # fmt: skip


def big(number):
    return {"extra": os.urandom(number // 2).hex()}


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
def test_the_budget_takes_of_whoever_holds_most_and_keeps_every_latest_event(
    db, database, org, project, run
):
    noisy = [make(db, project, n, big(200_000)) for n in (300, 300, 20)]
    quiet = [make(db, project, 1, big(2000)) for _ in range(30)]
    other_org = factories.project(db, factories.org(db))
    other = make(db, other_org, 60, big(200_000))
    budget_ = 64 * MIB
    run(lambda work: budget.run(work), disk_budget=str(budget_), disk_reserve=8 * MIB)
    with_room = disk.measure(db, str(budget_), 8 * MIB)
    assert with_room.room > 0
    assert with_room.files <= 1.05 * budget_ + 8 * MIB
    counts = [len(kept(db, issue)) for issue, _ in noisy]
    assert 11 < counts[0] <= counts[1] + 1 < 300
    assert counts[2] == 20
    assert all(kept(db, issue) == rows for issue, rows in [*quiet, other])
    assert noisy[0][1][0] in kept(db, noisy[0][0])
    (level,) = db.execute(
        "SELECT eviction_level FROM organizations WHERE id = ?", (org,)
    ).fetchone()
    assert counts[0] == level
    assert usage.most_pages(db) == with_room.most_pages
    assert (database.parent / "jentry.db.reserve").stat().st_size == 8 * MIB
    db.close()
    assert checks.problems_of(database) == []


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
def test_when_only_landmarks_are_left_they_go_of_issues_unseen_longest(db, project, run):
    made = [make(db, project, 5, big(200_000)) for _ in range(120)]
    for number, (issue, _) in enumerate(made):
        db.execute("UPDATE issues SET last_seen = ? WHERE id = ?", (at(days=number + 1), issue))
    run(lambda work: budget.run(work), disk_budget=str(64 * MIB), disk_reserve=8 * MIB)
    counts = [len(kept(db, issue)) for issue, _ in made]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, 5)
    assert kept(db, made[0][0]) == [made[0][1][-1]]


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
def test_files_go_before_events_but_for_those_of_the_latest_ten(db, project, run):
    issue, rows = make(db, project, 40)
    ids = dict(db.execute("SELECT id, event_id FROM events").fetchall())
    for row in rows:
        factories.attachment(db, project, os.urandom(2 * MIB), event_id=ids[row], received_at=at())
    run(lambda work: budget.run(work), disk_budget=str(64 * MIB), disk_reserve=8 * MIB)
    left = {row[0] for row in db.execute("SELECT event_id FROM attachments")}
    assert {ids[row] for row in rows[-10:]} <= left
    assert len(left) < 30
    assert kept(db, issue) == rows


@pytest.mark.parametrize(
    ("text", "own", "free", "total", "expected"),
    [
        ("0", 5, 5, 100, None),
        ("80%", 1000, 9000, 20_000, 8000),
        ("5000", 1000, 9000, 20_000, 5000),
        pytest.param("5000", 1000, 2000, 20_000, 3000, id="no more than there is"),
        pytest.param("5000", 100, 0, 20_000, 1000, id="others' files take not all of it"),
    ],
)
def test_a_budget_is_read_anew(text, own, free, total, expected):
    assert disk.budget_of(text, own, free, total) == expected


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
def test_files_of_former_versions_count_and_go_before_events(db, database, project, run):
    issue, rows = make(db, project, 30, big(20_000))
    names = [f"{database}.v{n}-2026010{n}T000000Z" for n in (8, 9)]
    for name in names:
        Path(name).write_bytes(bytes(40 * MIB))
    other = Path(f"{database}.mine")
    other.write_bytes(bytes(40 * MIB))
    before = disk.measure(db, str(64 * MIB), 8 * MIB)
    assert before.former == 80 * MIB
    assert before.files > 80 * MIB
    assert before.room < 0
    run(lambda work: budget.run(work), disk_budget=str(128 * MIB), disk_reserve=8 * MIB)
    assert [Path(name).exists() for name in names] == [True, True]
    run(lambda work: budget.run(work), disk_budget=str(72 * MIB), disk_reserve=8 * MIB)
    assert [Path(name).exists() for name in names] == [False, True]
    run(lambda work: budget.evict(work), disk_budget=str(48 * MIB), disk_reserve=8 * MIB)
    assert [Path(name).exists() for name in names] == [False, False]
    assert kept(db, issue) == rows
    assert other.exists()


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
def test_without_a_budget_nothing_goes(db, database, project, run):
    make(db, project, 50, big(20_000))
    run(lambda work: budget.run(work), disk_budget="0")
    assert usage.most_pages(db) is None
    assert not Path(f"{database}.reserve").exists()
