"""What is kept and what is gone is told: of issues, projects and the organization."""

import factories
import pytest

from jentry.store import usage
from jentry.store.connection import transaction

AT = "2026-11-10T10:00:00.000Z"


def go(db, issue, reason, events):
    with transaction(db):
        db.execute("INSERT INTO issue_evictions VALUES (?, ?, ?, ?)", (issue, reason, events, AT))


@pytest.fixture
def issue(db, world):
    """With three events, two of which are kept."""
    issue = factories.issue(db, world.project, event_count=3)
    for day in ("03", "02"):
        factories.event(db, issue, timestamp=f"2026-11-{day}T00:00:00.000Z")
    go(db, issue, "age", 1)
    return issue


SIZES = (0, 10, 20, 990, 1000, 1010, 1020)
FLOOD = [(f"2026-11-{day}T23", size) for day, size in zip(range(13, 20), SIZES, strict=True)]
GONE = {"total": 1, "byReason": {"age": 1}, "lastAt": AT}


def test_an_issue_says_what_is_kept(api, issue):
    found = api.get(f"/issues/{issue}").json["data"]
    assert (found["count"], found["eventsKept"], found["eventsGone"], found["oldestEventAt"]) == (
        3, 2, GONE, "2026-11-02T00:00:00.000Z",
    )  # fmt: skip
    assert api.get(f"/issues/{issue}/events").json["gone"] == GONE


def test_an_issue_without_events_says_so(api, db, world):
    issue = factories.issue(db, world.project, event_count=7)
    go(db, issue, "age", 4)
    go(db, issue, "budget", 3)
    found = api.get(f"/issues/{issue}").json["data"]
    assert (found["count"], found["eventsKept"], found["oldestEventAt"]) == (7, 0, None)
    assert found["eventsGone"]["byReason"] == {"age": 4, "budget": 3}
    for end in ("latest", "oldest"):
        answer = api.get(f"/issues/{issue}/events/{end}")
        assert (answer.status_code, answer.json) == (
            404, {"error": "The events of this issue are no longer kept."},
        )  # fmt: skip
    answer = api.get(f"/issues/{issue}/events")
    assert (answer.json["data"], answer.json["total"]) == ([], 0)


def test_a_project_says_what_it_holds(api, db, world, issue):
    (size,) = db.execute("SELECT sum(bytes) FROM events").fetchone()
    factories.attachment(db, world.project, b"x" * 100)
    found = api.get(f"/projects/{world.project}").json["data"]
    assert (found["eventsKept"], found["bytesKept"]) == (2, size + 100)


def test_usage_of_one_of_several_organizations_has_no_disk(api, db, world, issue):
    foreign = factories.issue(db, world.foreign_project, event_count=5)
    factories.event(db, foreign)
    go(db, foreign, "age", 4)
    db.execute("UPDATE organizations SET eviction_level = 9 WHERE id = ?", (world.foreign_org,))
    found = api.get("/usage").json["data"]
    (size,) = db.execute("SELECT sum(bytes) FROM events WHERE issue_id = ?", (issue,)).fetchone()
    assert found == {
        "eventsKept": 2,
        "bytesKept": size,
        "eventsGone": GONE,
        "oldestEventAt": factories.AT,
        "level": None,
        "fullInDays": None,
        "fullAt": None,
        "projects": [
            {"id": world.project, "eventsKept": 2, "bytesKept": size},
            {"id": world.other_project, "eventsKept": 0, "bytesKept": 0},
        ],
        "disk": None,
    }


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
def test_usage_of_the_only_organization_has_the_disk_and_a_forecast(api, db, world, issue):
    db.execute("DELETE FROM projects WHERE org_id = ?", (world.foreign_org,))
    db.execute("DELETE FROM organizations WHERE id = ?", (world.foreign_org,))
    for day in range(10, 21):
        db.execute(
            "INSERT INTO usage_hours VALUES (?, ?, 1, 0)",
            (f"2026-11-{day}T11", day * 2**30),
        )
    found = api.get("/usage").json["data"]
    disk = found["disk"]
    assert disk["growthBytesPerDay"] == 2**30
    left = disk["budgetBytes"] - disk["usedBytes"]
    assert abs(found["fullInDays"] - left // 2**30) <= 1
    assert found["fullAt"] > factories.AT
    assert disk["filesBytes"] >= disk["usedBytes"] + disk["reusableBytes"] > 0
    assert disk["state"] in ("ok", "low")


@pytest.mark.parametrize("slug", ["jentry-canary", "~deleted"])
def test_organizations_of_nobody_do_not_hide_the_disk(api, db, world, slug):
    db.execute("UPDATE organizations SET slug = ? WHERE id = ?", (slug, world.foreign_org))
    assert api.get("/usage").json["data"]["disk"] is not None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([("2026-11-20T11", 5)], None),
        ([("2026-11-20T09", 100), ("2026-11-20T11", 300)], 2400),
        ([("2026-11-20T09", 300), ("2026-11-20T11", 100)], -2400),
        pytest.param(
FLOOD,
            10,
            id="one day of a flood is not every day",
        ),
    ],
)  # fmt: skip
def test_growth_is_the_median_of_days(db, rows, expected):
    db.executemany("INSERT INTO usage_hours VALUES (?, ?, 1, 0)", rows)
    assert usage.growth(db, "2026-11-20T12:00:00.000Z") == expected


def test_the_hour_is_noted(db, world, issue):
    with transaction(db):
        usage.note(db, 4096, "2026-11-20T12:10:00.000Z")
        usage.note(db, 8192, "2026-11-20T12:50:00.000Z")
    assert [tuple(row) for row in db.execute("SELECT * FROM usage_hours")] == [
        ("2026-11-20T12", 8192, 2, 0)
    ]


@pytest.mark.parametrize(
    ("member", "value", "status"),
    [
        ("retentionDays", 30, 200), ("retentionDays", 0, 400), ("eventsPerIssue", 20, 200),
        ("eventsPerIssue", 19, 400), ("eventsPerProject", 1, 200), ("eventsPerProject", None, 200),
    ],
)  # fmt: skip
def test_a_project_may_keep_less(api, world, member, value, status):
    answer = api.patch(f"/projects/{world.project}", {"settings": {member: value}})
    assert answer.status_code == status
    if status == 200:
        assert answer.json["data"]["settings"][member] == value
