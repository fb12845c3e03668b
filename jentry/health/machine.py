"""The machine below the server: disk, files, clock, SQLite."""

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from jentry import clock
from jentry.health.findings import Finding
from jentry.settings import Settings
from jentry.store import checks, serving
from jentry.store.engines.sqlite import JOURNAL_LIMIT

MIB = 1024 * 1024
NO_SPACE = MIB  # an event alone may take as much
LEAST_SPACE = 256 * MIB  # the write-ahead log alone may take 64 MiB
LARGE_LOG = 2 * JOURNAL_LIMIT
MOUNTS = Path("/proc/self/mountinfo")
SHARED = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.glusterfs", "afs"}
TOLERANCE = timedelta(seconds=5)  # by which clocks are set back and nobody minds


def disk(settings: Settings) -> Iterator[Finding]:
    path = settings.file.resolve()
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    fact = f"{path} takes {size / MIB:.1f} MiB; {free / MIB:.0f} MiB are free."
    yield Finding("disk", "ok", fact)
    if free < NO_SPACE:
        yield Finding("disk", "problem", "the disk is full: no event can be stored")
    elif free < LEAST_SPACE:
        yield Finding("disk", "warning", f"only {free / MIB:.0f} MiB of disk space are left")
    elif free < size:
        sentence = "there is not enough free disk space for a copy of the database"
        yield Finding("disk", "warning", sentence)


def write_ahead_log(settings: Settings) -> Iterator[Finding]:
    """It grows while somebody reads without an end, such as a database browser."""
    try:
        size = os.stat(f"{settings.file.resolve()}-wal").st_size
    except FileNotFoundError:
        return
    if size > LARGE_LOG:
        sentence = (
            f"the write-ahead log takes {size / MIB:.0f} MiB: a program that reads the database "
            "without an end keeps it from being emptied"
        )
        yield Finding("wal", "warning", sentence)
    else:
        yield Finding("wal", "ok", f"The write-ahead log takes {size / MIB:.1f} MiB.")


def filesystem(settings: Settings) -> Iterator[Finding]:
    """SQLite's write-ahead log needs memory that all who open the file share."""
    kind = _kind_of(settings.file.resolve())
    if kind in SHARED:
        sentence = (
            f"the database lies on a network filesystem ({kind}), where SQLite can neither lock "
            "nor share memory reliably: move it to a local disk"
        )
        yield Finding("filesystem", "warning", sentence)


def permissions(settings: Settings) -> Iterator[Finding]:
    path = settings.file.resolve()
    if others := others_who_may_read(path):
        yield Finding("permissions", "warning", others)
    found = path.parent.stat()
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        sentence = f"everybody on this machine can replace the files in {path.parent}"
        yield Finding("permissions", "warning", sentence)
    owner = path.stat().st_uid
    for suffix in ("-wal", "-shm", ".lock", ".serving", ".upkeep"):
        beside = Path(f"{path}{suffix}")
        if beside.exists() and beside.stat().st_uid != owner:
            sentence = f"{beside} does not belong to the owner of the database, who needs to write"
            yield Finding("permissions", "warning", sentence)


def others_who_may_read(path: Path) -> str:
    """Its mode is a choice that we do not undo, but name."""
    if not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return ""
    return f"other users of this machine can read {path}; `chmod 600 {path}` closes it."


def wall_clock(settings: Settings) -> Iterator[Finding]:
    """Quotas, retention and sign-ins go by it."""
    latest = checks.latest_time(settings.db)
    now = clock.now()
    if latest is not None and latest > clock.timestamp(now + TOLERANCE):
        sentence = (
            f"the clock says {clock.timestamp(now)}, but an event arrived at {latest}: it was set "
            "back, or the file comes from a machine whose clock was wrong"
        )
        yield Finding("clock", "warning", sentence)
    else:
        yield Finding(
            "clock",
            "ok",
            f"The clock is not behind what is stored; it says {clock.timestamp(now)}.",
        )


def served(settings: Settings) -> Iterator[Finding]:
    is_served = serving.is_served(settings.file)
    sentence = "A server is running on it." if is_served else "No server runs on it."
    yield Finding("server", "ok", sentence)


def sqlite(settings: Settings) -> Iterator[Finding]:
    version = checks.sqlite_version()
    yield Finding("sqlite", "ok", f"SQLite {version}.")
    if checks.has_wal_reset_bug():
        sentence = (
            f"SQLite {version} can damage a file that two programs write at once (fixed in "
            "3.51.3); jentry's own processes take turns, so let no other program write to it"
        )
        yield Finding("sqlite", "warning", sentence)


def _kind_of(path: Path) -> str:
    """The type of the filesystem, as Linux names it; empty where nobody says."""
    try:
        lines = MOUNTS.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        before, _, after = line.partition(" - ")
        place = before.split()[4].replace("\\040", " ")
        if len(place) >= len(best) and path.is_relative_to(place):
            best, kind = place, after.split()[0]
    return kind
