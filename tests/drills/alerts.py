"""The drill of alerts: kill -9 of the whole server between an event's 200 and its message.

Each event answered 200 must be told at least once. A second copy is allowed only of messages that
were on their way when the server died, and only by the same webhook-id.

    python -m tests.drills.alerts --rounds 50
"""

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import click

from jentry.cli.base import answer, json_option
from jentry.store import alert_channels, alert_rules, checks, connection, migrations, orgs, projects
from jentry.store.audit import Actor
from tests import receivers

MOST_WAIT = 60.0  # seconds at the end for what is left


@dataclass(frozen=True)
class Result:
    rounds: int
    acknowledged: int
    told: int
    lost: list[str]
    copies: int  # messages that came twice, by the same webhook-id
    twice: list[str]  # titles that were told by more than one webhook-id
    problems: list[str]


class Server:
    """`jentry serve`, with all it starts in one process group."""

    def __init__(self, path: Path) -> None:
        port = receivers.free_port()
        self.url = f"http://127.0.0.1:{port}"
        env = os.environ | {"JENTRY_ALLOW_PRIVATE": "127.0.0.0/8", "JENTRY_QUOTA_5MIN": "0"}
        words = [sys.executable, "-m", "jentry", "--db", str(path), "serve", "--port", str(port)]
        self.process = subprocess.Popen(
            words, env=env, start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.url}/healthz").read()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server does not start")

    def send(self, project: dict, title: str) -> None:
        event = {
            "event_id": secrets.token_hex(16), "message": title, "level": "error",
            "fingerprint": [title],
        }  # fmt: skip
        body = b'{}\n{"type": "event"}\n' + json.dumps(event).encode()
        address = f"{self.url}/api/{project['id']}/envelope/?sentry_key={project['public_key']}"
        urllib.request.urlopen(urllib.request.Request(address, body, method="POST")).read()

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def make(path: Path, url: str) -> dict:
    """An organization whose only rule tells a hook of each new issue at once."""
    migrations.prepare(path)
    db = connection.connect(path, write=True)
    with connection.transaction(db) as at:
        actor = Actor(orgs.create(db, "Drill", "drill", at, "cli")["id"], None, "cli")
        made = projects.create(db, actor, "Shop", "shop", "python", at)
        hook = {"name": "Hook", "kind": "webhook", "url": url, "digest_seconds": 0}
        channel, _ = alert_channels.create(db, actor, hook, at)
        rule = alert_rules.list_for(db, actor)[0]
        alert_rules.update(db, actor, rule["id"], {"channel_ids": [channel["id"]]}, at)
    db.close()
    return made


def drill(rounds: int) -> Result:
    chance = random.Random(rounds)
    acknowledged: set[str] = set()
    with (
        tempfile.TemporaryDirectory(prefix="jentry-alerts-") as folder,
        receivers.web_server() as (hook),
    ):
        path = Path(folder) / "jentry.db"
        project = make(path, hook.url)
        hook.delay = 0.2
        for number in range(rounds):
            server = Server(path)
            for each in range(chance.randint(1, 3)):
                title = f"round {number}, event {each}"
                server.send(project, title)
                acknowledged.add(title)
                time.sleep(chance.uniform(0, 0.4))
            time.sleep(chance.uniform(0, 2.0))
            server.kill()
            click.echo(
                f"round {number + 1}: {len(titles(hook))} of {len(acknowledged)} told", err=True
            )
        server = Server(path)
        began = time.monotonic()
        while acknowledged - set(titles(hook)) and time.monotonic() - began < MOST_WAIT:
            time.sleep(0.2)
        time.sleep(2)
        server.kill()
        problems = checks.problems_of(path)
        found = titles(hook)
        ids = Counter(headers["webhook-id"] for _, headers, _ in hook.posts)
    return Result(
        rounds, len(acknowledged), len(found), sorted(acknowledged - set(found)),
        sum(number - 1 for number in ids.values()),
        sorted(title for title, names in found.items() if len(names) > 1), problems,
    )  # fmt: skip


def titles(hook: receivers.Hook) -> dict[str, set[str]]:
    """What was told, and by which webhook-ids."""
    found: dict[str, set[str]] = {}
    for _, headers, body in list(hook.posts):
        for item in json.loads(body)["data"]["items"]:
            found.setdefault(item["issue"]["title"], set()).add(headers["webhook-id"])
    return found


@click.command()
@click.option("--rounds", default=50, show_default=True)
@json_option
def main(rounds: int, as_json: bool) -> None:
    result = drill(rounds)
    answer(as_json, vars(result), str(result))
    raise SystemExit(bool(result.lost or result.twice or result.problems))


if __name__ == "__main__":
    main()
