"""The drill of merging: events come in while issues are merged, taken apart, undone and split, and
the server is killed with kill -9, again and again.

After each kill `jentry check` must find nothing. Every event that was answered 200 is there and
counted, once; events, users, hours and releases of each issue, merged or not, are those of the
rows; each id that was ever seen leads to an issue. In the end what was begun is done, and each
issue is found by what its events have and by nothing else.
"""

import json
import random
import secrets
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from jentry import clock
from jentry.bench import server
from jentry.cli.base import answer, json_option
from jentry.errors import NotFound
from jentry.settings import Settings
from jentry.store import checks, connection, issue_list, issues
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.issue_list import Wanted
from jentry.upkeep import splits
from jentry.upkeep.job import Turn, Work

SENDERS, CHANGERS = 3, 2
KINDS, USERS, RELEASES = 24, 12, 3
MOST_EVENTS, MOST_CHANGES = 120, 24  # of a round, before the kill
PATIENCE = 300.0  # seconds of a round; a busy machine needs them
TIMEOUT = 300.0  # of a request
CHANGES = ("merge", "unmerge", "undo", "split")
COLUMNS = ("round", "acknowledged", "unanswered", *CHANGES, "issues", "parts", "lost", "problems")
ROW = "{:>5} {:>12} {:>10} {:>5} {:>7} {:>4} {:>5} {:>6} {:>5} {:>4} {:>8}"


@dataclass(frozen=True, slots=True)
class Sent:
    """What an event says. Its kind tells the group it comes to."""

    kind: int
    user: int
    release: int
    hour: str


@dataclass
class Round:
    number: int
    acknowledged: int = 0
    unanswered: int = 0  # sent, and nobody knows whether they are stored
    done: Counter[str] = field(default_factory=Counter)  # changes that were answered
    issues: int = 0
    parts: int = 0
    lost: int = 0
    problems: list[str] = field(default_factory=list)

    def row(self) -> tuple[object, ...]:
        changes = (self.done[name] for name in CHANGES)
        return (
            self.number, self.acknowledged, self.unanswered, *changes, self.issues, self.parts,
            self.lost, len(self.problems),
        )  # fmt: skip


@dataclass
class Known:
    """Of all rounds."""

    sent: dict[str, Sent] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    ids: set[int] = field(default_factory=set)
    operations: list[int] = field(default_factory=list)


class Caller:
    """One connection to the server."""

    def __init__(self, url: str) -> None:
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)

    def call(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Raises OSError, HTTPException when there is no answer."""
        sent = None if body is None else json.dumps(body)
        headers["Content-Type"] = "application/json"
        self.connection.request(method, path, sent, headers)
        answered = self.connection.getresponse()
        raw = answered.read()
        return answered.status, json.loads(raw) if raw.startswith(b"{") else {}


class Race:
    """Senders and changers against one server, until it is killed."""

    def __init__(
        self, url: str, target: server.Target, token: str, known: Known, found: Round
    ) -> None:
        self.url, self.target, self.known, self.found = url, target, known, found
        self.authorization = f"Bearer {token}"
        self.lock = threading.Lock()

    def run(self, kill: Callable[[], None], chance: random.Random) -> None:
        events, changes = chance.randint(20, MOST_EVENTS), chance.randint(4, MOST_CHANGES)
        jobs = [self._send] * SENDERS + [self._change] * CHANGERS
        threads = [
            threading.Thread(target=self._until_it_is_gone, args=(job, chance.random()))
            for job in jobs
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not (
            self.found.acknowledged >= events and self.found.done.total() >= changes
        ):
            time.sleep(0.01)
        kill()
        for thread in threads:
            thread.join()

    def _until_it_is_gone(self, job: Callable[[Caller, random.Random], None], seed: float) -> None:
        chance, caller = random.Random(seed), Caller(self.url)
        try:
            while True:
                job(caller, chance)
        except (OSError, HTTPException):
            pass
        except Exception as error:
            self._problem(f"{job.__name__}: {error!r}")

    def _problem(self, text: str) -> None:
        with self.lock:
            self.found.problems.append(text)

    def _send(self, caller: Caller, chance: random.Random) -> None:
        event_id, moment = secrets.token_hex(16), clock.now()
        said = Sent(
            chance.randrange(KINDS), chance.randrange(USERS), chance.randrange(RELEASES),
            clock.hour(clock.timestamp(moment)),
        )  # fmt: skip
        with self.lock:
            self.known.sent[event_id] = said
            self.found.unanswered += 1
        error = {"type": f"Kind{said.kind}", "value": "it broke"}
        event = {
            "event_id": event_id, "exception": {"values": [error]}, "user": {"id": str(said.user)},
            "release": f"web@{said.release}", "timestamp": clock.timestamp(moment),
            "tags": {"number": str(chance.randrange(5))},
        }  # fmt: skip
        auth = f"Sentry sentry_key={self.target.public_key}"
        path = f"/api/{self.target.project_id}/store/"
        status, _ = caller.call("POST", path, event, **{"X-Sentry-Auth": auth})
        if status == 200:
            with self.lock:
                self.known.acknowledged.add(event_id)
                self.found.acknowledged += 1
                self.found.unanswered -= 1
        elif status != 503:  # what is stored too slowly is told to come again
            self._problem(f"an event was answered {status}")

    def _change(self, caller: Caller, chance: random.Random) -> None:
        name = chance.choice(CHANGES)
        status, answered = getattr(self, f"_{name}")(caller, chance)
        if status in (200, 201):
            with self.lock:
                self.found.done[name] += 1
                if operation := answered["data"].get("operationId"):
                    self.known.operations.append(operation)
                if made := answered["data"].get("issueId"):
                    self.known.ids.add(made)
        elif status not in (0, 400, 404, 409, 429, 503):
            self._problem(f"{name} was answered {status}: {answered}")

    def _ask(
        self, caller: Caller, method: str, path: str, body: object = None
    ) -> tuple[int, dict[str, Any]]:
        return caller.call(method, f"/api/v1{path}", body, Authorization=self.authorization)

    def _rows(self, caller: Caller, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask(caller, "GET", path)[1].get("data", [])
        return found

    def _listed(self, caller: Caller) -> list[dict[str, Any]]:
        path = f"/projects/{self.target.project_id}/issues?status=all&limit=100"
        rows = self._rows(caller, path)
        with self.lock:
            self.known.ids |= {row["id"] for row in rows}
        return rows

    def _merge(self, caller: Caller, chance: random.Random) -> tuple[int, dict[str, Any]]:
        rows = self._listed(caller)
        if len(rows) < 2:
            return 0, {}
        target, *others = chance.sample(rows, min(chance.randint(2, 4), len(rows)))
        body = {"ids": [row["id"] for row in others], "mergeInto": target["id"]}
        return self._ask(caller, "PATCH", f"/projects/{self.target.project_id}/issues", body)

    def _merged(self, caller: Caller, chance: random.Random) -> int:
        """A merged issue, 0 when there is none."""
        rows = [row["id"] for row in self._listed(caller) if row["parts"]]
        return chance.choice(rows) if rows else 0

    def _unmerge(self, caller: Caller, chance: random.Random) -> tuple[int, dict[str, Any]]:
        whole = self._merged(caller, chance)
        parts = [row["id"] for row in self._rows(caller, f"/issues/{whole}/parts")]
        leaving = [part for part in parts if part != whole and chance.random() < 0.5]
        if not leaving:
            return 0, {}
        return self._ask(caller, "POST", f"/issues/{whole}/unmerge", {"parts": leaving})

    def _undo(self, caller: Caller, chance: random.Random) -> tuple[int, dict[str, Any]]:
        with self.lock:
            if not self.known.operations:
                return 0, {}
            operation = self.known.operations.pop(chance.randrange(len(self.known.operations)))
        return self._ask(caller, "POST", f"/operations/{operation}/undo")

    def _split(self, caller: Caller, chance: random.Random) -> tuple[int, dict[str, Any]]:
        whole = self._merged(caller, chance)
        hashes = [row["hash"] for row in self._rows(caller, f"/issues/{whole}/hashes")]
        if len(hashes) < 2:
            return 0, {}
        chosen = chance.sample(hashes, chance.randint(1, min(2, len(hashes) - 1)))
        return self._ask(caller, "POST", f"/issues/{whole}/split", {"hashes": chosen})


def drill(rounds: int, seed: int = 0) -> Iterator[Round]:
    """One file lives through all rounds. Yields what each has shown."""
    with tempfile.TemporaryDirectory(prefix="jentry-merging-") as folder:
        path, known = Path(folder) / "jentry.db", Known()
        target = server.make_target(path)
        token = server.make_token(path)
        for number in range(1, rounds + 1):
            found = Round(number)
            running = server.start(path)
            race = Race(running.url, target, token, known, found)
            race.run(running.kill, random.Random(f"{seed} {number}"))
            look(path, target.project_id, known, found)
            if number == rounds:
                finish(path, target.project_id, known, found)
            yield found


def look(path: Path, project_id: int, known: Known, found: Round) -> None:
    found.problems += checks.problems_of(path)
    with closing(connection.connect(path)) as db:
        stored = {row[0].hex() for row in db.execute("SELECT event_id FROM events")}
        (rows,) = db.execute("SELECT count(*) FROM events").fetchone()
        found.lost = len(known.acknowledged - stored)
        if rows != len(stored):
            found.problems.append(f"{rows - len(stored)} events are there twice")
        org = db.execute("SELECT org_id FROM projects WHERE id = ?", (project_id,)).fetchone()[0]
        actor = Actor(org, None, "cli")
        at = clock.timestamp(clock.now())
        for issue_id in sorted(known.ids):
            try:
                issues.get(db, actor, issue_id, at)
            except NotFound:
                found.problems.append(f"issue {issue_id} leads nowhere")
        wanted = Wanted(project_id=project_id, status="all", limit=1000)
        shown = issue_list.page(db, actor, wanted, at).rows
        (found.parts,) = db.execute("SELECT count(*) FROM issue_parts").fetchone()
        found.issues = len(shown)
        figures = _figures(db, known)
        for row in shown:
            theirs = figures.pop(row["id"], None)
            if theirs is None:
                if row["count"]:
                    found.problems.append(f"issue {row['id']} counts events that it has not")
            elif (row["count"], row["user_count"]) != (theirs.events, len(theirs.users)):
                found.problems.append(
                    f"issue {row['id']} counts {row['count']} events of {row['user_count']} users, "
                    f"not {theirs.events} of {len(theirs.users)}"
                )
        found.problems += [f"events of issue {key} are in no list" for key in sorted(figures)]
        found.problems += _differences(db, known)


@dataclass
class Figures:
    """What the rows of an issue's events come to."""

    events: int = 0
    users: set[int] = field(default_factory=set)
    kinds: set[int] = field(default_factory=set)
    hours: Counter[str] = field(default_factory=Counter)
    releases: Counter[str] = field(default_factory=Counter)

    def add(self, said: Sent) -> None:
        self.events += 1
        self.users.add(said.user)
        self.kinds.add(said.kind)
        self.hours[said.hour] += 1
        self.releases[f"web@{said.release}"] += 1


def _figures(
    db: Connection, known: Known, owner: str = "coalesce(m.issue_id, e.issue_id)"
) -> dict[int, Figures]:
    """Of each issue; merged ones as a whole, unless `owner` says otherwise."""
    found: dict[int, Figures] = defaultdict(Figures)
    rows = db.execute(
        f"""
        SELECT e.event_id, {owner} AS owner
        FROM events e LEFT JOIN issue_parts m ON m.part_id = e.issue_id
        """
    )
    for row in rows:
        found[row["owner"]].add(known.sent[row["event_id"].hex()])
    return dict(found)


def _differences(db: Connection, known: Known) -> list[str]:
    """Users, hours and releases of each part, or issue that is none."""
    counted: dict[str, dict[int, dict[str, int]]] = {
        "issue_hours": defaultdict(dict), "issue_releases": defaultdict(dict),
    }  # fmt: skip
    for row in db.execute("SELECT issue_id, hour, events FROM issue_hours"):
        counted["issue_hours"][row["issue_id"]][row["hour"]] = row["events"]
    rows = db.execute(
        """
        SELECT s.issue_id, r.version, s.events
        FROM issue_releases s JOIN releases r ON r.id = s.release_id
        """
    )
    for row in rows:
        counted["issue_releases"][row["issue_id"]][row["version"]] = row["events"]
    people = db.execute("SELECT issue_id, count(*) AS users FROM issue_users GROUP BY issue_id")
    users = {row["issue_id"]: row["users"] for row in people}
    figures = _figures(db, known, "e.issue_id")
    return [
        f"issue {issue_id}: {name} are not those of its events"
        for issue_id in sorted(figures.keys() | users.keys())
        for name, is_right in _compared(figures.get(issue_id, Figures()), issue_id, counted, users)
        if not is_right
    ]


def _compared(
    theirs: Figures,
    issue_id: int,
    counted: dict[str, dict[int, dict[str, int]]],
    users: dict[int, int],
) -> Iterator[tuple[str, bool]]:
    yield "users", users.get(issue_id, 0) == len(theirs.users)
    yield "hours", counted["issue_hours"].get(issue_id, {}) == dict(theirs.hours)
    yield "releases", counted["issue_releases"].get(issue_id, {}) == dict(theirs.releases)


def finish(path: Path, project_id: int, known: Known, found: Round) -> None:
    """What was begun is done; then searches find what the events say."""
    with closing(Work(Settings(db=path), Turn())) as work:
        splits.run(work)
    found.problems += [f"finished: {each}" for each in checks.problems_of(path)]
    with closing(connection.connect(path)) as db:
        org = db.execute("SELECT org_id FROM projects WHERE id = ?", (project_id,)).fetchone()[0]
        actor, at = Actor(org, None, "cli"), clock.timestamp(clock.now())
        figures = _figures(db, known)

        def check(search: str, expected: set[int]) -> None:
            wanted = Wanted(project_id=project_id, status="all", search=search, limit=1000)
            rows = {row["id"] for row in issue_list.page(db, actor, wanted, at).rows}
            if rows != expected:
                found.problems.append(f"{search} finds {sorted(rows)}, not {sorted(expected)}")

        for kind in range(KINDS):
            check(f"error.type:Kind{kind}", {n for n, one in figures.items() if kind in one.kinds})
        for user in range(USERS):
            check(f"user:{user}", {n for n, one in figures.items() if user in one.users})
        for release in range(RELEASES):
            name = f"web@{release}"
            check(f"release:{name}", {n for n, one in figures.items() if one.releases[name]})


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@json_option
@click.pass_context
def main(ctx: click.Context, rounds: int, seed: int, as_json: bool) -> None:
    """Kill the server while issues are merged, split and counted; exit 1 when anything is wrong."""
    click.echo(ROW.format(*COLUMNS), err=True)
    found = []
    for each in drill(rounds, seed):
        click.echo(ROW.format(*each.row()), err=True)
        for line in each.problems:
            click.echo(f"      {line}", err=True)
        found.append(each)
    problems = [line for each in found for line in each.problems]
    acknowledged, lost = sum(each.acknowledged for each in found), sum(each.lost for each in found)
    changes = sum((each.done for each in found), Counter[str]())
    result = {
        "rounds": rounds, "acknowledged": acknowledged, "lost": lost, "changes": dict(changes),
        "problems": problems,
    }  # fmt: skip
    answer(
        as_json,
        result,
        f"{rounds} kills: {acknowledged} events acknowledged, {lost} lost; "
        + ", ".join(f"{changes[name]} {name}" for name in CHANGES)
        + f"; {len(problems)} problems.",
    )
    ctx.exit(1 if problems or lost or not all(changes[name] for name in CHANGES) else 0)


if __name__ == "__main__":
    main()
