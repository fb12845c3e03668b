"""What upkeep costs on a large file, such as one of `jentry bench fill`: a copy of it is used.

Each part is done alone and beside events that come at a rate: how long a chunk holds the lock, CPU
of each event that goes, and how long events take meanwhile compared with before, in one run.
"""

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from jentry.bench import server
from jentry.cli.base import answer, json_option
from jentry.settings import Settings
from jentry.store import checks, connection, deletions, disk, orgs
from jentry.store.audit import Actor
from jentry.store.connection import Connection, transaction
from jentry.store.erasure import finding, records
from jentry.upkeep import budget
from jentry.upkeep import deletions as deletion_job
from jentry.upkeep.job import Turn, Work
from tests.drills.copies import copied

PARTS = ("eviction", "issue", "project", "person")
CONNECTIONS = 8
SECONDS = 15.0  # of the load before, and at a time meanwhile
SHARE = 1.0  # of what is used, as a budget: the reserve and the margin are then missing


class Timed(Turn):
    """It notes how long each chunk held the lock."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[float] = []

    @contextmanager
    def write(self, db: Connection) -> Iterator[str]:
        with self.rest():
            began = 0.0
            with transaction(db) as at:
                began = time.perf_counter()
                yield at
            self.held.append(1000 * (time.perf_counter() - began))


class Beside(threading.Thread):
    """Load, again and again, until it is ended."""

    def __init__(self, once: Callable[[int], dict[str, Any]]) -> None:
        super().__init__()
        self.once = once
        self.p99: list[float] = []
        self.is_over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.is_over.is_set():
            number += 1
            self.p99.append(self.once(number)["p99"])


def drill(filled: Path, parts: tuple[str, ...], rate: float) -> Iterator[dict[str, Any]]:
    """A row of each part, alone and beside the load."""
    with copied(filled) as path:
        target = server.first_target(path)
        os.environ |= {"JENTRY_DISK_BUDGET": "0"}
        for part in parts:
            yield measured(path, part, 0.0, None)
        with server.running(path) as running:
            for part in parts:

                def once(seed: int) -> dict[str, Any]:
                    return server.load(
                        running, target, CONNECTIONS, SECONDS, rate=rate, seed=seed, issues=100
                    )

                before = once(10_000)["p99"]
                beside = Beside(once)
                beside.start()
                time.sleep(3)  # it has its events ready
                yield measured(path, part, before, beside)
        yield {"problems": checks.problems_of(path)}


def measured(path: Path, part: str, before: float, beside: Beside | None) -> dict[str, Any]:
    turn = Timed()
    with closing(Work(_settings(path, part), turn)) as work:
        do = PREPARED[part](work)
        turn.held.clear()
        cpu, wall = time.process_time(), time.monotonic()
        number = do()
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    if beside:
        beside.is_over.set()
        beside.join()
    held = sorted(turn.held)
    row = {
        "part": part,
        "beside": "load" if beside else "-",
        "events": number,
        "seconds": round(wall, 1),
        "cpu": round(cpu, 1),
        "us": round(1e6 * cpu / max(number, 1)),
        "p50": round(statistics.median(held), 1),
        "p99": round(held[int(0.99 * (len(held) - 1))], 1),
    }
    if beside:
        p99 = statistics.median(beside.p99)
        row |= {"p99_before": before, "p99_meanwhile": p99, "ratio": round(p99 / before, 2)}
    return row


def _settings(path: Path, part: str) -> Settings:
    with closing(connection.connect(path)) as db:
        used = disk.measure(db, "0", 0).used
    wanted = str(int(SHARE * used)) if part == "eviction" else "0"
    return Settings(db=path, disk_budget=wanted, disk_reserve=disk.LOG_BYTES)


def _eviction(work: Work) -> Callable[[], int]:
    return lambda: budget.evict(work).events


def _of_most(kind: str) -> Callable[[Work], Callable[[], int]]:
    """Of an issue, or of another project than that of the load."""
    query = {
        "issue": """
            SELECT i.id, i.id AS word FROM issues i JOIN projects p ON p.id = i.project_id
            WHERE p.org_id = ? ORDER BY i.event_count DESC LIMIT 1
        """,
        "project": """
            SELECT id, slug AS word FROM projects WHERE org_id = ? ORDER BY id DESC LIMIT 1
        """,
    }[kind]

    def prepare(work: Work) -> Callable[[], int]:
        with work.writing() as (db, at):
            actor = Actor(orgs.list_all(db)[0]["id"], None, "cli")
            row = db.execute(query, (actor.org_id,)).fetchone()
            made = deletions.request(db, actor, kind, row["id"], str(row["word"]), at)

        def do() -> int:
            deletion_job.run(work)
            done: int = deletions.get(work.reading(), actor, made["id"])["done"]
            return done

        return do

    return prepare


def _person(work: Work) -> Callable[[], int]:
    with work.writing() as (db, at):
        actor = Actor(orgs.list_all(db)[0]["id"], None, "cli")
        erasure_id = records.request(db, actor, {"email": "nobody@person.test"}, at)["id"]

    def do() -> int:
        finding.run(work, erasure_id)
        scanned: int = records.get(work.reading(), actor, erasure_id)["scanned"]
        return scanned

    return do


PREPARED: dict[str, Callable[[Work], Callable[[], int]]] = {
    "eviction": _eviction,
    "issue": _of_most("issue"),
    "project": _of_most("project"),
    "person": _person,
}


@click.command()
@click.argument("filled", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True, default=PARTS)
@click.option("--rate", type=click.FloatRange(1), default=400.0, show_default=True)
@json_option
def main(filled: Path, parts: tuple[str, ...], rate: float, as_json: bool) -> None:
    """Evict, delete and look for a person in a copy of a file, alone and beside a load."""
    rows = []
    for row in drill(filled, parts, rate):
        click.echo(" ".join(f"{name}={value}" for name, value in row.items()), err=True)
        rows.append(row)
    answer(as_json, rows, "Done.")


if __name__ == "__main__":
    main()
