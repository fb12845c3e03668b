"""The laws of the windows: never more than the quota in one, whatever the steps and restarts."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import examples

from jentry import clock
from jentry.quotas import LIMITS, QUOTAS, in_force
from jentry.settings import Settings
from jentry.store import orgs, projects
from jentry.store.audit import Actor
from jentry.store.connection import connect, transaction
from jentry.store.intake.quotas import Quotas
from jentry.store.project_settings import ProjectSettings
from jentry.store.rows import Submission

BEGIN = datetime(2026, 11, 20, 10, 7, tzinfo=UTC)
NAMES = ("quota_5min", "quota_hour", "quota_bytes_hour")

steps = st.lists(
    st.tuples(
        st.integers(0, 1500),  # seconds since the step before
        st.integers(0, 1),  # project
        st.integers(1, 60),  # bytes
        st.booleans(),  # a restart before it
    ),
    max_size=40,
)


@settings(max_examples=examples(40), deadline=None)
@given(steps=steps, most=st.tuples(*[st.integers(0, 6), st.integers(0, 12), st.integers(0, 200)]))
def test_a_window_never_holds_more_than_its_quota(fresh, steps, most):
    with fresh() as db:
        path = db.path
    db = connect(path, write=True)
    with transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
        actor = Actor(org["id"], None, "cli")
        made = [projects.create(db, actor, name, None, None, at)["id"] for name in "ab"]
    limits = dict(zip(NAMES, most, strict=True))
    used: Counter[tuple[int, str, float]] = Counter()
    now = BEGIN
    for seconds, number, size, restarts in steps:
        now += timedelta(seconds=seconds)
        if restarts:
            db.close()
            db = connect(path, write=True)
        submission = Submission(made[number], 1, 1, clock.timestamp(now), limits=limits)
        amounts = {"quota_5min": 1, "quota_hour": 1, "quota_bytes_hour": size}
        windows = {
            name: (made[number], name, now.timestamp() // QUOTAS[name].seconds) for name in NAMES
        }
        full = {name for name in NAMES if used[windows[name]] + amounts[name] > limits[name]}
        with transaction(db):
            quotas = Quotas(db, clock.timestamp(now))
            limit = quotas.exceeded(submission, amounts)
            if limit is None:
                quotas.spend(submission, amounts)
            quotas.flush()
        assert (limit.quota if limit else None) in (full or {None})
        if limit:
            left = QUOTAS[limit.quota].seconds - now.timestamp() % QUOTAS[limit.quota].seconds
            assert left < limit.retry_after <= left + 1
        else:
            used.update({windows[name]: amounts[name] for name in NAMES})
    db.close()


@pytest.mark.parametrize(
    ("server", "own", "expected"),
    [
        pytest.param({}, {}, {"quota_hour": 5000, "quota_bytes_hour": 256_000_000}, id="defaults"),
        pytest.param(
            {}, {"quota_hour": 10_000}, {"quota_bytes_hour": 512_000_000}, id="bytes by the events"
        ),
        pytest.param(
            {"quota_hour": 3}, {}, {"quota_bytes_hour": 20 * 1024**2}, id="one event always fits"
        ),
        pytest.param(
            {"quota_hour": 0}, {}, {"quota_hour": None, "quota_bytes_hour": None}, id="no limit"
        ),
        pytest.param(
            {"quota_hour": 0, "quota_bytes_hour": 7}, {}, {"quota_bytes_hour": 7}, id="own bytes"
        ),
        pytest.param({"quota_bytes_hour": 0}, {}, {"quota_bytes_hour": None}, id="no bytes"),
        pytest.param({}, {"quota_5min": 0}, {"quota_5min": None}, id="of the project"),
    ],
)
def test_which_limits_are_in_force(server, own, expected):
    found = in_force(Settings(**server), ProjectSettings(**own))
    assert {name: found.get(name) for name in expected} == expected
    assert set(found) <= set(LIMITS)
