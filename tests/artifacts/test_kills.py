"""kill -9 while a bundle is put together: what was begun is finished, once."""

import contextlib
import os
import random
import signal
import threading
import time
import urllib.error
from http.client import HTTPException

import pytest
from bundles import ENTRY, MIB, bundle
from servers import serving
from uploading import PATIENCE, Owner

from jentry.store import checks, connection

pytestmark = pytest.mark.slow

ROUNDS, FILES = 20, 400
SMALL = 600  # bytes of a chunk, so that there are enough of them to go beside the requests


def made(number):
    """A bundle whose files no other one has."""
    return bundle(
        {
            f"{file}.js": (ENTRY | {"url": f"~/{file}.js"}, f"var a={number},b={file};".encode())
            for file in range(FILES)
        }
    )


def count(file, query, *values):
    with contextlib.closing(connection.connect(file)) as db:
        (number,) = db.execute(f"SELECT count(*) FROM {query}", values).fetchone()
        return number


def wait_for(file, low, query, *values):
    deadline = time.monotonic() + PATIENCE
    while count(file, query, *values) < low:
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize("size", [MIB, SMALL], ids=["at once", "beside the requests"])
def test_a_bundle_is_whole_and_there_once(new_database, size):
    """The server dies while the next one is put together, and is told of it again."""
    file = new_database
    owner, chance, half_done = Owner.of(file), random.Random(size), 0
    bundles = [made(number) for number in range(ROUNDS)]
    for turn in range(ROUNDS + 1):
        with serving(file) as (process, url, _):
            if turn > 0:
                owner.upload(url, bundles[turn - 1], size)
                wait_for(file, turn, "artifact_projects")
            if turn == ROUNDS:
                break
            upload = threading.Thread(target=quietly, args=(owner, url, bundles[turn], size))
            upload.start()
            wait_for(file, turn * FILES + chance.randrange(FILES // 2), "file_contents")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            upload.join()
        done = count(file, "artifact_projects")
        half_done += done == turn
        assert done == count(file, "audit_log WHERE action = 'artifact.upload'")
        assert checks.problems_of(file) == []
    assert half_done >= ROUNDS // 2
    for table, number in {
        "artifact_bundles": ROUNDS, "artifact_projects": ROUNDS,
        "audit_log WHERE action = 'artifact.upload'": ROUNDS, "artifact_files": ROUNDS * FILES,
        "file_contents": ROUNDS * FILES, "file_payloads": ROUNDS * FILES, "upload_chunks": 0,
    }.items():  # fmt: skip
        assert count(file, table) == number, table
    assert checks.problems_of(file) == []


def quietly(owner, url, data, size):
    """Its server dies meanwhile."""
    with contextlib.suppress(urllib.error.URLError, HTTPException, OSError):
        owner.upload(url, data, size)
