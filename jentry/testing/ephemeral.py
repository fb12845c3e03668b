"""What `jentry serve --ephemeral` serves: a file that goes with the process, filled just enough."""

import dataclasses
import fcntl
import os
import select
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from jentry.settings import Settings
from jentry.store import connection, migrations, orgs, projects, tokens, users
from jentry.store.audit import Actor
from jentry.vocabulary import SCOPES

STDIN = 0
UNLIMITED: dict[str, Any] = {
    "quota_5min": 0,
    "quota_hour": 0,
    "quota_bytes_hour": 0,
    "quota_attachment_bytes_hour": 0,
    "quota_reports_5min": 0,
    "quota_check_ins_5min": 0,
    "quota_sessions_5min": 0,
    "quota_session_hours_hour": 0,
    "quota_releases_hour": 0,
    "api_rate": 0,
    "api_bytes_hour": 0,
}


@contextmanager
def settings(given: Settings) -> Iterator[Settings]:
    """Those of a throwaway file, without quotas; the folder is removed after the block."""
    with tempfile.TemporaryDirectory(prefix="jentry-") as folder:
        path = Path(folder) / "jentry.db"
        own: dict[str, Any] = {"db": path, "url": None, "trusted_proxies": 0, "backup_dir": None}
        own["smtp_url"] = None  # no mail goes out by a test
        yield dataclasses.replace(given, **own | UNLIMITED)


def fill(path: Path, base_url: str) -> dict[str, Any]:
    """An organization with an owner, a project and a token: what suites need to know."""
    migrations.prepare(path)
    with closing(connection.connect(path, write=True)) as db, connection.transaction(db) as at:
        actor = Actor(orgs.create(db, "Test", None, at, "cli")["id"], None, "cli")
        owner = users.create(db, actor, "owner@example.com", "Owner", "owner", None, at)
        _, token = tokens.create(db, actor, owner["id"], "Test", SCOPES, at)
        project = projects.create(db, actor, "Test", None, None, at)
    return {
        "url": base_url,
        "dsn": projects.dsn(base_url, project["public_key"], project["id"]),
        "token": token,
        "projectId": project["id"],
    }


def end_when_told() -> None:
    """From now on SIGTERM is not too early: what was made is removed.

    When standard input is a pipe, its end is a SIGTERM: whoever started this process is gone. The
    system tells us, so that no thread has to wait for it: this process forks others.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not stat.S_ISFIFO(os.fstat(STDIN).st_mode):
        return
    signal.signal(signal.SIGIO, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    fcntl.fcntl(STDIN, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(STDIN, fcntl.F_SETFL, fcntl.fcntl(STDIN, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([STDIN], [], [], 0)[0]:
        sys.exit(0)
