"""A user who has no more of the disk: SQLite says that it cannot write, jentry that it is full."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.drills.full_disk import REFUSALS, REFUSING

PROGRAM = """
import sys
from contextlib import closing
from pathlib import Path
from jentry.store import connection, trouble

def store(db):
    try:
        with connection.transaction(db):
            db.execute("UPDATE instance SET config_version = config_version + 1")
    except connection.errors() as error:
        return trouble.reason(error)
    return "stored"

sign = Path(sys.argv[2])
with closing(connection.connect(Path(sys.argv[1]), write=True)) as db:
    print(store(db))
    sign.touch()
    print(store(db))
    sign.unlink()
    print(store(db))
"""


@pytest.mark.sqlite(reason="a server's disk is not this machine's")
@pytest.mark.skipif(not shutil.which("cc"), reason="a library is made that refuses to write")
@pytest.mark.parametrize("kind", REFUSALS)
def test_a_disk_that_refuses_is_told_by_its_reason(database, tmp_path, kind):
    number, words = REFUSALS[kind]
    library, sign = tmp_path / "refusing.so", database.parent / "refused"
    compiler = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library), "-ldl"]
    subprocess.run(compiler, input=REFUSING.encode(), check=True)
    more = {"LD_PRELOAD": str(library), "REFUSED": str(sign), "REFUSED_WITH": str(number)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(database), str(sign)],
        env=os.environ | more, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["stored", words, "stored"]
