"""Scheduled jobs and their check-ins."""

import json

import factories
import pytest

CONFIG = {"schedule": {"type": "crontab", "value": "0 * * * *"}, "checkin_margin": 5}


@pytest.fixture
def path(world):
    return f"/projects/{world.project}/monitors"


def rest(answer):
    return {name: value for name, value in answer.json.items() if name != "data"}


def test_a_monitor_is_shown_with_its_latest_check_in(api, db, world, path):
    monitor = factories.monitor(db, world.project, "nightly", config=json.dumps(CONFIG))
    shown = {
        "id": monitor,
        "projectId": world.project,
        "slug": "nightly",
        "config": CONFIG,
        "createdAt": factories.AT,
        "isActive": True,
        "isMuted": False,
        "environments": [],
        "lastCheckIn": None,
    }
    assert api.get(path).json == {"data": [shown], "page": 1, "pageSize": 100, "total": 1}
    factories.check_in(db, monitor, updated_at="2026-11-19T00:00:00.000Z")
    factories.check_in(
        db,
        monitor,
        check_in_id=bytes.fromhex("9ec79c33ec9942ab8353589fcb2e04dc"),
        status="error",
        duration=1.5,
        environment="production",
        release="shop@1",
        started_at="2026-11-18T00:00:00.000Z",
        updated_at="2026-11-18T00:00:01.500Z",
    )
    last = {
        "id": "9ec79c33ec9942ab8353589fcb2e04dc",
        "status": "error",
        "duration": 1.5,
        "environment": "production",
        "release": "shop@1",
        "startedAt": "2026-11-18T00:00:00.000Z",
        "updatedAt": "2026-11-18T00:00:01.500Z",
    }
    assert api.get(path).json["data"] == [shown | {"lastCheckIn": last}]
    assert api.get(f"/monitors/{monitor}/check-ins").json["data"][0] == last


def test_what_a_client_did_not_say_is_null(api, db, world, path):
    factories.check_in(db, factories.monitor(db, world.project), status="in_progress")
    (monitor,) = api.get(path).json["data"]
    absent = ("duration", "environment", "release")
    assert monitor["config"] is None
    assert monitor["lastCheckIn"]["status"] == "in_progress"
    assert {name: monitor["lastCheckIn"][name] for name in absent} == dict.fromkeys(absent)


def test_a_project_has_its_own_monitors_by_slug(api, db, world, path):
    for slug in ("b", "c", "a"):
        factories.monitor(db, world.project, slug)
    for project in (world.other_project, world.foreign_project):
        factories.monitor(db, project, "other")
    assert [row["slug"] for row in api.get(path).json["data"]] == ["a", "b", "c"]


def test_a_monitor_has_its_own_check_ins_the_latest_to_start_first(api, db, world):
    monitor, other = (factories.monitor(db, world.project) for _ in range(2))
    for owner, status in ((monitor, "ok"), (other, "ok"), (monitor, "in_progress")):
        factories.check_in(db, owner, status=status)
    answer = api.get(f"/monitors/{monitor}/check-ins")
    assert [row["status"] for row in answer.json["data"]] == ["in_progress", "ok"]
    assert rest(answer) == {"page": 1, "pageSize": 25, "total": 2}


@pytest.mark.parametrize("of", ["project", "monitor"])
@pytest.mark.parametrize(
    ("query", "number", "page", "size"),
    [
        ("?limit=2", 2, 1, 2),
        ("?limit=2&page=3", 1, 3, 2),
        ("?limit=2&page=4", 0, 4, 2),
        (f"?limit=7&page={10**30}", 0, 10**30, 7),
    ],
)
def test_pages(api, db, world, path, of, query, number, page, size):
    monitors = [factories.monitor(db, world.project) for _ in range(5)]
    for _ in range(5):
        factories.check_in(db, monitors[0])
    answer = api.get((path if of == "project" else f"/monitors/{monitors[0]}/check-ins") + query)
    assert len(answer.json["data"]) == number
    assert rest(answer) == {"page": page, "pageSize": size, "total": 5}


@pytest.mark.parametrize("of", ["project", "monitor"])
@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("0", "page: Must be greater than or equal to 1."),
        ("x", "page: Not a valid integer."),
        ("", "page: Not a valid integer."),
    ],
)
def test_pages_are_numbers_from_1(api, db, world, path, of, page, error):
    monitor = factories.monitor(db, world.project)
    path = path if of == "project" else f"/monitors/{monitor}/check-ins"
    answer = api.get(f"{path}?page={page}")
    assert (answer.status_code, answer.json) == (400, {"error": error})


@pytest.mark.parametrize("of", ["project", "monitor"])
def test_the_number_of_queries_does_not_grow(api, db, world, path, statements, of):
    monitor = factories.monitor(db, world.project)
    path = path if of == "project" else f"/monitors/{monitor}/check-ins"
    api.get(path)
    few = len(statements)
    for _ in range(20):
        factories.check_in(db, monitor)
        factories.check_in(db, factories.monitor(db, world.project))
    statements.clear()
    assert len(api.get(path).json["data"]) >= 20
    assert len(statements) == few


# Changing monitors --------------------------------------------------------------------------------


def test_a_monitor_is_made_changed_and_deleted(api, world, audited, path):
    config = {"schedule": {"type": "interval", "value": 2, "unit": "hour"}, "max_runtime": 5}
    made = api.post(path, {"slug": "nightly", "config": config})
    assert made.status_code == 201
    monitor = made.json["data"]
    assert (monitor["slug"], monitor["config"], monitor["isActive"]) == ("nightly", config, True)
    again = api.post(path, {"slug": "nightly"})
    error = {"error": "This project already has a monitor with the slug nightly."}
    assert (again.status_code, again.json) == (409, error)
    one = f"/monitors/{monitor['id']}"
    assert api.patch(one, {"isMuted": True}).json["data"] == monitor | {"isMuted": True}
    assert api.get(one).json["data"]["isMuted"] is True
    assert api.open("DELETE", one).status_code == 204
    assert api.get(one).status_code == 404
    target = f"monitor:{monitor['id']}"
    assert [(action, about, json.loads(meta)) for action, about, _, meta in audited()] == [
        ("monitor.create", target, {"via": "api", "token": "test", "slug": "nightly"}),
        ("monitor.update", target, {"via": "api", "token": "test", "fields": ["isMuted"]}),
        ("monitor.delete", target, {"via": "api", "token": "test", "slug": "nightly"}),
    ]


@pytest.mark.parametrize(
    ("schedule", "more", "error"),
    [
        (
            {"type": "crontab", "value": "at night"}, {},
            "config.schedule: A crontab has five fields, such as 0 3 * * *, or is one like @daily.",
        ),
        (
            {"type": "crontab", "value": "0 3 * * *"}, {"timezone": "Mars/Base"},
            "config.schedule: There is no time zone Mars/Base.",
        ),
        (
            {"type": "crontab", "value": "0 3 * * *"}, {"max_runtime": 0},
            "config.max_runtime: Must be greater than or equal to 1 and less than or equal to "
            "40320.",
        ),
    ],
)  # fmt: skip
def test_a_persons_schedule_must_be_readable(api, path, schedule, more, error):
    answer = api.post(path, {"slug": "nightly", "config": {"schedule": schedule} | more})
    assert (answer.status_code, answer.json) == (400, {"error": error})


@pytest.mark.parametrize(
    ("query", "times"),
    [
        (
            "value=30 2 * * *&timezone=Europe/Berlin&from=2026-03-28T12:00:00Z&count=2",
            ["2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"],
        ),
        ("value=0 12 * * *&count=1", ["2026-11-21T12:00:00.000Z"]),
        (
            "type=interval&value=90&unit=minute&from=2026-11-20T12:00:00Z&count=2",
            ["2026-11-20T13:30:00.000Z", "2026-11-20T15:00:00.000Z"],
        ),
    ],
)
def test_the_next_times_of_a_schedule_are_told(api, query, times):
    assert api.get(f"/monitors/schedule?{query}").json == {"data": times}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", "value: Missing data for required field."),
        ("value=0 99 * * *", "This crontab cannot be read: Bad hour."),
        ("value=x&type=interval", "A schedule is a crontab with a text, or an interval with a "
         "whole number."),
        ("value=0 3 * * *&from=2201-01-01T00:00:00Z", "from: Must be before the year 2200."),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_said(api, query, error):
    answer = api.get(f"/monitors/schedule?{query}")
    assert (answer.status_code, answer.json) == (400, {"error": error})
