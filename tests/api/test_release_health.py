"""One release against the one before, and its sessions by hour."""

import factories
import pytest

from jentry import clock


@pytest.fixture
def two(db, world):
    """Ids of a release and the one before; the third has no sessions."""
    factories.release(db, world.project, "none@0", sorted_at=factories.ago(days=20))
    old = factories.release(
        db, world.project, "shop@1", sorted_at=factories.ago(days=9), sessions=1000, crashed=1
    )
    new = factories.release(
        db, world.project, "shop@2", sorted_at=factories.ago(days=1), sessions=1000, crashed=19
    )
    return new, old


@pytest.fixture
def get(api, world):
    return lambda path: api.get(f"/projects/{world.project}/releases/{path}").json["data"]


def test_a_release_is_compared(db, world, get, two):
    new, old = two
    first = factories.issue(db, world.project, first_release_id=new)
    back = factories.issue(db, world.project, first_release_id=old)
    fixed = factories.issue(db, world.project, status="resolved")
    for substatus in ("regressed", "escalating", "regressed"):
        factories.insert(
            db, "issue_returns", issue_id=back, substatus=substatus, event_id=b"e" * 16,
            release_id=new, created_at=factories.AT,
        )  # fmt: skip
    factories.insert(
        db, "issue_conditions", issue_id=fixed, kind="in_next_release", release_id=old,
        from_users=0,
    )  # fmt: skip
    assert get("shop@2/comparison") == {
        "release": "shop@2",
        "previousRelease": "shop@1",
        "nextRelease": None,
        "crashFreeRate": 98.1,
        "previousCrashFreeRate": 99.9,
        "crashFreeDifference": -1.8,
        "newIssues": 1,
        "regressedIssues": 1,
        "resolvedIssues": 1,
        "newIds": [first],
        "regressedIds": [back],
        "resolvedIds": [fixed],
    }
    assert get("shop@1/comparison")["crashFreeDifference"] is None
    assert get("shop@1/comparison")["nextRelease"] == "shop@2"
    assert get("none@0/comparison")["previousRelease"] is None


def test_sessions_are_counted_by_hour(db, get, two):
    hours = [clock.hour(factories.ago(hours=hours)) for hours in (1, 2, 14 * 24)]
    for place in ("production", "staging"):
        for hour in hours:
            factories.insert_row(db, "session_hours", two[0], place, hour, 10, 2, 1, 0, 3)
    rows = [
        {"time": f"{hour}:00:00.000Z", "sessions": 20, "errored": 4, "crashed": 2, "abnormal": 0,
         "unhandled": 6}
        for hour in hours[:2]
    ]  # fmt: skip
    assert get("shop@2/sessions") == rows
    assert get("shop@2/sessions?limit=1&period=24h") == rows[:1]
    assert get("shop@1/sessions") == []


def test_the_list_names_places_and_authors(db, api, world, two):
    for place, days in (("staging", 3), ("production", 1), ("staging", 2)):
        factories.insert(
            db, "release_deploys", release_id=two[0], environment=place,
            deployed_at=factories.ago(days=days),
        )  # fmt: skip
    for position, author in enumerate(("Ada", None, "Bo", "Ada")):
        factories.insert(
            db, "release_commits", release_id=two[0], position=position, sha=str(position),
            author=author, files="[]",
        )  # fmt: skip
    row = api.get(f"/projects/{world.project}/releases").json["data"][0]
    assert (row["environments"], row["authors"]) == (["production", "staging"], ["Ada", "Bo"])
    same = api.get(f"/projects/{world.project}/releases/shop@2").json["data"]
    assert (same["environments"], same["authors"]) == (row["environments"], row["authors"])
