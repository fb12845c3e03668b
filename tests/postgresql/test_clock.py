"""What is written is dated by the clock of the database's server, whatever a machine's says."""

from contextlib import closing
from datetime import timedelta

import pytest

from jentry import clock
from jentry.store import connection
from jentry.store.connection import transaction
from jentry.store.engines import drivers

HOUR = timedelta(hours=1)


@pytest.fixture
def server_clock(server_time, monkeypatch):
    if server_time:
        monkeypatch.setattr(drivers.driver().connection, "now", server_time)


def test_time_never_runs_back_between_machines(address, server_clock, monkeypatch):
    real, moments = clock.now, []
    with closing(connection.connect(address, write=True)) as db:
        for wrong in (HOUR, -HOUR, 2 * HOUR, -HOUR):
            monkeypatch.setattr(clock, "now", lambda wrong=wrong: real() + wrong)
            with transaction(db) as at:
                moments.append(at)
    assert moments == sorted(moments)
    assert abs(clock.parse(moments[-1]) - real()) < HOUR / 2
