"""One process looks after a database on a server: it has a row, and renews it."""

from contextlib import closing

import pytest

from jentry.store import connection, upkeep
from jentry.store.engines.drivers import driver
from jentry.store.upkeep import Ran


@pytest.fixture
def places(address, monkeypatch):
    monkeypatch.setattr(driver().lease, "RENEWED", 0.0)  # each time it is asked
    with closing(upkeep.place(address)) as one, closing(upkeep.place(address)) as other:
        yield one, other


def test_one_has_it_until_it_leaves(address, places):
    one, other = places
    assert not upkeep.is_looked_after(address)
    assert (one.take(), other.take(), one.take()) == (True, False, True)
    assert upkeep.is_looked_after(address)
    one.close()
    assert not upkeep.is_looked_after(address)
    assert (other.take(), one.take()) == (True, False)


def test_who_does_not_renew_it_loses_it(address, places):
    one, other = places
    assert one.take()
    with closing(connection.connect(address, write=True)) as db:
        db.execute("UPDATE upkeep SET until = now()")
    assert (other.take(), one.take()) == (True, False)
    one.write({"search": Ran(began_at="now")})
    assert upkeep.read(address) == {}


def test_how_jobs_went_is_told_to_the_next(address, places):
    one, other = places
    ran = {"search": Ran(began_at="2026-11-20T10:00:00.000Z", failures=2, error="no")}
    assert upkeep.read(address) == {}
    assert one.take()
    one.write(ran)
    one.close()
    assert other.take()
    assert upkeep.read(address) == ran
