"""Tables and figures of events, as Grafana, the sentry command and agents ask for them."""

import factories
import pytest
from factories import ago

from jentry.store import event_search

EVENTS = "/organizations/acme/events/"


@pytest.fixture
def table(world, db):
    """Counts by hour of two issues, and events of the first."""
    for issue, hour, events in (
        (world.first, "2026-11-20T11", 3), (world.first, "2026-11-10T11", 40),
        (world.second, "2026-11-17T08", 5), (world.fifth, "2026-11-20T11", 100),
    ):  # fmt: skip
        db.execute(
            """
            INSERT INTO issue_hours (issue_id, hour, events) VALUES (?, ?, ?)
            ON CONFLICT (issue_id, hour) DO UPDATE SET events = excluded.events
            """,
            (issue, hour, events),
        )
    payload = {"user": {"email": "k@x.test"}, "tags": {"country": "lv"},
               "exception": {"values": [{"type": "KeyError", "value": "'a'"}]}}  # fmt: skip
    for environment, hours in (("production", 1), ("staging", 2)):
        at = ago(hours=hours)
        tag = factories.insert(db, "tags", project_id=world.project, key="environment",
                               value=environment, folded=environment)  # fmt: skip
        factories.event(db, world.first, payload, timestamp=at, received_at=at,
                        environment=environment, marks=f" {tag} t{hours:012} ")  # fmt: skip
    factories.event(db, world.fifth, payload, timestamp=ago(hours=1), received_at=ago(hours=1))
    return world


def test_rows_have_the_fields(table):
    names = ("issue", "error.type", "user.email", "environment", "tags[country]", "timestamp")
    fields = "&".join(f"field={name}" for name in names)
    answer = table.get(f"{EVENTS}?dataset=errors&statsPeriod=24h&{fields}").json
    assert answer["data"] == [
        {
            "issue": f"SHOP-{table.first}", "error.type": "KeyError", "user.email": "k@x.test",
            "environment": place, "tags[country]": "lv", "timestamp": ago(hours=hours),
        }
        for place, hours in (("staging", 2), ("production", 1))
    ]  # fmt: skip
    assert answer["meta"]["fields"]["timestamp"] == "date"


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ("field=title&field=count()&sort=-count&statsPeriod=14d",
         [("KeyError: 'a'", 43), ("Boom", 5)]),
        ("field=title&field=count()&statsPeriod=14d&query=is:unresolved", [("KeyError: 'a'", 43)]),
        ("field=title&field=count()&statsPeriod=14d&project=web-app", [("Boom", 5)]),
        ("field=project&field=count()&sort=count()&statsPeriod=7d", [("shop", 3), ("web-app", 5)]),
        ("field=count()&statsPeriod=24h", [(3,)]),
        ("field=count()&statsPeriod=24h&query=nothing-like-it", [(0,)]),
        ("field=count()&statsPeriod=24h&query=environment:production", [(1,)]),
        (f"field=count()&statsPeriod=24h&query=trace:{2:012}{3:020}", [(1,)]),
        ("field=count()&statsPeriod=14d&query=level:error", [(48,)]),
        ("field=count_unique(issue)&statsPeriod=14d", [(2,)]),
        ("field=timestamp.to_day&field=count()&statsPeriod=14d&query=KeyError",
         [("2026-11-10T00:00:00+00:00", 40), ("2026-11-20T00:00:00+00:00", 3)]),
    ],
)  # fmt: skip
def test_events_are_counted(table, asked, rows):
    answer = table.get(f"{EVENTS}?{asked}")
    assert answer.status_code == 200, answer.json
    assert [tuple(row.values()) for row in answer.json["data"]] == rows


def test_what_cannot_be_counted_exactly_is_refused(table, monkeypatch):
    monkeypatch.setattr("jentry.store.event_counts.MOST_ROWS", 1)
    monkeypatch.setattr("jentry.store.arrivals.MOST_ROWS", 1)
    answer = table.get(f"{EVENTS}?field=count()&statsPeriod=14d&query=environment:production")
    assert (answer.status_code, "shorter span" in answer.json["detail"]) == (400, True)
    assert event_search.MOST_ROWS == 20_000


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ("dataset=spans&field=id", "jentry keeps errors only."),
        ("dataset=logs", "jentry keeps errors only."),
        ("field=p95()", "field: jentry cannot answer p95()"),
        ("field=release&field=count()", "field: jentry cannot count by release"),
        ("field=gen_ai.conversation.id", "field: jentry cannot answer gen_ai.conversation.id"),
        ("query=is:nonsense", "query: nonsense is no state"),
    ],
)
def test_a_refusal_says_what_there_is(table, asked, detail):
    answer = table.get(f"{EVENTS}?{asked}")
    assert (answer.status_code, list(answer.json)) == (400, ["detail"])
    assert answer.json["detail"].startswith(detail)
    verdict = table.get(f"{EVENTS}validate/?{asked}").json
    assert verdict["valid"] is False


def test_what_would_be_answered_is_valid(table):
    asked = "dataset=errors&query=level:error&field=title&field=count()&orderby=-count()"
    verdict = table.get(f"{EVENTS}validate/?{asked}").json
    assert (verdict["valid"], verdict["dataset"], verdict["query"]["error"]) == (True, [], None)
    kinds = [(field["name"], field["attrType"]) for field in verdict["field"]]
    assert kinds == [("title", "string"), ("count()", "number")]


def test_series_are_in_steps_of_an_hour_at_least(table):
    path = "/organizations/acme/events-stats/?yAxis=count()&statsPeriod=24h&interval=5m"
    found = table.get(path).json["data"]
    assert len(found) == 25 - 1
    assert sum(point[0]["count"] for _, point in found) == 3
    tops = table.get(
        "/organizations/acme/events-stats/?statsPeriod=14d&interval=1d&topEvents=1&field=title"
    ).json
    assert list(tops) == ["KeyError: 'a'"]
    assert table.get("/organizations/acme/events-stats/?yAxis=p95()").status_code == 400
    assert table.get("/organizations/acme/events-stats/?statsPeriod=9000d").status_code == 400


@pytest.mark.parametrize("query", ["", "is:unresolved", "KeyError", "environment:production"])
@pytest.mark.parametrize("project", ["", "&project=shop", "&project=shop&project=web-app"])
def test_series_have_what_tables_have(table, query, project):
    asked = f"statsPeriod=48h&query={query}{project}"
    hours = table.get(f"{EVENTS}?field=timestamp.to_hour&field=count()&{asked}").json["data"]
    rows = {row["timestamp.to_hour"]: row["count()"] for row in hours}
    points = table.get(f"/organizations/acme/events-stats/?yAxis=count()&{asked}").json["data"]
    counts = [point["count"] for _, (point,) in points if point["count"]]
    assert counts == [rows[hour] for hour in sorted(rows)] != []


def test_what_was_sent_is_counted_by_outcome(table, db):
    (key,) = db.execute(
        "SELECT id FROM client_keys WHERE project_id = ?", (table.project,)
    ).fetchone()
    for outcome, quantity in (("accepted", 5), ("filtered", 2)):
        factories.insert_row(db, "outcome_hours", table.project, key, "2026-11-20T11", "error",
                             outcome, "", quantity)  # fmt: skip
    path = "/organizations/acme/stats_v2/?field=sum(quantity)&groupBy=outcome&interval=1h"
    groups = table.get(path).json["groups"]
    totals = {row["by"]["outcome"]: row["totals"]["sum(quantity)"] for row in groups}
    assert totals == {"accepted": 5, "filtered": 2}
    for stat, number in (("received", 7), ("blacklisted", 2), ("rejected", 0)):
        points = table.get(f"/projects/acme/shop/stats/?stat={stat}&resolution=1h").json
        assert sum(quantity for _, quantity in points) == number
    assert table.get("/projects/acme/shop/stats/?stat=x").status_code == 400
