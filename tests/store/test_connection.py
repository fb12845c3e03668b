"""The write lock: exclusive between threads and processes, waited for without end or in bounds."""

import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from jentry.store import lock
from jentry.store.connection import transaction
from jentry.store.engines.errors import Busy

pytestmark = pytest.mark.sqlite(reason="a file has one writer")

PATIENCE = 0.05  # seconds

HOLDER = """
import sys
from pathlib import Path
from jentry.store.lock import write_lock
with write_lock(Path(sys.argv[1])).within(3):
    print("taken", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held_by_a_process(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "taken\n"
    try:
        yield
    finally:
        holder.communicate("done\n")


@contextmanager
def held_by_a_thread(path):
    taken, done = threading.Event(), threading.Event()

    def hold():
        with lock.write_lock(path):
            taken.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("held", [held_by_a_thread, held_by_a_process])
def test_patience_ends_and_the_lock_can_be_had_afterwards(database, db, held):
    refused = pytest.raises(Busy, match=r"takes too long$")
    with held(database), refused, transaction(db, patience=PATIENCE):
        pytest.fail("the lock is taken")
    with transaction(db, patience=PATIENCE):
        db.execute("UPDATE instance SET is_demo = 1")
    with transaction(db):
        assert db.execute("SELECT is_demo FROM instance").fetchone()[0] == 1


@pytest.mark.parametrize("held", [held_by_a_thread, held_by_a_process])
def test_who_is_patient_gets_the_lock_once_it_is_free(database, db, held):
    got = threading.Event()

    def write():
        with transaction(db, patience=60):
            got.set()

    thread = threading.Thread(target=write)
    with held(database):
        thread.start()
        assert not got.wait(PATIENCE)
    thread.join()
    assert got.is_set()


@pytest.mark.parametrize("patience", [None, PATIENCE])
def test_the_lock_is_given_back_to_threads_and_processes_after_a_failure_too(
    database, db, patience
):
    with pytest.raises(ZeroDivisionError), transaction(db, patience=patience):
        raise ZeroDivisionError
    for hold in (held_by_a_process, held_by_a_thread):
        with hold(database):
            pass
