"""A disk that gets full under load, on a small tmpfs (root): what was acknowledged is stored.

With a budget it recovers although the disk stays full; without one when there is space again.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from jentry.bench import server
from jentry.cli.base import answer, json_option
from jentry.store import checks, connection

MIB = 1024 * 1024
SIZE = 160 * MIB
RESERVE = 8 * MIB
PATIENCE = 90.0


@contextmanager
def small_disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="jentry-full-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "jentry-drill", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def drill(budget: str, rate: float) -> dict[str, Any]:
    with small_disk() as folder:
        path = folder / "jentry.db"
        target = server.make_target(path)
        os.environ |= {"JENTRY_DISK_BUDGET": budget, "JENTRY_DISK_RESERVE": str(RESERVE)}
        with server.running(path) as running, _load(running, target, folder, rate) as sent:
            _wait(lambda: _events(path) > 200)
            ballast = folder / "ballast"
            _fill(ballast)
            _wait(lambda: not _is_ready(running) or budget != "0")
            red = _answer(f"{running.url}/readyz")
            reads = _answer(f"{running.url}/healthz")[0]
            stuck = _events(path)
            if budget == "0":
                ballast.unlink()
            _wait(lambda: _is_ready(running) and _events(path) > stuck + 200)
        acknowledged = len(set(sent.read_text().split()))
        counted = _events(path)
        sent.unlink()
        return {
            "budget": budget,
            "acknowledged": acknowledged,
            "counted": counted,
            "readyz": red,
            "healthz": reads,
            "problems": checks.problems_of(path),
        }


@contextmanager
def _load(
    running: server.Server, target: server.Target, folder: Path, rate: float
) -> Iterator[Path]:
    """Until the block ends: then the file with the ids that were answered 200."""
    sent = Path(tempfile.mkstemp(prefix="jentry-acknowledged-")[1])
    stop = False
    command = [
        sys.executable, "-m", "jentry.bench.load", "--url", running.url, "--project",
        str(target.project_id), "--key", target.public_key, "--connections", "4", "--rate",
        str(rate), "--seconds", str(PATIENCE), "--acknowledged", str(sent), "--seed",
        str(time.time_ns() % 10**6),
    ]  # fmt: skip
    load = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield sent
        stop = True
    finally:
        if not stop:
            load.kill()
        load.communicate(timeout=2 * PATIENCE)


def _fill(ballast: Path) -> None:
    """Until nothing fits any more."""
    with ballast.open("wb", buffering=0) as file:
        for size in (MIB, 4096):
            while True:
                try:
                    if file.write(b"x" * size) < size:
                        break
                except OSError:
                    break


def _events(path: Path) -> int:
    """Counted, kept or not."""
    db = connection.connect(path)
    try:
        found: int = db.execute("SELECT coalesce(sum(event_count), 0) FROM issues").fetchone()[0]
        return found
    finally:
        db.close()


def _answer(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as found:
            return found.status, found.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode().strip()


def _is_ready(running: server.Server) -> bool:
    return _answer(f"{running.url}/readyz")[0] == 200


def _wait(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it does not recover")
        time.sleep(0.2)


@click.command()
@click.option("--rate", type=click.FloatRange(1), default=100.0, show_default=True)
@json_option
@click.pass_context
def command(ctx: click.Context, rate: float, as_json: bool) -> None:
    """Fill a small disk under load, with a budget and without; needs root.

    Exit 1 when acknowledged events and counted ones differ, or the file is damaged.
    """
    if os.geteuid() or not shutil.which("mount"):
        raise click.UsageError("Only root can mount a small disk.")
    found = [drill(budget, rate) for budget in ("80%", "0")]
    lines = [f"budget {each['budget']}: {each}" for each in found]
    answer(as_json, found, *lines)
    ctx.exit(any(each["problems"] or each["counted"] < each["acknowledged"] for each in found))


if __name__ == "__main__":
    command()
