"""Where is my event? Outcomes by hour, category, outcome, reason and key."""

import factories
import pytest
from interfaces import WsgiClient

from jentry import create_app
from jentry.store import outcomes

# The clock stands at 2026-11-20 12:00.
HOURS = ("2026-11-20T12", "2026-11-20T11", "2026-11-19T12", "2026-11-19T11", "2026-11-13T12",
         "2026-11-13T11", "2026-11-06T12", "2026-11-06T11", "2025-01-01T00")  # fmt: skip


@pytest.fixture
def key(db, world):
    row = db.execute("SELECT id FROM client_keys WHERE project_id = ?", (world.project,)).fetchone()
    return row["id"]


@pytest.fixture
def stats(api, world):
    def get(query=""):
        return api.get(f"/projects/{world.project}/stats{query}")

    return get


@pytest.fixture
def hours(db, key):
    """One event accepted in each of HOURS; its quantity tells which."""
    for position, hour in enumerate(HOURS):
        factories.outcome(db, key, hour, 10**position)


@pytest.fixture
def assorted(db, world, key):
    """What happened in one hour, to the events of two keys."""
    second = factories.key(db, world.project)
    for columns in (
        {"key_id": key, "quantity": 5},
        {"key_id": second, "quantity": 7},
        {"key_id": key, "quantity": 2, "outcome": "filtered", "reason": "localhost"},
        {"key_id": key, "quantity": 3, "outcome": "rate_limited", "reason": "quota"},
        {"key_id": key, "quantity": 1, "outcome": "invalid", "reason": "too_large"},
        {"key_id": key, "quantity": 9, "category": "session"},
        {
            "key_id": second,
            "quantity": 4,
            "category": "session",
            "outcome": "client_discard",
            "reason": "queue_overflow",
        },
    ):
        factories.outcome(db, hour="2026-11-20T12", **columns)
    return second


def row(key, time, quantity, category="error", outcome="accepted", reason=""):
    return {
        "category": category,
        "outcome": outcome,
        "reason": reason,
        "quantity": quantity,
        "time": time,
        "keyId": key,
    }


def test_a_project_to_which_nothing_was_sent_has_no_rows(stats):
    assert stats().json == {"data": [], "totals": [], "truncated": False}


def test_each_outcome_is_a_row_with_its_hour_and_key(stats, db, key):
    factories.outcome(db, key, "2026-11-20T11", 2)
    factories.outcome(db, key, "2026-11-20T12", 3)
    factories.outcome(db, key, "2026-11-20T12", 4, outcome="filtered", reason="ips")
    assert stats().json == {
        "data": [
            row(key, "2026-11-20T12:00:00.000Z", 4, outcome="filtered", reason="ips"),
            row(key, "2026-11-20T12:00:00.000Z", 3),
            row(key, "2026-11-20T11:00:00.000Z", 2),
        ],
        "totals": [
            {"category": "error", "outcome": "accepted", "reason": "", "quantity": 5},
            {"category": "error", "outcome": "filtered", "reason": "ips", "quantity": 4},
        ],
        "truncated": False,
    }


@pytest.mark.parametrize("resolution", ["hour", "day"])
@pytest.mark.parametrize(
    ("query", "quantity"),
    [
        pytest.param("", 111, id="the last 24 hours, the first one whole"),
        pytest.param("period=24h", 111, id="24h"),
        pytest.param("period=7d", 11111, id="7d"),
        pytest.param("period=14d", 1111111, id="14d"),
        pytest.param("period=all", 111111111, id="all"),
        pytest.param("since=2026-11-20T11:00:00Z", 11, id="since the start of an hour"),
        pytest.param("since=2026-11-20T12:59:59.999Z", 1, id="since the end of an hour"),
        pytest.param("since=2026-11-20T13:30:00%2B02:00", 11, id="since, with an offset"),
        pytest.param("since=2026-11-20T13:00:00Z", 0, id="since a time to come"),
        pytest.param("since=2026-11-19&period=24h", 1111, id="since takes the place of a period"),
        pytest.param("period=all&until=2026-11-20T12:00:00Z", 111111110, id="until an hour begins"),
        pytest.param("period=all&until=2026-11-20T12:00:00.001Z", 111111111, id="until in an hour"),
        pytest.param("until=2026-11-20T11:00:00Z", 1100, id="the 24 hours before"),
        pytest.param("until=2026-11-20T11:30:00Z&period=7d", 111110, id="the week before"),
        pytest.param("until=0001-01-01T00:00:00Z", 0, id="until the year 1"),
        pytest.param("until=9999-12-31T23:59:59Z&period=all", 111111111, id="until the year 9999"),
        pytest.param("since=2026-11-13T11:00&until=2026-11-19T12:00Z", 111000, id="both"),
    ],
)
def test_time(stats, hours, query, quantity, resolution):
    answer = stats(f"?resolution={resolution}&{query}").json
    assert sum(row["quantity"] for row in answer["data"]) == quantity
    assert [total["quantity"] for total in answer["totals"]] == ([quantity] if quantity else [])


def test_days_add_up_their_hours_newest_first(stats, hours, key):
    answer = stats("?period=7d&resolution=day").json
    assert answer["data"] == [
        row(key, "2026-11-20T00:00:00.000Z", 11),
        row(key, "2026-11-19T00:00:00.000Z", 1100),
        row(key, "2026-11-13T00:00:00.000Z", 10000),
    ]


@pytest.mark.parametrize(
    ("query", "quantities"),
    [
        ("", [1, 2, 3, 4, 5, 7, 9]),
        ("category=session", [4, 9]),
        ("category=Session", []),
        ("outcome=accepted", [5, 7, 9]),
        ("outcome=filtered", [2]),
        ("outcome=rate_limited", [3]),
        ("outcome=invalid", [1]),
        ("outcome=client_discard", [4]),
        ("keyId={first}", [1, 2, 3, 5, 9]),
        ("keyId={second}", [4, 7]),
        ("keyId=999", []),
        ("keyId=99999999999999999999999", []),
        ("category=error&outcome=accepted&keyId={second}", [7]),
    ],
)
@pytest.mark.parametrize("resolution", ["hour", "day"])
def test_filters(stats, assorted, key, query, quantities, resolution):
    found = stats(f"?resolution={resolution}&{query.format(first=key, second=assorted)}").json
    assert sorted(row["quantity"] for row in found["data"]) == quantities
    assert sum(total["quantity"] for total in found["totals"]) == sum(quantities)


def test_totals_are_over_all_keys_largest_first(stats, assorted):
    totals = [tuple(total.values()) for total in stats().json["totals"]]
    assert totals == [
        ("error", "accepted", "", 12),
        ("session", "accepted", "", 9),
        ("session", "client_discard", "queue_overflow", 4),
        ("error", "rate_limited", "quota", 3),
        ("error", "filtered", "localhost", 2),
        ("error", "invalid", "too_large", 1),
    ]


ONE_OF = "Must be one of: "
TIME = "Must be a time in ISO 8601, such as 2026-06-29T12:30:00Z."


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("period=1h", f"period: {ONE_OF}24h, 7d, 14d, all."),
        ("period=", f"period: {ONE_OF}24h, 7d, 14d, all."),
        ("resolution=week", f"resolution: {ONE_OF}hour, day."),
        ("resolution=", f"resolution: {ONE_OF}hour, day."),
        (
            "outcome=lost",
            f"outcome: {ONE_OF}accepted, filtered, rate_limited, invalid, client_discard.",
        ),
        ("since=yesterday", f"since: {TIME}"),
        ("since=", f"since: {TIME}"),
        ("until=2026-13-01", f"until: {TIME}"),
        ("since=2026-11-20&until=2026-11-20", "until: Must be later than since."),
        ("since=2026-11-21&until=2026-11-20", "until: Must be later than since."),
        ("category=", "category: Length must be between 1 and 64."),
        ("category=" + "x" * 65, "category: Length must be between 1 and 64."),
        ("keyId=x", "keyId: Not a valid integer."),
        ("keyId=0", "keyId: Must be greater than or equal to 1."),
        ("keyId=-1", "keyId: Not a valid integer."),
    ],
)
def test_bad_parameters_are_refused(stats, query, error):
    answer = stats(f"?{query}")
    assert (answer.status_code, answer.json) == (400, {"error": error})


def test_rows_are_bounded_totals_are_not(stats, hours, monkeypatch):
    assert stats("?period=all&limit=9").json["truncated"] is False
    answer = stats("?period=all&limit=2").json
    assert [row["quantity"] for row in answer["data"]] == [1, 10]
    assert answer["truncated"] is True
    assert answer["totals"][0]["quantity"] == 111111111
    monkeypatch.setattr(outcomes, "MOST_ROWS", 3)
    answer = stats("?period=all").json
    assert [row["quantity"] for row in answer["data"]] == [1, 10, 100]
    assert answer["truncated"] is True


def test_another_project_is_not_counted(stats, db, world):
    for project in (world.other_project, world.foreign_project):
        (key,) = db.execute(
            "SELECT id FROM client_keys WHERE project_id = ?", (project,)
        ).fetchone()
        factories.outcome(db, key, "2026-11-20T12")
        assert stats(f"?keyId={key}").json["data"] == []
    assert stats().json["data"] == []


def test_what_is_sent_is_counted(stats, settings, db, world, key):
    (public_key,) = db.execute("SELECT public_key FROM client_keys WHERE id = ?", (key,)).fetchone()
    client = WsgiClient(create_app(settings))
    try:
        for body in (
            b'{}\n{"type":"event"}\n{"message":"x"}',
            b'{}\n{"type":"event"}\n{"message":',
            b'{}\n{"type":"span"}\n{}',
        ):
            client.send(f"/api/{world.project}/envelope/?sentry_key={public_key}", body)
    finally:
        client.close()
    totals = [tuple(total.values()) for total in stats().json["totals"]]
    assert sorted((category, outcome) for category, outcome, *_ in totals) == [
        ("error", "accepted"),
        ("error", "invalid"),
        ("span", "filtered"),
    ]
    assert [quantity for *_, quantity in totals] == [1, 1, 1]


def test_all_projects_together_say_which(api, db, world):
    first, second = (
        db.execute("SELECT id FROM client_keys WHERE project_id = ?", (p,)).fetchone()[0]
        for p in (world.project, world.other_project)
    )
    foreign = db.execute(
        "SELECT id FROM client_keys WHERE project_id = ?", (world.foreign_project,)
    ).fetchone()[0]
    factories.outcome(db, first, "2026-11-20T11", 5)
    factories.outcome(db, second, "2026-11-20T11", 7)
    factories.outcome(db, second, "2026-11-20T10", 2, outcome="invalid", reason="too_large")
    factories.outcome(db, foreign, "2026-11-20T11", 999)
    found = api.get("/stats").json
    assert [(row["projectId"], row["time"][11:13], row["quantity"]) for row in found["data"]] == [
        (world.other_project, "11", 7), (world.project, "11", 5), (world.other_project, "10", 2),
    ]  # fmt: skip
    assert [row["quantity"] for row in found["totals"]] == [12, 2]
    for address in (
        "/stats?reason=too_large",
        f"/projects/{world.other_project}/stats?reason=too_large",
    ):
        assert [row["quantity"] for row in api.get(address).json["data"]] == [2]
    assert api.get("/stats?reason=").json["totals"][0]["quantity"] == 12
    assert api.get("/stats?resolution=day&limit=1").json["truncated"] is True
