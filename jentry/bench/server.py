"""A server of our own to measure: started on a file, watched through /proc, stopped or killed."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jentry.store import (
    connection,
    migrations,
    orgs,
    passwords,
    projects,
    tokens,
    user_sessions,
    users,
)
from jentry.store.audit import Actor
from jentry.vocabulary import SCOPES

INTERFACES = ("asgi", "wsgi")
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60
UNLIMITED = {"JENTRY_QUOTA_5MIN": "1000000000", "JENTRY_QUOTA_HOUR": "1000000000"}


@dataclass(frozen=True)
class Target:
    """Where a load client sends."""

    project_id: int
    public_key: str


class Server:
    """A running server: its process group is its own, so that all of it can be killed at once."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def pids(self) -> list[int]:
        pids, found = [self.process.pid], 0
        while found < len(pids):
            with contextlib.suppress(OSError):  # it has just ended
                tasks = Path(f"/proc/{pids[found]}/task").glob("*/children")
                pids += [int(pid) for task in tasks for pid in task.read_text("utf-8").split()]
            found += 1
        return pids

    def cpu_seconds(self) -> float:
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def pss_mb(self) -> float:
        return pss_mb(self.pids())

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process.stdout:
            self.process.stdout.close()


def pss_mb(pids: Iterable[int]) -> float:
    """Proportional set size of the processes together."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return round(total / 1024, 1)


def make_target(db_path: connection.Target) -> Target:
    """An organization and a project for the load, in a new or existing file."""
    migrations.prepare(db_path)
    db = connection.connect(db_path, write=True)
    try:
        with connection.transaction(db) as at:
            org = orgs.create(db, "Benchmark", None, at, "cli")
            project = projects.create(db, Actor(org["id"], None, "cli"), "Load", None, None, at)
            return Target(project["id"], project["public_key"])
    finally:
        db.close()


def first_target(db_path: Path) -> Target:
    """The first project of the first organization in a file that was filled before."""
    db = connection.connect(db_path)
    try:
        row = db.execute(
            """
            SELECT k.project_id, k.public_key
            FROM client_keys k
            JOIN projects p ON p.id = k.project_id
            ORDER BY p.org_id, p.id
            """
        ).fetchone()
        return Target(row["project_id"], row["public_key"])
    finally:
        db.close()


@dataclass(frozen=True)
class Visitor:
    """An owner and operator: a token with every scope, and the session of a browser."""

    token: str
    session: str


def make_token(db_path: Path) -> str:
    """A token with every scope, of an owner made for it in the first organization."""
    return make_visitor(db_path).token


def make_visitor(db_path: Path) -> Visitor:
    hashed = passwords.hashed(secrets.token_hex(), "")
    db = connection.connect(db_path, write=True)
    try:
        with connection.transaction(db) as at:
            actor = Actor(orgs.list_all(db)[0]["id"], None, "cli")
            email = f"bench-{secrets.token_hex(4)}@example.com"
            user = users.create(db, actor, email, None, "owner", hashed, at)
            users.set_operator(db, email, is_operator=True, at=at, via="cli")
            token = tokens.create(db, actor, user["id"], "bench", list(SCOPES), at)[1]
            session = user_sessions.create(
                db, user["id"], at, device="bench", address="", is_persistent=True
            )
            return Visitor(token, session)
    finally:
        db.close()


@contextmanager
def running(
    db_path: Path, interface: str = "asgi", workers: int = 1, commit_delay: float = 0.0
) -> Iterator[Server]:
    server = start(db_path, interface, workers, commit_delay)
    try:
        yield server
    finally:
        server.stop()


def start(
    db_path: connection.Target, interface: str = "asgi", workers: int = 1, commit_delay: float = 0.0
) -> Server:
    """Returns once the server answers. `commit_delay`, in seconds, makes its disk slow.

    Raises RuntimeError with what it printed.
    """
    if interface == "asgi":
        program = ["jentry.bench.slow", str(commit_delay)] if commit_delay else ["jentry"]
        command = [*program, "serve", "--port", "0", "--workers", str(workers)]
    else:
        command = [
            "gunicorn", "-c", "python:jentry.serving.gunicorn_conf", "-k", "gthread",
            "--threads", "8", "-w", str(workers), "-b", "127.0.0.1:0",
            "--log-level", "info", "jentry:create_app()",
        ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", *command],
        env=os.environ | UNLIMITED | {"JENTRY_DB": str(db_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    return Server(process, await_address(process))


def load(
    server: Server, target: Target, connections: int, seconds: float, **more: object
) -> dict[str, Any]:
    """Run a load client beside the server; its summary. `more` are options of the client."""
    options = {
        "url": server.url,
        "project": target.project_id,
        "key": target.public_key,
        "connections": connections,
        "seconds": seconds,
        **more,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "jentry.bench.load", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


def await_address(process: subprocess.Popen[str]) -> str:
    """The address in the first line that names one. Raises RuntimeError with what was printed."""
    assert process.stdout is not None  # noqa: S101
    printed = ""
    is_there = threading.Event()
    threading.Thread(target=_kill_late, args=(process, is_there), daemon=True).start()
    try:
        for line in process.stdout:
            printed += line
            for word in (word.strip("().,") for word in line.split()):
                if word.startswith("http://127.0.0.1:") and _answers(word, process):
                    return word
    finally:
        is_there.set()
    process.kill()
    raise RuntimeError(f"the server did not start:\n{printed}")


def _kill_late(process: subprocess.Popen[str], is_there: threading.Event) -> None:
    """A minute in which all processes were stopped, the server too, is one second here."""
    for _ in range(START_SECONDS):
        if is_there.wait(1):
            return
    process.kill()


def _answers(url: str, process: subprocess.Popen[str]) -> bool:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):  # noqa: S310
                return True
        except OSError:
            time.sleep(0.01)
    return False
