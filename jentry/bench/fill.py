"""A large file, made through the real path of an envelope: `Processor.process`, then `apply`.

Dictionaries are trained where a server would have done so, so that the size is that of real use.
"""

import contextlib
import json
import multiprocessing
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from zstandard import ZstdError

from jentry import clock
from jentry.bench.traffic import Template, event_ids, templates
from jentry.ingest import training
from jentry.ingest.processor import IngestRequest, Processor
from jentry.settings import Settings
from jentry.store import connection, dictionaries, migrations, orgs, projects
from jentry.store.apply import apply
from jentry.store.audit import Actor
from jentry.store.rows import Submission

DAYS = 89  # events are spread over them, oldest first
CHUNK = 500  # events a process opens at a time
BATCH = 200  # submissions in a transaction
SHAPES = 300  # different event bodies; issues differ by the name of their functions
RELEASES = 40  # of a project
EVENTS_A_SESSION = 5


@dataclass(frozen=True)
class Plan:
    path: Path
    events: int
    issues: int  # over all projects
    keys: tuple[tuple[int, str], ...]  # project id, public key
    began: datetime
    seed: int = 1


def fill(path: Path, events: int, issues: int, projects: int) -> Iterator[int]:
    """Add events to a file; yields how many are stored so far. Busy issues follow Zipf's law."""
    migrations.create(path)
    db = connection.connect(path, write=True)
    began = clock.now() - timedelta(days=DAYS)
    plan = Plan(path, events, issues, _projects(db, projects), began)
    context = multiprocessing.get_context("spawn")
    try:
        with context.Pool(initializer=_begin, initargs=(plan,)) as pool:
            for phase in _phases(plan):
                for submissions in pool.imap(_open, phase):
                    _store(db, submissions)
                    yield sum(len(submission.events) for submission in submissions)
                for project_id, _ in plan.keys:
                    with contextlib.suppress(ZstdError):
                        training.train(path, project_id)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close()


def _phases(plan: Plan) -> Iterator[list[tuple[int, int]]]:
    """Numbers of the phase and of the first event of each chunk; after a phase the projects have
    enough events for their next dictionaries.
    """
    number, start, end = 0, 0, 2 * dictionaries.FIRST * len(plan.keys)
    while start < plan.events:
        chunks = range(start, min(end, plan.events), CHUNK)
        yield [(number, first) for first in chunks]
        number, start, end = number + 1, chunks[-1] + CHUNK, dictionaries.GROWTH * end


def _store(db: connection.Connection, submissions: list[Submission]) -> None:
    for first in range(0, len(submissions), BATCH):
        with connection.transaction(db) as at:
            results = apply(db, submissions[first : first + BATCH], at)
        if any(result != training.STORED for result in results):
            raise RuntimeError("something else changes the file")


def _projects(db: connection.Connection, wanted: int) -> tuple[tuple[int, str], ...]:
    """Projects of the first organization; of our own, in a file that has none."""
    with connection.transaction(db) as at:
        found = orgs.list_all(db)
        org = found[0] if found else orgs.create(db, "Benchmark", None, at, "cli")
        actor = Actor(org["id"], None, "cli")
        made = [
            projects.create(db, actor, f"Filled {number}", None, "python", at)
            for number in range(1, wanted + 1)
        ]
    return tuple((project["id"], project["public_key"]) for project in made)


_plan: Plan
_processor: Processor
_phase: int


def _begin(plan: Plan) -> None:
    global _plan, _processor, _phase
    _plan, _phase = plan, 0
    _processor = Processor(Settings(db=plan.path, retention_days=DAYS + 2))


@cache
def _shapes() -> list[Template]:
    return templates(SHAPES, each=1)


def _open(chunk: tuple[int, int]) -> list[Submission]:
    """A phase number, and that of the first event."""
    global _phase
    phase, start = chunk
    if phase != _phase:
        _phase = phase
        _processor.forget()  # there are new dictionaries
    chance = random.Random(f"{_plan.seed}/{start}")
    ids = event_ids(_plan.seed * 10**9 + start)
    submissions = []
    for number in range(start, min(start + CHUNK, _plan.events)):
        issue = _zipf(chance, _plan.issues)
        project_id, key = _plan.keys[issue % len(_plan.keys)]
        at = _plan.began + timedelta(days=DAYS) * (number / _plan.events)
        body = _envelope(issue, next(ids), clock.timestamp(at), chance, number)
        headers = {"x-sentry-auth": f"Sentry sentry_key={key}"}
        processed = _processor.process(IngestRequest("envelope", headers, {}, project_id), body)
        if processed.submission is None or not processed.submission.events:
            raise RuntimeError(f"refused: {processed.reply}")
        processed.submission.limits = {}
        submissions.append(processed.submission)
    return submissions


def _zipf(chance: random.Random, issues: int) -> int:
    """0 is the busiest. The inverse of the continuous distribution with exponent 1."""
    return min(issues - 1, int(issues ** chance.random()) - 1)


def _envelope(
    issue: int, event_id: str, timestamp: str, chance: random.Random, number: int
) -> bytes:
    shape = _shapes()[issue % SHAPES]
    version = f"shop@2.{int(RELEASES * number / _plan.events)}.{issue % 3}"
    event = (
        shape.json(event_id, timestamp)
        .replace(f"_{shape.issue}".encode(), f"_{_word(issue)}".encode())
        .replace(b'"release": "shop@2.', f'"release": "{version}", "was": "'.encode(), 1)
    )
    lines = [b"{}", b'{"type":"event","length":%d}' % len(event), event]
    if number % EVENTS_A_SESSION == 0:
        status = chance.choices(("exited", "errored", "crashed"), (95, 4, 1))[0]
        session = {
            "sid": f"{chance.getrandbits(128):032x}",
            "init": True,
            "started": timestamp,
            "status": status,
            "attrs": {"release": version, "environment": "production"},
        }
        lines += [b'{"type":"session"}', json.dumps(session).encode()]
    return b"\n".join(lines)


def _word(number: int) -> str:
    """A number in letters: digits in names may be taken for generated ones."""
    letters = ""
    while True:
        letters += "bcdfghjklmnpqrstvwxz"[number % 20]
        number //= 20
        if not number:
            return letters
