"""Put another file in a database's place. Whenever it is killed, the name leads to either."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from jentry import clock
from jentry.errors import Conflict
from jentry.store.backup.parts import sync_folder
from jentry.store.backup.streams import MAGIC
from jentry.store.connection import connect

PAUSE = 0.1  # seconds
LOGS = ("-wal", "-shm", "-journal")


def swap(database: Path, put: Callable[[Path], None], word: str) -> Path | None:
    """Another file becomes the database; what was there is kept as `<database>.<word>-<time>`.

    `put` renames the other one, such as `Part.finish`. Nothing may serve the database, and the
    write lock must be held. Raises Conflict while another program has it open.
    """
    real = Path(os.path.realpath(database))
    kept = _free_name(real, word)
    if real.exists():
        if has_magic(real):
            bring_log_home(real)
        _keep(real, kept)
    # What is left is of a file that cannot be read, or of none; SQLite would replay it.
    for suffix in LOGS:
        if os.path.lexists(f"{real}{suffix}"):
            os.replace(f"{real}{suffix}", f"{kept}{suffix}")
    put(real)
    return kept if kept.exists() else None


def has_magic(path: Path) -> bool:
    """SQLite removes the log of what is no database at all. This process has none open."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _free_name(real: Path, word: str) -> Path:
    """For the former file. One of this second that is the same file was left by a kill."""
    while True:
        kept = real.with_name(f"{real.name}.{word}-{clock.now():%Y%m%dT%H%M%SZ}")
        if not kept.exists() or (real.exists() and os.path.samefile(real, kept)):
            return kept
        time.sleep(PAUSE)


def _keep(real: Path, kept: Path) -> None:
    try:
        os.link(real, kept)
    except FileExistsError:
        pass
    except OSError:  # a file system without links: for a moment there is no database
        os.rename(real, kept)


def bring_log_home(real: Path) -> None:
    """After that the main file is all there is. A damaged one keeps its log."""
    try:
        with closing(connect(real, write=True)) as db:
            db.wait_at_most(1)
            if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise Conflict(f"Another program has {real} open. Close it first.")
    except sqlite3.DatabaseError as error:
        if (error.sqlite_errorname or "").startswith("SQLITE_BUSY"):
            raise Conflict(f"Another program has {real} open. Close it first.") from error
    sync_folder(real.parent)
