"""The tags of an issue, and its events over time."""

import factories
import pytest
from factories import ago


@pytest.fixture
def issue(db, world):
    return factories.issue(db, world.project)


@pytest.fixture
def tagged(db, world):
    """Give an issue values of a tag: value, events, hours since the last one."""

    def make(issue, key, *values, project=world.project):
        for value, events, hours in values:
            tag = factories.tag(db, project, key, value)
            factories.issue_tag(db, issue, tag, events, ago(hours=hours))

    return make


def value(text, count, share, hours):
    return {"value": text, "count": count, "share": share, "lastSeen": ago(hours=hours)}


def test_tags_have_their_most_frequent_values(api, db, world, issue, tagged):
    tagged(issue, "os", ("Linux", 1, 1))
    tagged(issue, "browser", ("Opera", 1, 5), ("Firefox", 5, 1), ("Safari", 1, 2), ("IE", 1, 9))
    tagged(factories.issue(db, world.project), "browser", ("Lynx", 9, 1))
    path = f"/issues/{issue}/tags"
    firefox = value("Firefox", 5, 62.5, 1)
    browser = {"key": "browser", "total": 8, "distinct": 4, "isCapped": False}
    os = {"key": "os", "total": 1, "distinct": 1, "isCapped": False, "other": 0}
    os["values"] = [value("Linux", 1, 100.0, 1)]
    others = [value("IE", 1, 12.5, 9), value("Opera", 1, 12.5, 5), value("Safari", 1, 12.5, 2)]
    assert api.get(path).json == {
        "data": [browser | {"values": [firefox, *others], "other": 0}, os]
    }
    assert api.get(f"{path}?limit=2").json == {
        "data": [browser | {"values": [firefox, others[1]], "other": 2}, os]
    }


def test_ten_values_unless_told_otherwise(api, issue, tagged):
    tagged(issue, "user", *((f"{number:02}", 1, 1) for number in range(12)))
    (tag,) = api.get(f"/issues/{issue}/tags").json["data"]
    assert (len(tag["values"]), tag["distinct"], tag["total"]) == (10, 12, 12)


def test_an_issue_without_tags(api, issue):
    assert api.get(f"/issues/{issue}/tags").json == {"data": []}


@pytest.fixture
def hours(db, issue):
    for hour, events in [
        ("2026-11-20T13", 64),  # later than now
        ("2026-11-20T12", 1),
        ("2026-11-20T11", 2),
        ("2026-11-19T13", 4),
        ("2026-11-19T12", 8),
        ("2026-11-14T00", 16),
        ("2026-11-13T23", 32),
        ("2026-11-07T00", 128),
        ("2026-11-06T23", 256),
    ]:
        db.execute("INSERT INTO issue_hours VALUES (?, ?, ?)", (issue, hour, events))


@pytest.mark.parametrize(
    ("query", "number", "latest", "oldest", "events"),
    [
        pytest.param("", 24, "20T12", "19T13", [1, 2, 4], id="a day by the hour"),
        pytest.param("?period=24h&resolution=day", 1, "20T00", "20T00", [3], id="today"),
        pytest.param("?period=7d", 168, "20T12", "13T13", [1, 2, 4, 8, 16, 32], id="a week"),
        pytest.param(
            "?period=7d&resolution=day", 7, "20T00", "14T00", [3, 12, 16], id="a week by the day"
        ),
        pytest.param(
            "?period=14d&resolution=day", 14, "20T00", "07T00", [3, 12, 16, 32, 128], id="two weeks"
        ),
        pytest.param("?limit=2", 2, "20T12", "20T11", [1, 2], id="the newest two"),
    ],
)
def test_events_over_time(api, issue, hours, query, number, latest, oldest, events):
    rows = api.get(f"/issues/{issue}/stats{query}").json["data"]
    assert len(rows) == number
    assert rows[0]["time"] == f"2026-11-{latest}:00:00.000Z"
    assert rows[-1]["time"] == f"2026-11-{oldest}:00:00.000Z"
    assert [row["time"] for row in rows] == sorted({row["time"] for row in rows}, reverse=True)
    assert [row["events"] for row in rows if row["events"]] == events


def test_all_time_has_no_figures(api, issue):
    for query in ("period=all", "period=", "resolution=week", "resolution="):
        answer = api.get(f"/issues/{issue}/stats?{query}")
        assert answer.status_code == 400
        assert answer.json["error"].startswith(query.partition("=")[0])


def test_releases_of_an_issue_are_counted_the_newest_first(api, db, world, issue):
    for version, hours, events in (("web@1", 9, 5), ("web@2", 3, 1), ("web@3", 5, 2)):
        seen = {"first_seen": ago(hours=hours), "last_seen": ago(hours=1)}
        release = factories.release(db, world.project, version, sorted_at=ago(hours=hours), **seen)
        db.execute("INSERT INTO issue_releases VALUES (?, ?, ?)", (issue, release, events))
    factories.release(db, world.project, "web@4")
    path = f"/issues/{issue}/releases"
    answer = api.get(path).json
    assert answer["data"][0] == {
        "release": "web@2", "events": 1, "firstSeen": ago(hours=3), "lastSeen": ago(hours=1),
    }  # fmt: skip
    assert [row["release"] for row in answer["data"]] == ["web@2", "web@3", "web@1"]
    first = api.get(f"{path}?limit=2").json
    rest = api.get(f"{path}?limit=2&cursor={first['nextCursor']}").json
    assert first["data"] + rest["data"] == answer["data"]
    assert (first["total"], rest["nextCursor"]) == (3, None)
