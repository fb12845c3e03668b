import factories
import pytest

from jentry.store.release_list import percent


@pytest.fixture
def listed(api, world):
    def call(query=""):
        return api.get(f"/projects/{world.project}/releases{query}").json["data"]

    return call


def test_a_release_is_shown_whole(listed, db, world):
    release = factories.release(
        db,
        world.project,
        "web@1.4.2",
        events=5821,
        issues=12,
        first_seen="2026-06-27T09:00:00.000Z",
        last_seen="2026-06-29T12:30:00.000Z",
        sessions=1000,
        crashed=6,
        errored=100,
        abnormal=7,
        unhandled=8,
    )
    other = factories.release(db, world.project, sessions=1618, sorted_at=factories.ago(days=90))
    for status in ("unresolved", "resolved", "ignored"):
        factories.issue(db, world.project, status=status, first_release_id=release)
    factories.issue(db, world.project, first_release_id=other, last_release_id=release)
    assert listed()[0] == {
        "release": "web@1.4.2",
        "events": 5821,
        "issues": 12,
        "newIssues": 3,
        "firstSeen": "2026-06-27T09:00:00.000Z",
        "lastSeen": "2026-06-29T12:30:00.000Z",
        "sessions": 1000,
        "errored": 100,
        "crashed": 6,
        "abnormal": 7,
        "unhandled": 8,
        "crashFreeRate": 99.4,
        "adoption": 38.2,
        "environments": [],
        "authors": [],
    }


def test_a_release_that_was_only_registered_is_listed(listed, db, world):
    factories.release(db, world.project, "web@2", registered_at=factories.AT)
    assert listed() == [
        {
            "release": "web@2",
            "events": 0,
            "issues": 0,
            "newIssues": 0,
            "firstSeen": None,
            "lastSeen": None,
            "sessions": 0,
            "errored": 0,
            "crashed": 0,
            "abnormal": 0,
            "unhandled": 0,
            "crashFreeRate": None,
            "adoption": None,
            "environments": [],
            "authors": [],
        }
    ]


def test_the_newest_come_first_and_a_hundred_unless_told_otherwise(listed, db, world):
    for number in range(103):
        factories.release(
            db, world.project, str(number), sorted_at=factories.ago(days=100 - number // 2)
        )
    expected = [str(number) for number in range(102, 2, -1)]
    assert [row["release"] for row in listed()] == expected
    assert [row["release"] for row in listed("?limit=2")] == expected[:2]


@pytest.mark.parametrize(
    ("sessions", "crashed", "elsewhere", "crash_free", "adoption"),
    [
        pytest.param(0, 0, 0, None, None, id="no sessions anywhere"),
        pytest.param(0, 0, 5, None, 0.0, id="none of this release"),
        pytest.param(5, 0, 0, 100.0, 100.0, id="all of this release, none crashed"),
        pytest.param(5, 5, 5, 0.0, 50.0, id="all crashed"),
        pytest.param(100_000, 1, 1, 99.9, 99.9, id="one crash is never 100 percent"),
        pytest.param(100_000, 99_999, 10**9, 0.1, 0.1, id="one that did not crash is never 0"),
        pytest.param(3, 1, 3, 66.7, 50.0, id="rounded up"),
        pytest.param(3, 2, 6, 33.3, 33.3, id="rounded down"),
        pytest.param(2000, 1, 0, 99.9, 100.0, id="half of a tenth"),
    ],
)
def test_health(listed, db, world, sessions, crashed, elsewhere, crash_free, adoption):
    factories.release(db, world.project, "a", sessions=sessions, crashed=crashed)
    factories.release(
        db, world.project, "b", sessions=elsewhere, sorted_at="2020-01-01T00:00:00.000Z"
    )
    factories.release(db, world.other_project, sessions=10**6)
    row = listed()[0]
    assert (row["sessions"], row["crashFreeRate"], row["adoption"]) == (
        sessions,
        crash_free,
        adoption,
    )


def test_percentages_are_exact_only_at_the_ends():
    found = {percent(part, 100_000) for part in range(100_001)}
    assert found == {tenths / 10 for tenths in range(1001)}
    assert percent(50, 100_000) == percent(149, 100_000) == 0.1
    assert percent(150, 100_000) == 0.2


def test_the_number_of_queries_does_not_grow(api, db, world, listed, statements):
    factories.release(db, world.project)
    assert len(listed()) == 1
    few = len(statements)
    for _ in range(19):
        factories.release(db, world.project)
    statements.clear()
    assert len(listed()) == 20
    assert len(statements) == few


def test_other_projects_have_their_own(listed, db, world):
    factories.release(db, world.other_project)
    factories.release(db, world.foreign_project)
    assert listed() == []
