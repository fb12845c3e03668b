"""Three nodes of PostgreSQL on this machine, a primary and two standbys that commits wait for.

Debian's server must be there; root has the user postgres run it.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

NAMES = ("a", "b", "c")
OWNER = "postgres"
QUORUM = f"ANY 1 ({', '.join(NAMES)})"  # none is a standby of its own
PATIENCE = 60.0  # seconds
CUT_OFF = 0.3  # seconds
LOGGED = 3000  # last characters of a log
PROGRAMS = max(
    Path("/usr/lib/postgresql").glob("*/bin"),
    key=lambda found: int(found.parent.name),
    default=None,
)


def free_ports() -> list[int]:
    """Below those that the system gives to clients, so that a node that is gone finds its own."""
    ports: list[int] = []
    while len(ports) < len(NAMES):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            if port not in ports and probe.connect_ex(("127.0.0.1", port)):
                ports.append(port)
    return ports


class Nodes:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(zip(NAMES, free_ports(), strict=True))
        self.primary = NAMES[0]
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports.values())
        self.address = f"postgresql://{OWNER}@{hosts}/jentry"

    @property
    def standbys(self) -> list[str]:
        return [name for name in NAMES if name != self.primary]

    def make(self) -> None:
        options = ("-A", "trust", "-U", OWNER, "-E", "UTF8", "--locale=C.UTF-8")
        self._run("initdb", "-D", str(self.folder / self.primary), *options)
        self._start(self.primary)
        self.ask(self.primary, "CREATE DATABASE jentry TEMPLATE template0")
        for name in self.standbys:
            self.join(name)
        self._require_confirmation(self.primary)

    def join(self, name: str) -> None:
        """As a standby, from nothing: what a node of before has written may be nobody's."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        source = f"--dbname={self._source(name)}"
        copy = ("--pgdata", str(self.folder / name), "--checkpoint=fast", "--write-recovery-conf")
        self._run("pg_basebackup", source, *copy)
        self._start(name)
        self._await_stream(name)

    def fail_over(self) -> str:
        """The primary loses its power, the standby that has most takes its place. Who is gone.

        For a moment before, nothing reaches the standbys: what was answered then is nowhere else.
        """
        gone = self.primary
        self._cut_off(gone)
        time.sleep(CUT_OFF)
        self._kill(gone)
        received = "SELECT pg_last_wal_receive_lsn() - '0/0'"
        had = {name: self.ask(name, received) for name in self.standbys}
        self.primary = max(had, key=lambda name: had[name])
        (other,) = set(had) - {self.primary}
        self._set(other, "primary_conninfo", self._source(other))
        self._require_confirmation(self.primary)
        self.ask(self.primary, "SELECT pg_promote()")
        return gone

    def ask(self, name: str, statement: str | sql.Composed) -> Any:
        where = f"host=127.0.0.1 port={self.ports[name]} user={OWNER} dbname=postgres"
        with psycopg.connect(where, autocommit=True) as db:
            found = db.execute(statement)
            return found.fetchone()[0] if found.description else None

    def stop(self) -> None:
        for name in NAMES:
            with suppress(subprocess.CalledProcessError):
                self._run("pg_ctl", "-D", str(self.folder / name), "-m", "immediate", "stop")

    def _start(self, name: str) -> None:
        """Raises RuntimeError with what it logged."""
        # No socket in a folder: its lock outlives who was killed, whose id others may have since.
        options = f"-p {self.ports[name]} -c unix_socket_directories= -c wal_keep_size=1GB"
        log = self.folder / f"{name}.log"
        where = ("-D", str(self.folder / name), "-l", str(log))
        try:
            self._run("pg_ctl", *where, "-w", "-o", options, "start")
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"{name} did not start:\n{log.read_text()[-LOGGED:]}") from error

    def _cut_off(self, name: str) -> None:
        for pid in self.ask(name, "SELECT array_agg(pid) FROM pg_stat_replication") or ():
            os.kill(pid, signal.SIGSTOP)

    def _kill(self, name: str) -> None:
        """All of it at once: a server process that outlived the others would still answer."""
        first = int((self.folder / name / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGSTOP)  # it starts no more
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in (*map(int, children), first):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _source(self, name: str) -> str:
        port = self.ports[self.primary]
        return f"host=127.0.0.1 port={port} user={OWNER} application_name={name}"

    def _require_confirmation(self, name: str) -> None:
        self._set(name, "synchronous_standby_names", QUORUM)

    def _set(self, name: str, setting: str, value: str) -> None:
        changed = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(setting), value)
        self.ask(name, changed)
        self.ask(name, "SELECT pg_reload_conf()")

    def _await_stream(self, name: str) -> None:
        streams = f"SELECT count(*) FROM pg_stat_replication WHERE application_name = '{name}'"
        deadline = time.monotonic() + PATIENCE
        while not self.ask(self.primary, f"{streams} AND state = 'streaming'"):
            assert time.monotonic() < deadline, f"{name} does not follow"
            time.sleep(0.1)

    def _run(self, program: str, *options: str) -> None:
        own = {"user": OWNER, "group": OWNER, "extra_groups": []} if os.geteuid() == 0 else {}
        assert PROGRAMS is not None
        with (self.folder / "programs.log").open("a") as log:
            subprocess.run(
                [PROGRAMS / program, *options],
                check=True, cwd=self.folder, stdout=log, stderr=log, **own,
            )  # fmt: skip


@contextmanager
def running(folder: Path) -> Iterator[Nodes]:
    """In an empty folder, which becomes the owner's."""
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER, OWNER)
    nodes = Nodes(folder)
    try:
        nodes.make()
        yield nodes
    finally:
        nodes.stop()
