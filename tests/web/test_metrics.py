"""`/metrics`: for whoever has its token, and complete."""

import dataclasses
import re
from datetime import timedelta
from urllib.request import ProxyHandler, Request, build_opener

import factories
import pytest
from prometheus_client.parser import text_string_to_metric_families
from servers import serving

from jentry import clock, create_app
from jentry.store import connection
from jentry.web.docs import METRICS

TOKEN = "0123456789abcdef"


@pytest.fixture
def watched(settings):
    return create_app(dataclasses.replace(settings, metrics_token=TOKEN)).test_client()


def families(text):
    return {family.name: family for family in text_string_to_metric_families(text)}


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 401),
        (f"bearer{TOKEN}", 401),
        ("Bearer \xff", 401),
        ("", 401),
    ],
)
def test_only_its_token_opens_it(watched, header, status):
    answer = watched.get("/metrics", headers={"Authorization": header})
    assert answer.status_code == status


def test_without_a_token_there_is_no_such_address(client):
    for header in ("", f"Bearer {TOKEN}", "Bearer None", "Bearer "):
        answer = client.get("/metrics", headers={"Authorization": header})
        assert answer.status_code == 404


def test_it_tells_what_the_database_holds(watched, db):
    with connection.transaction(db):
        project = factories.project(db, factories.org(db))
        factories.event(db, factories.issue(db, project, event_count=1))
        factories.deletion(db, project)
        factories.deletion(db, project, finished_at=None)
        db.execute("UPDATE organizations SET eviction_level = 1840")
        db.execute("UPDATE events SET received_at = '2026-06-29T12:30:00.500Z'")
        db.execute(
            """
            INSERT INTO backups (taken_at, file, bytes, seconds, events, is_full, error)
            VALUES ('2026-06-29T00:00:00.000Z', '/b', 1, 1.0, 1, 1, NULL),
                   ('2026-06-29T12:00:00.000Z', '/b', 0, 0.0, 0, 1, 'the disk is full'),
                   ('2026-06-30T00:00:00.000Z', '/b', 4096, 2.5, 1, 1, NULL),
                   ('2026-07-01T00:00:00.000Z', '/b', 0, 0.0, 0, 1, 'the disk is full')
            """
        )
    found = families(watched.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text)
    assert found["jentry_oldest_event_timestamp_seconds"].samples[0].value == 1782736200.5
    assert {
        name: found[f"jentry_backup_{name}"].samples[0].value
        for name in ("timestamp_seconds", "duration_seconds", "bytes", "failures")
    } == {"timestamp_seconds": 1782777600, "duration_seconds": 2.5, "bytes": 4096, "failures": 1}
    assert found["jentry_eviction_level"].samples[0].value == 1840
    assert found["jentry_deletions_running"].samples[0].value == 1
    assert found["jentry_database_readable"].samples[0].value == 1
    assert found["jentry_database_bytes"].samples[0].value > 100_000


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
def test_it_tells_in_how_long_the_disk_will_be_full(watched, db):
    with connection.transaction(db) as at:
        for days in range(5):
            day = clock.timestamp(clock.parse(at) - timedelta(days=days))[: len("2026-11-20")]
            db.execute(
                "INSERT INTO usage_hours VALUES (?, ?, 1, 0)", (f"{day}T00", (10 - days) * 2**30)
            )
    found = families(watched.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text)
    budget, used, left = (
        found[f"jentry_disk_{name}"].samples[0].value
        for name in ("budget_bytes", "used_bytes", "full_seconds")
    )
    assert abs(left / 86_400 - (budget - used) // 2**30) <= 1


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
@pytest.mark.parametrize(("setting", "budget"), [("0", None), ("64000000", 64_000_000)])
def test_it_tells_the_disk_budget_and_what_is_used_of_it(settings, database, setting, budget):
    own = dataclasses.replace(settings, metrics_token=TOKEN, disk_budget=setting)
    client = create_app(own).test_client()
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    found = {
        sample.name: sample.value
        for family in families(answer.text).values()
        for sample in family.samples
    }
    assert found.get("jentry_disk_budget_bytes") == budget
    assert database.stat().st_size <= found["jentry_disk_files_bytes"] < 64_000_000
    assert 0 < found["jentry_disk_used_bytes"] <= found["jentry_database_bytes"]


@pytest.mark.sqlite(reason="it removes the file")
def test_a_database_that_is_gone_is_told(watched, database):
    database.unlink()
    answer = watched.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert families(answer.text)["jentry_database_readable"].samples[0].value == 0


def test_what_a_server_counts_is_that_of_all_its_processes(database, monkeypatch):
    """And it is all that the documentation lists."""
    opened = build_opener(ProxyHandler({})).open
    more = {"JENTRY_METRICS_TOKEN": TOKEN}
    with serving(database, "--workers", "2", env=more) as (_, address, _):

        def get(path, **headers):
            with opened(Request(f"{address}{path}", headers=headers), timeout=20) as answer:
                return answer.read().decode()

        for _ in range(20):
            get("/healthz")
        found = families(get("/metrics", Authorization=f"Bearer {TOKEN}"))
    counted = {
        (sample.labels["family"], sample.labels["status"]): sample.value
        for sample in found["jentry_request_duration_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert counted["health", "2xx"] == 20
    named = {re.sub("_total$", "", name) for name in METRICS}
    optional = {
        "jentry_oldest_event_timestamp_seconds",
        "jentry_backup_timestamp_seconds",
        "jentry_backup_duration_seconds",
        "jentry_backup_bytes",
        "jentry_eviction_level",
        "jentry_disk_full_seconds",
    }
    of_files = {name for name in named if name.startswith(("jentry_disk_", "jentry_wal_"))}
    optional |= of_files if isinstance(database, str) else set()
    assert named - optional == {name for name in found if name.startswith("jentry_")}
