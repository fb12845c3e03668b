"""The drill of what upkeep takes away: kill -9 in the middle, again and again.

Four kinds of work, each alone (`jentry upkeep` or `jentry prune` on a file without a server) and
beside a server under load, where all that runs is killed. After each kill `jentry check` must find
nothing, and what was acknowledged must be counted. In the end all of it is finished, and no byte
of a person that was erased may be in the files.
"""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from jentry import create_app
from jentry.bench import fill, server
from jentry.cli.base import answer, json_option
from jentry.settings import Settings
from jentry.store import checks, connection, deletions, disk, orgs, projects, upkeep
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.erasure import finding, records
from jentry.upkeep import deletions as deletion_job
from jentry.upkeep import erasures as erasure_job
from jentry.upkeep.job import Turn, Work

KINDS = ("eviction", "deletion", "erasure", "prune")
BESIDE = {"nothing": (False,), "load": (True,), "both": (False, True)}
PROJECTS, ISSUES = 6, 60
OF_A_PERSON = 40  # events
PATIENCE = 10.0  # seconds until the work is seen to go on
MOST_LATER = 0.15  # seconds from then to the kill; with load, so that some of it is answered:
MOST_LATER_LOADED = 0.8
RESERVE = 48 * disk.MIB  # so that even a small file meets the smallest budget
LEAST_BUDGET = 64 * disk.MIB
RATE = 100  # events a second, beside it
COLUMNS = ("work", "beside", "kills", "in the middle", "acknowledged", "lost", "problems")
ROW = "{:<9} {:<6} {:>6} {:>14} {:>13} {:>5} {:>9}"


@dataclass
class Cell:
    """What one kind of work has shown."""

    kind: str
    is_loaded: bool
    kills: int = 0
    in_the_middle: int = 0
    acknowledged: int = 0
    lost: int = 0
    problems: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()  # that were to be erased

    def row(self) -> tuple[object, ...]:
        beside = "load" if self.is_loaded else "-"
        counts = (self.kills, self.in_the_middle, self.acknowledged, self.lost)
        return self.kind, beside, *counts, len(self.problems)


def drill(
    rounds: int, events: int, kinds: tuple[str, ...], loads: tuple[bool, ...]
) -> Iterator[Cell]:
    with tempfile.TemporaryDirectory(prefix="jentry-kill-upkeep-") as folder:
        base = Path(folder) / "base.db"
        spawned = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, spawned) as pool:  # its locks go with it
            target = pool.submit(prepare, base, events, rounds).result()
        for kind in kinds:
            for is_loaded in loads:
                path = Path(folder) / f"{kind}-{is_loaded}" / "jentry.db"
                path.parent.mkdir()
                path.write_bytes(base.read_bytes())
                cell = Cell(kind, is_loaded)
                for number in range(rounds):
                    _Round(path, target, cell, number).run()
                finish(path, cell)
                yield cell


def prepare(path: Path, events: int, persons: int) -> server.Target:
    """Events of customers in some projects, and in the load's own those of persons."""
    for _ in fill.fill(path, events, ISSUES, PROJECTS):
        pass
    with closing(connection.connect(path, write=True)) as db:
        org_id = orgs.list_all(db)[0]["id"]
    target = _add_project(path, org_id)
    app = create_app(Settings(db=path, quota_5min=0, quota_hour=0, disk_budget="0"))
    client = app.test_client()
    address = f"/api/{target.project_id}/envelope/?sentry_key={target.public_key}"
    for number in range(persons * OF_A_PERSON):
        line = json.dumps(event(number // OF_A_PERSON, number)).encode()
        file = b'{"type":"attachment","length":5,"filename":"a"}\nhello\n'
        sent = client.post(address, data=b'{}\n{"type":"event"}\n' + line + b"\n" + file)
        assert sent.status_code == 200, sent.text
    app.extensions["writer"].close()
    with closing(connection.connect(path, write=True)) as db:
        assert db.empty_log()
    return target


def _add_project(path: Path, org_id: int) -> server.Target:
    with closing(connection.connect(path, write=True)) as db, connection.transaction(db) as at:
        made = projects.create(db, Actor(org_id, None, "cli"), "Load", None, None, at)
    return server.Target(made["id"], made["public_key"])


def mail(person: int) -> str:
    return f"jane.roe{person}@person.test"


def event(person: int, number: int) -> dict[str, Any]:
    frame = {"function": f"f{number % 5}", "module": "shop", "in_app": True}
    error = {"type": "E", "value": f"no {number}", "stacktrace": {"frames": [frame]}}
    is_theirs = number % 3 == 0
    return {
        "exception": {"values": [error]},
        "user": {"email": mail(person)} if is_theirs else {"id": str(number % 40)},
        "message": f"asked {mail(person)}" if number % 7 == 0 else "asked",
        "tags": {"asked": mail(person)} if number % 11 == 0 else {},
        "release": f"web@{number % 4}",
    }


class _Round:
    """Something to do is asked for; whoever does it is killed when it is seen to go on."""

    def __init__(self, path: Path, target: server.Target, cell: Cell, number: int) -> None:
        self.path, self.target, self.cell, self.number = path, target, cell, number
        self.chance = random.Random(f"{cell.kind} {cell.is_loaded} {number}")
        self.budget = "0"

    def run(self) -> None:
        self._ask()
        before = _counted(self.path, self.target)
        seen = _progress(self.path)
        processes, load, answered = self._start()
        deadline = time.monotonic() + PATIENCE
        while _progress(self.path) == seen and time.monotonic() < deadline:
            time.sleep(0.003)
        time.sleep(self.chance.uniform(0, MOST_LATER_LOADED if load else MOST_LATER))
        is_running = processes[-1].poll() is None
        for process in processes[::-1]:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if process is not processes[0]:
                self._look("beside the server")
        self.cell.kills += is_running
        self.cell.in_the_middle += is_running and self._is_unfinished()
        self._look("at rest")
        if load and answered:
            load.communicate(timeout=60)
            acknowledged = len(set(answered.read_text().split()))
            self.cell.acknowledged += acknowledged
            self.cell.lost += max(acknowledged - _counted(self.path, self.target) + before, 0)

    def _ask(self) -> None:
        if self.cell.kind in ("eviction", "prune"):
            with closing(connection.connect(self.path)) as db:
                now = disk.measure(db, "0", 0)
            self.budget = str(max(int((now.used + RESERVE) * 16 / 15), LEAST_BUDGET))
        elif self.cell.kind == "deletion":
            ask_deletion(self.path, self.target, self.number)
        else:
            self.cell.persons += ask_erasure(self.path, self.number)

    def _start(
        self,
    ) -> tuple[list[subprocess.Popen[str]], subprocess.Popen[bytes] | None, Path | None]:
        """The processes to be killed, the last one first; the load, and where its ids will be."""
        is_prune = self.cell.kind == "prune"
        os.environ |= {
            "JENTRY_DB": str(self.path),
            "JENTRY_DISK_RESERVE": str(RESERVE),
            "JENTRY_DISK_BUDGET": "0" if is_prune else self.budget,
        }
        load, answered, processes = None, None, []
        if self.cell.is_loaded:
            running = server.start(self.path)
            processes.append(running.process)
            answered = self.path.with_name("acknowledged.txt")
            load = _load(running.url, self.target, answered, self.number)
        if is_prune:
            processes.append(_jentry("prune", "--budget", self.budget))
        elif not self.cell.is_loaded:
            processes.append(_jentry("upkeep"))
        return processes, load, answered

    def _is_unfinished(self) -> bool:
        kind = self.cell.kind
        with closing(connection.connect(self.path)) as db:
            if kind == "deletion":
                return _is_any(db, "SELECT 1 FROM deletions WHERE finished_at IS NULL")
            if kind == "erasure":
                return _is_any(db, "SELECT 1 FROM erasures WHERE state = 'erasing'")
            now = disk.measure(db, self.budget, RESERVE)
            return now.budget is not None and now.room < now.budget // 8

    def _look(self, when: str) -> None:
        found = checks.problems_of(self.path)
        self.cell.problems += tuple(f"kill {self.number}, {when}: {each}" for each in found)


def ask_deletion(path: Path, target: server.Target, number: int) -> None:
    """Of the issue with most events, now and then of its project; unless one is still going on."""
    with closing(connection.connect(path, write=True)) as db, connection.transaction(db) as at:
        if _is_any(db, "SELECT 1 FROM deletions WHERE finished_at IS NULL"):
            return
        actor = Actor(orgs.list_all(db)[0]["id"], None, "cli")
        row = db.execute(
            """
            SELECT i.id, i.project_id, p.slug
            FROM issues i JOIN projects p ON p.id = i.project_id
            WHERE p.org_id = ? AND p.id <> ? ORDER BY i.event_count DESC LIMIT 1
            """,
            (actor.org_id, target.project_id),
        ).fetchone()
        if number % 4 == 1:
            deletions.request(db, actor, "project", row["project_id"], row["slug"], at)
        else:
            deletions.request(db, actor, "issue", row["id"], str(row["id"]), at)


def ask_erasure(path: Path, number: int) -> tuple[str, ...]:
    """Of the next person, as far as the confirmation: who it is; nobody while one goes on."""
    with closing(connection.connect(path, write=True)) as db, connection.transaction(db) as at:
        if _is_any(db, "SELECT 1 FROM erasures WHERE state = 'erasing'"):
            return ()
        actor = Actor(orgs.list_all(db)[0]["id"], None, "cli")
        erasure_id = records.request(db, actor, {"email": mail(number)}, at)["id"]
    with closing(Work(Settings(db=path), Turn())) as work:
        finding.run(work, erasure_id)
        with work.writing() as (db, at):
            records.confirm(db, actor, erasure_id, at)
    return (mail(number),)


def _jentry(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "jentry", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )


def _load(
    url: str, target: server.Target, answered: Path, number: int
) -> "subprocess.Popen[bytes]":
    """It ends some seconds after its server is gone."""
    load = subprocess.Popen(
        [
            sys.executable, "-m", "jentry.bench.load", "--url", url, "--project",
            str(target.project_id), "--key", target.public_key, "--connections", "8", "--rate",
            str(RATE), "--issues", "40", "--seconds", "5", "--seed", str(time.time_ns() % 10**9),
            "--acknowledged", str(answered),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert load.stdout is not None
    load.stdout.readline()  # it has its events ready and begins to send
    return load


def _progress(path: Path) -> tuple[int, ...]:
    """Changes with each chunk of what goes."""
    with closing(connection.connect(path)) as db:
        row = db.execute(
            """
            SELECT (SELECT coalesce(sum(events), 0) FROM issue_evictions),
                   (SELECT coalesce(sum(done), 0) FROM deletions),
                   (SELECT count(*) FROM deletions WHERE finished_at IS NULL),
                   (SELECT count(*) FROM erasure_finds),
                   (SELECT count(*) FROM erasures WHERE state = 'erasing')
            """
        ).fetchone()
        return tuple(row)


def _counted(path: Path, target: server.Target) -> int:
    """Events that have come to the project of the load, kept or not."""
    with closing(connection.connect(path)) as db:
        (found,) = db.execute(
            "SELECT coalesce(sum(event_count), 0) FROM issues WHERE project_id = ?",
            (target.project_id,),
        ).fetchone()
        return int(found)


def _is_any(db: Connection, query: str) -> bool:
    return db.execute(query).fetchone() is not None


def finish(path: Path, cell: Cell) -> None:
    """What was begun is done; whoever was erased is nowhere in the files."""
    with closing(Work(Settings(db=path), Turn())) as work:
        deletion_job.run(work)
        erasure_job.run(work)
        unfinished = _is_any(
            work.reading(), "SELECT 1 FROM erasures WHERE state <> 'done'"
        ) or _is_any(work.reading(), "SELECT 1 FROM deletions WHERE finished_at IS NULL")
    assert not upkeep.is_looked_after(path)
    cell.problems += tuple(f"finished: {each}" for each in checks.problems_of(path))
    cell.problems += ("it cannot be finished",) if unfinished else ()
    raw = b"".join(each.read_bytes() for each in path.parent.iterdir())
    found = [person for person in cell.persons if person.encode() in raw]
    cell.problems += tuple(f"{person} is in the files" for person in found)


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True)
@click.option("--events", type=click.IntRange(5000), default=10_000, show_default=True)
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, default=KINDS)
@click.option("--beside", type=click.Choice(tuple(BESIDE)), default="both", show_default=True)
@json_option
@click.pass_context
def main(
    ctx: click.Context,
    rounds: int,
    events: int,
    kinds: tuple[str, ...],
    beside: str,
    as_json: bool,
) -> None:
    """Kill eviction, deletions, erasures and prune; exit 1 when anything is not as it must be."""
    click.echo(ROW.format(*COLUMNS), err=True)
    cells = []
    for cell in drill(rounds, events, kinds, BESIDE[beside]):
        click.echo(ROW.format(*cell.row()), err=True)
        cells.append(cell)
    problems = [f"{each.kind}: {line}" for each in cells for line in each.problems]
    kills, lost = sum(each.kills for each in cells), sum(each.lost for each in cells)
    result = {"cells": [vars(each) for each in cells]}
    answer(as_json, result, f"{kills} kills: {len(problems)} problems, {lost} lost.", *problems)
    ctx.exit(1 if problems or lost or not all(each.in_the_middle for each in cells) else 0)


if __name__ == "__main__":
    main()
