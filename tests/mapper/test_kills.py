"""kill -9 while events are mapped again and move: nothing is lost, nothing counted twice."""

import contextlib
import os
import signal
import time

import pytest
from bundles import bundle_of, event
from servers import serving
from uploading import PATIENCE, Owner

from jentry.store import checks, connection

pytest.importorskip("symbolic")
pytestmark = pytest.mark.slow

EVENTS, KILLS = 400, 3


def mapped(file):
    with contextlib.closing(connection.connect(file)) as db:
        (number,) = db.execute(
            "SELECT count(*) FROM events WHERE symbolication = 'mapped'"
        ).fetchone()
        return number


def wait_for(file, low, high):
    """Until so many events are mapped."""
    deadline = time.monotonic() + PATIENCE
    while not low <= (number := mapped(file)) <= high:
        assert time.monotonic() < deadline, f"{number} events are mapped"
        time.sleep(0.004)
    return number


def test_what_is_half_done_goes_on(new_database):
    file = new_database
    owner = Owner.of(file)
    done = 1
    for turn in range(KILLS + 1):
        with serving(file) as (process, url, _):
            if turn == 0:
                owner.upload(url, bundle_of("1"))
                for number in "1" + "2" * EVENTS:
                    owner.send(url, event(number, user={"id": number}))
                owner.upload(url, bundle_of("2"))
            if turn == KILLS:
                wait_for(file, EVENTS + 1, EVENTS + 1)
                break
            done = wait_for(file, done + 10, EVENTS)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        with contextlib.closing(connection.connect(file)) as db:
            assert checks.counters(db) == []
    with contextlib.closing(connection.connect(file)) as db:
        assert checks.counters(db) == []
        rows = db.execute("SELECT id, status, event_count, user_count FROM issues ORDER BY id")
        assert [tuple(row) for row in rows] == [
            (1, "unresolved", EVENTS + 1, 2), (2, "merged", 0, 0),
        ]  # fmt: skip
