"""The scheduled backup: once a day, in a child process; when it fails, three times more."""

import json
import logging
import subprocess
from datetime import datetime
from pathlib import Path

from jentry import children, clock
from jentry.store.backup import upgrade
from jentry.upkeep.job import Stopped, Work

log = logging.getLogger(__name__)

ATTEMPTS = 4
PAUSE = 15 * 60.0  # seconds between them
LOOK = 0.5  # seconds between two looks at the child
SUNDAY = 6


def run(work: Work) -> None:
    """What became of it stands in the table of backups, for `check` and /readyz."""
    for attempt in range(1, ATTEMPTS + 1):
        error = _make(work, clock.now())
        if error is None:
            return
        log.error("backup failed attempt=%d: %s", attempt, error)
        if attempt < ATTEMPTS:
            work.pause(PAUSE)


def _make(work: Work, now: datetime) -> str | None:
    """What went wrong."""
    settings = work.settings
    flags = ["--full"] if now.weekday() == SUNDAY else []
    child: subprocess.Popen[str] = children.start(
        "backup", str(settings.backup_dir), settings.backup_keep, *flags, "--db", settings.db,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        while child.poll() is None:
            work.pause(LOOK)  # what it says meanwhile fits into the pipe
    except Stopped:
        child.terminate()
        raise
    finally:
        lines = child.communicate()[0].splitlines() or ["it said nothing"]
    if child.returncode:
        return lines[-1]
    made = json.loads(lines[-1])
    log.info("backup made file=%s bytes=%d", Path(made["file"]).name, made["bytes"])
    return None


def remove_kept(work: Work) -> None:
    """The files of former versions, once nobody goes back any more."""
    for path in upgrade.remove_kept(work.settings.file, clock.now()):
        log.info("the file of a former version was removed file=%s", path.name)
