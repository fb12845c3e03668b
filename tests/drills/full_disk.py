"""A disk that gets full under load (root): what was acknowledged is stored.

On a small tmpfs and on ext4 in a loop device. With a budget it recovers although the disk stays
full; without one when there is space again. A quota, and a file system that turns read-only, are
made of a library that refuses to write with their error as long as a file is there (it needs cc).
"""

import errno
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
from jentry.store.engines.errors import BROKEN, DISK_FULL

MIB = 1024 * 1024
SIZE = 160 * MIB
RESERVE = 8 * MIB
PATIENCE = 90.0
LOAD_SECONDS = 45.0
REFUSALS = {
    "quota": (errno.EDQUOT, DISK_FULL),
    "read-only": (errno.EROFS, BROKEN),
}
DISKS = ("tmpfs", "loop", *REFUSALS)


REFUSING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#define REFUSE(fd) if (is_full(fd)) { errno = atoi(getenv("REFUSED_WITH")); return -1; }
static int is_full(int fd) {
    struct stat file, sign;  /* of the same disk */
    return !stat(getenv("REFUSED"), &sign) && !fstat(fd, &file) && file.st_dev == sign.st_dev;
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    REFUSE(fd)
    return real(fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return pwrite64(fd, data, size, at);
}
ssize_t write(int fd, const void *data, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    REFUSE(fd)
    return real(fd, data, size);
}
"""


@contextmanager
def small_disk(kind: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="jentry-full-"))
    image = folder.with_suffix(".img")
    if kind == "loop":
        with image.open("wb") as file:
            file.truncate(SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
        mount = ["mount", "-o", "loop", str(image), str(folder)]
    else:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "jentry-drill", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()
        image.unlink(missing_ok=True)


def drill(kind: str, budget: str, rate: float) -> dict[str, Any]:
    with small_disk(kind) as folder:
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
        return _result(kind, budget, path, sent, red, reads)


def refusal(kind: str, rate: float) -> dict[str, Any]:
    """The reason is told, and it is over when the disk takes something again."""
    number, words = REFUSALS[kind]
    with small_disk("tmpfs") as folder:
        path, refused = folder / "jentry.db", folder / "refused"
        target = server.make_target(path)
        library = folder / "refusing.so"
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library), "-ldl"],
            input=REFUSING.encode(), check=True,
        )  # fmt: skip
        more = {"JENTRY_DISK_BUDGET": "0", "REFUSED": str(refused), "REFUSED_WITH": str(number)}
        os.environ |= more | {"LD_PRELOAD": str(library)}
        with server.running(path) as running:
            del os.environ["LD_PRELOAD"]
            with _load(running, target, folder, rate) as sent:
                _wait(lambda: _events(path) > 200)
                refused.touch()
                _wait(lambda: not _is_ready(running))
                red = _answer(f"{running.url}/readyz")
                reads = _answer(f"{running.url}/healthz")[0]
                stuck = _events(path)
                refused.unlink()
                _wait(lambda: _is_ready(running) and _events(path) > stuck + 200)
        found = _result(kind, "0", path, sent, red, reads)
        if words not in red[1]:
            found["problems"].append(f"/readyz says {red[1]}")
        return found


def _result(
    kind: str, budget: str, path: Path, sent: Path, red: tuple[int, str], reads: int
) -> dict[str, Any]:
    acknowledged = len(set(sent.read_text().split()))
    sent.unlink()
    return {
        "disk": kind,
        "budget": budget,
        "acknowledged": acknowledged,
        "counted": _events(path),
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
        str(rate), "--seconds", str(LOAD_SECONDS), "--acknowledged", str(sent), "--seed",
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


def _all(disks: tuple[str, ...], rate: float) -> Iterator[dict[str, Any]]:
    for kind in disks:
        if kind in REFUSALS:
            yield refusal(kind, rate)
        else:
            for budget in ("80%", "0"):
                yield drill(kind, budget, rate)


@click.command()
@click.option("--rate", type=click.FloatRange(1), default=100.0, show_default=True)
@click.option("--disk", "disks", type=click.Choice(DISKS), multiple=True, default=DISKS)
@json_option
@click.pass_context
def command(ctx: click.Context, rate: float, disks: tuple[str, ...], as_json: bool) -> None:
    """Fill small disks under load, with a budget and without; needs root.

    Exit 1 when acknowledged events and counted ones differ, or a file is damaged.
    """
    if os.geteuid() or not shutil.which("mount"):
        raise click.UsageError("Only root can mount a small disk.")
    found = []
    for each in _all(disks, rate):
        click.echo(" ".join(f"{name}={value}" for name, value in each.items()), err=True)
        found.append(each)
    answer(as_json, found, f"{len(found)} disks were filled.")
    ctx.exit(any(each["problems"] or each["counted"] < each["acknowledged"] for each in found))


if __name__ == "__main__":
    command()
