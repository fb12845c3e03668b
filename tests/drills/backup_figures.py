"""What it takes to copy a large file away and back, such as one of `jentry bench fill`.

Each command alone, its time as a ratio to a plain copy of the same run, and its peak memory; then
those that may run beside a server, while events come in. The file itself is not changed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from jentry.bench import server
from jentry.cli.base import answer, json_option
from jentry.store import checks, connection, migrations, orgs

CONNECTIONS = 8
SECONDS = 15.0  # of the load before
COPIES = 3
MIB = 1024 * 1024
BESIDE = ("backup, packed", "backup, plain", "export")


def drill(filled: Path, rate: float, is_imported: bool) -> Iterator[dict[str, Any]]:
    """A row of each step, alone; of some also beside the load."""
    with tempfile.TemporaryDirectory(prefix="jentry-backup-", dir=filled.absolute().parent) as name:
        folder = Path(name)
        path = folder / "jentry.db"
        floor = sorted(_copied(filled, path) for _ in range(COPIES))[COPIES // 2]
        yield {"step": "copy", "seconds": round(floor, 1), "MiB": path.stat().st_size // MIB}

        def step(name: str, *words: object, made: Path | None = None) -> dict[str, Any]:
            seconds, memory = ran(words, path)
            size = made.stat().st_size // MIB if made else ""
            ratio = round(seconds / floor, 1)
            return {
                "step": name, "seconds": round(seconds, 1), "ratio": ratio, "MB": memory,
                "MiB": size,
            }  # fmt: skip

        if _is_older(path):
            yield step("upgrade", "migrate")
            yield step("rollback", "rollback", "--yes")
            yield step("upgrade again", "migrate")
        with closing(connection.connect(path)) as db:
            slug = orgs.list_all(db)[0]["slug"]
        steps = {
            "backup, plain": ("backup", folder / "plain.db"),
            "backup, packed": ("backup", folder / "packed.db.zst"),
            "export": ("export", "--org", slug, folder / "lines.zst"),
        }
        for name, words in steps.items():
            yield step(name, *words, made=Path(str(words[-1])))
        yield step("restore", "restore", "--db", folder / "restored.db", folder / "packed.db.zst")
        yield step("check", "check")
        yield from _meanwhile(path, rate, {name: steps[name] for name in BESIDE}, step)
        (folder / "restored.db").unlink()
        if is_imported:
            new = folder / "imported.db"
            yield step("import", "import", "--db", new, folder / "lines.zst", made=new)
            yield {"step": "import", "problems": checks.problems_of(new)}
        yield {"step": "all", "problems": checks.problems_of(path)}


def _meanwhile(
    path: Path,
    rate: float,
    steps: dict[str, tuple[object, ...]],
    step: Callable[..., dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    target = server.first_target(path)
    with server.running(path) as running:
        for seed, (name, words) in enumerate(steps.items()):
            Path(str(words[-1])).unlink()
            before = _load(running, target, SECONDS, rate, seed)
            row: dict[str, Any] = {}
            thread = threading.Thread(target=lambda: row.update(step(name, *words)))  # noqa: B023
            thread.start()
            during: list[dict[str, Any]] = []
            while thread.is_alive():
                during.append(_load(running, target, 5.0, rate, 1000 * (seed + 1) + len(during)))
            thread.join()
            yield row | {
                "beside": f"{rate:g}/s",
                "p99 before": before["p99"],
                "p99 meanwhile": max(one["p99"] for one in during),
                "slowest": max(one["slowest"] for one in during),
                "refused": sum(
                    number
                    for one in during
                    for status, number in one["statuses"].items()
                    if status != "200"
                ),
            }


def _load(
    running: server.Server, target: server.Target, seconds: float, rate: float, seed: int
) -> dict[str, Any]:
    return server.load(running, target, CONNECTIONS, seconds, rate=rate, seed=seed, issues=100)


def _copied(source: Path, copy: Path) -> float:
    """Seconds until it is on the disk."""
    copy.unlink(missing_ok=True)
    began = time.monotonic()
    shutil.copyfile(source, copy)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    return time.monotonic() - began


def _is_older(path: Path) -> bool:
    """Whether the file has to be upgraded."""
    try:
        migrations.require_current(path)
    except migrations.CannotOpen:
        return True
    return False


def ran(words: tuple[object, ...], path: Path) -> tuple[float, int]:
    """A command of jentry: seconds, and megabytes of its largest process."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "jentry", *map(str, words)],
        env=os.environ | {"JENTRY_DB": str(path)},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"jentry {words[0]} ended with {process.returncode}")
    return time.monotonic() - began, usage.ru_maxrss * 1024 // 1_000_000


@click.command()
@click.argument("filled", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rate", type=click.FloatRange(1), default=300.0, show_default=True)
@click.option("--import/--no-import", "is_imported", default=True, show_default=True)
@json_option
def main(filled: Path, rate: float, is_imported: bool, as_json: bool) -> None:
    """Upgrade, roll back, back up, restore, check, export and import a copy of a file."""
    rows = []
    for row in drill(filled, rate, is_imported):
        click.echo("  ".join(f"{name}: {value}" for name, value in row.items()), err=True)
        rows.append(row)
    answer(as_json, rows, "Done.")


if __name__ == "__main__":
    main()
