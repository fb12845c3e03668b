"""The deletion drill: kill -9 in the middle of deletions and erasures, again and again.

In each round events arrive, some of them of one person; then the person, an issue or a project goes
by the command line, which is killed at a moment of chance. After each kill `jentry check` must find
nothing. What was begun is then finished, and no byte of the person may be in the file.
"""

import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from jentry import create_app
from jentry.cli.base import answer, json_option
from jentry.settings import Settings
from jentry.store import checks, connection, migrations, orgs, projects
from jentry.store.audit import Actor
from jentry.upkeep import deletions, erasures
from jentry.upkeep.job import Turn, Work

PERSON = "jane.roe@person.test"
EVENTS = 150  # of a round
SLUG, ORG = "web", "drill"


def drill(rounds: int) -> Iterator[tuple[str, bool, list[str]]]:
    """Of each round what was deleted, whether the command was killed, and what was wrong."""
    chance = random.Random(rounds)
    with tempfile.TemporaryDirectory(prefix="jentry-deletion-") as folder:
        path = Path(folder) / "jentry.db"
        migrations.create(path)
        with closing(connection.connect(path, write=True)) as db, connection.transaction(db) as at:
            orgs.create(db, ORG, ORG, at, "cli")
        for number in range(rounds):
            kind = ("person", "issue", "project")[number % 3]
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                issue_id = pool.apply(fill, (path,))  # else our reading would drop its locks
            was_killed = run(path, command(kind, issue_id), chance.uniform(0.4, 1.6))
            problems = checks.problems_of(path)
            finish(path, kind)
            problems += checks.problems_of(path) + left(path, kind, issue_id)
            yield kind, was_killed, problems


def fill(path: Path) -> int:
    """Events of the project, made if it is not there; the id of one of its issues."""
    with closing(connection.connect(path, write=True)) as db, connection.transaction(db) as at:
        actor = Actor(orgs.by_slug(db, ORG)["id"], None, "cli")
        project = projects.named(db, actor, SLUG, SLUG)
        project = project or projects.create(db, actor, SLUG, SLUG, None, at)
    app = create_app(Settings(db=path, quota_5min=0, quota_hour=0))
    client = app.test_client()
    address = f"/api/{project['id']}/envelope/?sentry_key={project['public_key']}"
    for number in range(EVENTS):
        file = b'{"type":"attachment","length":5,"filename":"a"}\nhello\n'
        line = json.dumps(event(number)).encode()
        sent = client.post(address, data=b'{}\n{"type":"event"}\n' + line + b"\n" + file)
        assert sent.status_code == 200, sent.text
    app.extensions["writer"].close()
    with closing(connection.connect(path)) as db:
        found: int = db.execute(
            "SELECT max(id) FROM issues WHERE project_id = ?", (project["id"],)
        ).fetchone()[0]
    return found


def event(number: int) -> dict[str, Any]:
    frame = {"function": f"f{number % 5}", "module": "shop", "in_app": True}
    is_theirs = number % 3 == 0
    return {
        "exception": {
            "values": [{"type": "E", "value": f"no {number}", "stacktrace": {"frames": [frame]}}]
        },
        "user": {"email": PERSON} if is_theirs else {"id": str(number % 40)},
        "message": f"asked {PERSON}" if number % 7 == 0 else "asked",
        "tags": {"asked": PERSON} if number % 11 == 0 else {},
        "release": f"web@{number % 4}",
    }


def command(kind: str, issue_id: int) -> list[str]:
    return {
        "person": ["erase", "--org", ORG, "--email", PERSON, "--yes"],
        "issue": ["issue", "delete", str(issue_id), "--confirm", str(issue_id)],
        "project": ["project", "delete", SLUG, "--org", ORG, "--confirm", SLUG],
    }[kind]


def run(path: Path, words: list[str], seconds: float) -> bool:
    """Whether the command was killed before it ended by itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from jentry.cli import main; main()", *words],
        env=os.environ | {"JENTRY_DB": str(path)},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not _has_begun(path) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    try:
        process.wait(timeout=seconds / 10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def _has_begun(path: Path) -> bool:
    with closing(connection.connect(path)) as db:
        running = """
            SELECT (SELECT count(*) FROM deletions WHERE finished_at IS NULL)
                 + (SELECT count(*) FROM erasures WHERE state = 'erasing')
        """
        return bool(db.execute(running).fetchone()[0])


def finish(path: Path, kind: str) -> None:
    """What the server does; a person whose erasure was not begun is erased now."""
    with closing(Work(Settings(db=path), Turn())) as work:
        deletions.run(work)
        erasures.run(work)
    if kind == "person":
        run(path, command(kind, 0), 600)


def left(path: Path, kind: str, issue_id: int) -> list[str]:
    with closing(connection.connect(path)) as db:
        if (
            kind == "issue"
            and db.execute("SELECT 1 FROM issues WHERE id = ?", (issue_id,)).fetchone()
        ):
            return [f"issue {issue_id} is there"]
        if kind == "project" and db.execute("SELECT 1 FROM events").fetchone():
            return ["events of the project are there"]
    raw = b"".join(each.read_bytes() for each in path.parent.iterdir())
    return ["the person is in the file"] if kind == "person" and PERSON.encode() in raw else []


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True)
@json_option
@click.pass_context
def main(ctx: click.Context, rounds: int, as_json: bool) -> None:
    """Kill deletions and erasures; exit 1 when a file was not sound, or something was left."""
    found = list(drill(rounds))
    problems = [f"round {n}, {kind}: {p}" for n, (kind, _, all_) in enumerate(found) for p in all_]
    kills = sum(was_killed for _, was_killed, _ in found)
    result = {"rounds": rounds, "killed": kills, "problems": problems}
    answer(
        as_json, result, f"{rounds} rounds, {kills} killed: {len(problems)} problems.", *problems
    )
    ctx.exit(1 if problems or not kills else 0)


if __name__ == "__main__":
    main()
