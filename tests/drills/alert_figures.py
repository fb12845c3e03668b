"""The figures of alerts, in the real thing: `python -m tests.drills.alert_figures [NAME …]`.

Alone on a machine; the receivers run on it too. `million` wants `--file`, a copy that may be
migrated, as `jentry bench fill` makes it.
"""

import itertools
import json
import secrets
import statistics
import tempfile
import threading
import time
import urllib.request
from contextlib import closing
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import click

from jentry import clock
from jentry.alerts import dry_run
from jentry.alerts.notifier import Notifier
from jentry.alerts.sender import Senders
from jentry.mail_server import MailServer
from jentry.schemas.alert_rules import DRY_RUN
from jentry.settings import Settings
from jentry.store import (
    alert_channels,
    alert_rules,
    connection,
    mail_contents,
    migrations,
    monitors,
    orgs,
    outbox,
    projects,
    users,
)
from jentry.store.apply import apply
from jentry.store.audit import Actor
from jentry.store.rows import Submission
from tests import receivers
from tests.rows import event
from tests.servers import serving

RULES = (
    {"kind": "new_issue"}, {"kind": "regressed"}, {"kind": "escalating"}, {"kind": "recovered"},
    {"kind": "quota"}, {"kind": "users", "more_than": 10**6},
    {"kind": "frequency", "more_than": 10**8, "window_seconds": 300},
    {"kind": "frequency", "more_than": 10**8, "window_seconds": 3600},
    {"kind": "crash_free", "below": 1.0, "window_seconds": 3600, "min_sessions": 50},
    {"kind": "users", "more_than": 10**7},
)  # fmt: skip
ISSUES, BATCH, ROUNDS = 200, 50, 60


class File:
    """A new database with an organization, a project and channels."""

    def __init__(self, folder: str, name: str, **channel) -> None:
        self.path = Path(folder) / name
        migrations.prepare(self.path)
        self.db = connection.connect(self.path, write=True)
        with connection.transaction(self.db) as at:
            self.org = orgs.create(self.db, "Figures", "figures", at, "cli")["id"]
            self.actor = Actor(self.org, None, "cli")
            self.project = projects.create(self.db, self.actor, "Shop", "shop", "python", at)
            (self.rule,) = alert_rules.list_for(self.db, self.actor)
            if channel:
                self.channel, _ = alert_channels.create(
                    self.db, self.actor, {"name": "Figures"} | channel, at
                )
                change = {"channel_ids": [self.channel["id"]]}
                alert_rules.update(self.db, self.actor, self.rule["id"], change, at)
        self.key = self.db.execute("SELECT id FROM client_keys").fetchone()[0]
        self.numbers = itertools.count(1)

    def add_rules(self) -> None:
        with connection.transaction(self.db) as at:
            for number, condition in enumerate(RULES):
                rule = {
                    "name": f"Rule {number}", "project_ids": None, "filter": {},
                    "throttle_seconds": 1800, "is_active": True, "conditions": [condition],
                    "channel_ids": self.rule["channel_ids"],
                }  # fmt: skip
                alert_rules.create(self.db, self.actor, rule, at)

    def rows(self, names: list[str]) -> list[Submission]:
        """An event of each issue; the name is its title and hash."""
        at = clock.timestamp(clock.now())
        (version,) = self.db.execute("SELECT config_version FROM instance").fetchone()
        return [
            Submission(
                self.project["id"], self.key, version, at,
                events=[event(next(self.numbers), timestamp=at, title=name, search=name,
                              hash=name.encode()[:32].ljust(32))],
            )
            for name in names
        ]  # fmt: skip

    def store(self, rows: list[Submission]) -> float:
        """The CPU of it."""
        began = time.thread_time()
        with connection.transaction(self.db) as at:
            apply(self.db, rows, at)
        return time.thread_time() - began


def ratio(folder: str) -> dict:
    """Ingestion with ten rules of all kinds : without any, interleaved, ordinary events."""
    bare, ruled = File(folder, "bare.db"), File(folder, "ruled.db", kind="email", to=["members"])
    with connection.transaction(bare.db) as at:
        alert_rules.delete(bare.db, bare.actor, bare.rule["id"], at)
    ruled.add_rules()
    names = [f"Issue {number}" for number in range(ISSUES)]
    for file in (bare, ruled):
        file.store(file.rows(names))
        file.db.execute("DELETE FROM happenings")
    spent = {"bare": [], "ruled": []}
    for number in range(ROUNDS * 4):
        chosen = [names[(number * BATCH + each) % ISSUES] for each in range(BATCH)]
        pairs = [("bare", bare), ("ruled", ruled)][:: 1 if number % 2 else -1]
        for name, file in pairs:
            spent[name].append(file.store(file.rows(chosen)))
    noted = ruled.db.execute("SELECT count(*) FROM happenings").fetchone()[0]
    least = {name: statistics.median(times) / BATCH * 1e6 for name, times in spent.items()}
    return {
        "ratio": round(least["bare"] / least["ruled"], 4), "microseconds an event": least,
        "ratio of the minima": round(min(spent["bare"]) / min(spent["ruled"]), 4),
        "happenings of ordinary events": noted,
    }  # fmt: skip


class Client:
    def __init__(self, url: str, file: File) -> None:
        project = file.project
        self.address = f"{url}/api/{project['id']}/envelope/?sentry_key={project['public_key']}"

    def send(self, title: str) -> float:
        """When it was answered."""
        said = {"event_id": secrets.token_hex(16), "message": title, "level": "error",
                "fingerprint": [title]}  # fmt: skip
        body = b'{}\n{"type": "event"}\n' + json.dumps(said).encode()
        urllib.request.urlopen(urllib.request.Request(self.address, body, method="POST")).read()
        return time.monotonic()


def latency(folder: str) -> dict:
    """From the answer 200 to the receiver, of a channel without digest, mail and hook."""
    found = {}
    with receivers.mail_server() as box, receivers.web_server() as hook:
        for kind, channel, told in (
            ("mail", {"kind": "email", "to": ["ada@jentry.test"]}, box.mails),
            ("hook", {"kind": "webhook", "url": hook.url}, hook.posts),
        ):
            file = File(folder, f"{kind}.db", digest_seconds=0, **channel)
            with serving(file.path, env=env(box)) as (_, url, _):
                client, waits = Client(url, file), []
                for number in range(40):
                    before = len(told)
                    answered = client.send(f"{kind} {number}")
                    while len(told) == before:
                        time.sleep(0.005)
                    waits.append(time.monotonic() - answered)
                    time.sleep(0.3 + number % 7 / 10)
            waits.sort()
            found[kind] = {"p50": waits[20], "p99": waits[-1]}
    return found


def env(box: receivers.Mailbox, **more: str) -> dict[str, str]:
    return {
        "JENTRY_SMTP_URL": f"smtp://127.0.0.1:{box.port}", "JENTRY_ALLOW_PRIVATE": "127.0.0.0/8",
        "JENTRY_QUOTA_5MIN": "0", "JENTRY_QUOTA_HOUR": "0",
    } | more  # fmt: skip


def idle(folder: str) -> dict:
    """CPU a second and memory of a server with rules and jobs, with and without alerts."""
    found = {}
    with receivers.mail_server() as box:
        for name, switch in (("with", "on"), ("without", "off")):
            file = File(folder, f"idle-{name}.db", kind="email", to=["ada@jentry.test"])
            file.add_rules()
            with connection.transaction(file.db) as at:
                said = {"schedule": {"type": "crontab", "value": "*/5 * * * *"}}
                for number in range(50):
                    slug = f"job-{number}"
                    monitors.create(file.db, file.actor, file.project["id"], slug, said, at)
            file.store(file.rows([f"Issue {number}" for number in range(ISSUES)]))
            with serving(file.path, env=env(box, JENTRY_ALERTS=switch)) as (process, _, _):
                time.sleep(10)
                before, began = cpu(process.pid), time.monotonic()
                time.sleep(45)
                spent = (cpu(process.pid) - before) / (time.monotonic() - began)
                found[name] = {"ms a second": spent * 1000, "MB": pss(process.pid)}
    return found | {
        what: found["with"][what] - found["without"][what] for what in ("ms a second", "MB")
    }


def tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in tree(int(child)))]


def cpu(pid: int) -> float:
    """Seconds of a process and its children, to the nanosecond."""
    spent = 0
    for each in tree(pid):
        for task in Path(f"/proc/{each}/task").iterdir():
            spent += int((task / "schedstat").read_text().split()[0])
    return spent / 1e9


def pss(pid: int) -> float:
    """Megabytes."""
    lines = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in tree(pid))
    return sum(int(text.split("\nPss:")[1].split()[0]) for text in lines) / 1024


def burst(folder: str) -> dict:
    """10,000 new issues in about a minute, the default rule and channel of 300 s."""
    with receivers.mail_server() as box:
        file = File(folder, "burst.db", kind="email", to=["ada@jentry.test"])
        with serving(file.path, env=env(box)) as (_, url, _):
            client, numbers, began = Client(url, file), iter(range(10_000)), time.monotonic()
            lock = threading.Lock()

            def work() -> None:
                while True:
                    with lock:
                        number = next(numbers, None)
                    if number is None:
                        return
                    client.send(f"New {number}")

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            sent = time.monotonic()
            while outbox.has_happenings(file.db):
                time.sleep(0.05)
            caught_up = time.monotonic() - sent
            time.sleep(3)
            alerts = file.db.execute("SELECT count(*) FROM alerts").fetchone()[0]
            return {"seconds": sent - began, "messages so far": len(box.mails), "alerts": alerts,
                    "caught up after": caught_up}  # fmt: skip


def backlog(folder: str) -> dict:
    """10,000 happenings that wait at the start, and the CPU of deliveries."""
    with receivers.mail_server() as box, receivers.web_server() as hook:
        file = File(folder, "backlog.db", kind="email", to=["ada@jentry.test"])
        for start in range(0, 10_000, 100):
            file.store(file.rows([f"New {start + number}" for number in range(100)]))
        settings = settings_of(file, box)
        notifier, began = Notifier(settings), time.monotonic()
        spent = time.thread_time()
        notifier.step()
        found = {"caught up after": time.monotonic() - began, "cpu": time.thread_time() - spent}
        notifier.close()
        return found | delivery(folder, box, hook)


def settings_of(file: File, box: receivers.Mailbox) -> Settings:
    return Settings(
        db=file.path, url="http://jentry.test", allow_private=(ip_network("127.0.0.0/8"),),
        smtp_url=MailServer("127.0.0.1", box.port, "never", True),
    )  # fmt: skip


def delivery(folder: str, box: receivers.Mailbox, hook: receivers.Hook) -> dict:
    """CPU of one, composing included, in the sender's thread."""
    found, inner = {}, Senders._deliver
    for kind, channel in (
        ("mail", {"kind": "email", "to": ["members"]}),
        ("hook", {"kind": "webhook", "url": hook.url}),
    ):
        spent: list[float] = []

        def timed(self: Senders, delivery_id: int, spent: list[float] = spent) -> None:
            began = time.thread_time()
            inner(self, delivery_id)
            spent.append(time.thread_time() - began)

        Senders._deliver = timed
        file = File(folder, f"delivery-{kind}.db", digest_seconds=0, **channel)
        with connection.transaction(file.db) as at:
            for number in range(100 if kind == "mail" else 0):
                email = f"user{number}@jentry.test"
                users.create(file.db, file.actor, email, None, "member", None, at)
        notifier, now = Notifier(settings_of(file, box)), clock.now()
        for number in range(1 if kind == "mail" else 50):
            file.store(file.rows([f"{kind} {number}"]))
            for _ in range(3):
                now += timedelta(seconds=2)
                notifier.step(now)
                notifier.senders.wait(60)
        notifier.close()
        Senders._deliver = inner
        found[f"ms of CPU a {kind}"] = statistics.median(spent) * 1000
        found[f"{kind}s"] = len(spent)
    return found


def million(path: str) -> dict:
    """A dry run over 14 days, and a weekly summary, on a large file."""
    file = Path(path)
    migrations.prepare(file)
    found = {}
    with closing(connection.connect(file)) as db:
        org, newest = db.execute(
            "SELECT p.org_id, max(i.last_seen) FROM issues i JOIN projects p ON p.id = i.project_id"
            " GROUP BY p.org_id ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
        found["events"] = db.execute("SELECT count(*) FROM events").fetchone()[0]
        actor = Actor(org, None, "cli")
        for name, conditions in (
            ("new and returning", [{"kind": "new_issue"}, {"kind": "regressed"}]),
            ("frequency", [{"kind": "frequency", "moreThan": 100, "windowSeconds": 300}]),
        ):
            wanted = DRY_RUN.load({"conditions": conditions, "days": 14})
            began, spent = time.monotonic(), time.thread_time()
            ran = dry_run.run(db, actor, wanted, newest)
            found[name] = {
                "seconds": time.monotonic() - began, "cpu": time.thread_time() - spent,
                "matches": ran["matches"], "messages": ran["messages"],
            }  # fmt: skip
        since = clock.timestamp(clock.parse(newest) - timedelta(days=7))
        about = {"template": "weekly", "user_id": 0, "since": since, "until": newest}
        began = time.monotonic()
        week = mail_contents.LOOK_UP["weekly"](db, org, about, newest)
        found["weekly"] = {"seconds": time.monotonic() - began, "new": week["new_count"]}
    return found


FIGURES = {
    "ratio": ratio, "latency": latency, "idle": idle, "burst": burst, "backlog": backlog,
}  # fmt: skip


@click.command()
@click.argument("names", nargs=-1)
@click.option("--file", help="A copy of a large file, for `million`.")
def main(names: tuple[str, ...], file: str | None) -> None:
    for name in names or FIGURES:
        with tempfile.TemporaryDirectory(prefix="jentry-figures-") as folder:
            found = million(file or "") if name == "million" else FIGURES[name](folder)
        click.echo(json.dumps({name: found}, indent=1))


if __name__ == "__main__":
    main()
