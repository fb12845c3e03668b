"""`jentry import --from …`: moving in from another tracker."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from jentry.cli import reports
from jentry.cli.base import Target, answer, leave, table
from jentry.importers import plan
from jentry.importers.bugsink import Bugsink
from jentry.importers.client import Client, origin
from jentry.importers.glitchtip import GlitchTip
from jentry.importers.move import EVERY, Moved, Mover
from jentry.importers.plan import Scope
from jentry.importers.sentry import Sentry
from jentry.importers.source import CHANGED, NO, YES, Item, Source
from jentry.mail_server import LOOPBACK
from jentry.store import connection, migrations
from jentry.store.transfer.foreign import Done
from jentry.store.transfer.read import Train

KINDS = ("sentry", "glitchtip", "bugsink")
SECONDS = 1.0  # between two lines on a terminal
LONG = 30.0  # in a log
SHOWN = 200  # rows for a person; --json has all
COLUMNS = ("kind", "name", "comes", "why")
WORDS = {YES: "yes", CHANGED: "changed", NO: "no"}


@dataclass(frozen=True)
class Wanted:
    kind: str
    url: str
    token: str
    orgs: tuple[str, ...]
    projects: tuple[str, ...]
    into: str | None
    events: int


def events(_: click.Context, __: click.Parameter, text: str) -> int:
    """A number from 1, or `all`."""
    if text == "all":
        return EVERY
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= EVERY:
        raise click.BadParameter(f"{text!r} is neither all nor a number from 1.")
    return int(text)


def run(target: Target, wanted: Wanted, train: Train, *, is_dry: bool, as_json: bool) -> None:
    client = Client(wanted.url, wanted.token, _say)
    if wanted.url.startswith("http://") and urlsplit(wanted.url).hostname not in LOOPBACK:
        _say("The token goes over the network unencrypted: the address begins with http://.")
    source = _source(client, wanted, is_plan=is_dry)
    scope = Scope(wanted.projects, wanted.events)
    if is_dry:
        _plan(target, source, scope, client, as_json)
    else:
        _move(target, source, scope, wanted, client, train, as_json)


def _source(client: Client, wanted: Wanted, *, is_plan: bool) -> Source:
    if wanted.kind == "bugsink":
        return Bugsink(client, wanted.into, is_plan=is_plan)
    kind = Sentry if wanted.kind == "sentry" else GlitchTip
    return kind(client, wanted.orgs, wanted.into, is_plan=is_plan)


def _plan(target: Target, source: Source, scope: Scope, client: Client, as_json: bool) -> None:
    path = target.settings.db
    if migrations.is_new(path):
        rows = list(plan.rows(None, source, scope))
    else:
        migrations.require_current(path)
        with closing(connection.connect(path)) as db:
            rows = list(plan.rows(db, source, scope))
    shown = [[row.kind, row.name, WORDS[row.comes], row.why or None] for row in rows]
    counts = Counter(row.comes for row in rows)
    result = {
        "rows": [_row(row) for row in rows],
        "comes": {word: counts[name] for name, word in WORDS.items()},
        "requests": client.requests,
    }
    answer(
        as_json,
        result,
        *table([COLUMNS, *shown], ""),
        f"Nothing was written. {client.requests:,} requests were made.",
    )


def _move(
    target: Target,
    source: Source,
    scope: Scope,
    wanted: Wanted,
    client: Client,
    train: Train,
    as_json: bool,
) -> None:
    path = target.settings.db
    migrations.create(path)
    began = time.monotonic()
    with closing(connection.connect(path, write=True)) as db, _Progress() as progress:
        name = f"{wanted.kind} {origin(wanted.url)}"
        mover = Mover(db, source, name, scope, target.settings, train, progress)
        moved = list(mover.all())
    if not moved:
        leave("The token sees no organization there; say which with --org.")
    result = {
        "organizations": [_moved(one) for one in moved],
        "requests": client.requests,
        "seconds": round(time.monotonic() - began, 1),
    }
    answer(as_json, result, *(line for one in moved for line in _told(one)))


def _moved(one: Moved) -> dict[str, Any]:
    report, done = one.report, one.done
    return {
        "slug": one.slug,
        "added": {kind: number for kind, number in report.added.items() if number},
        "issues": {"new": done.new, "known": done.known},
        "events": {"new": done.events, "present": done.present},
        "together": [{"theirs": label, "issue": issue} for label, issue in done.together],
        "left": [_row(item) for item in one.left],
        **reports.members(report),
    }


def _row(item: Item) -> dict[str, str]:
    return {"kind": item.kind, "name": item.name, "comes": WORDS[item.comes], "why": item.why}


def _told(one: Moved) -> list[str]:
    report, done = one.report, one.done
    lines = [
        f"{one.slug}: {done.new:,} new issues, {done.events:,} new events; {done.known:,} issues "
        f"and {done.present:,} events were there already."
    ]
    lines += reports.without_password(report) + reports.in_use(report)
    for label, issue in done.together[:SHOWN]:
        lines.append(f"{label} is one with issue {issue} here: the latest events have one stack.")
    if one.left:
        lines.append("What did not come along, or not as it was:")
        rows = [[row.kind, row.name, WORDS[row.comes], row.why] for row in one.left[:SHOWN]]
        lines += table([COLUMNS, *rows], "")
        if len(one.left) > SHOWN:
            lines.append(f"{len(one.left) - SHOWN:,} more: --json has all.")
    return lines


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


class _Progress:
    """A line that is rewritten on a terminal; in a log one each half minute."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._pause = SECONDS if self._is_terminal else LONG
        self._next = time.monotonic() + self._pause

    def __call__(self, project: str, done: Done) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._pause
        issues, total = done.new + done.known, done.events + done.present
        words = f"Import: {project}; {issues:,} issues and {total:,} events so far"
        click.echo(
            f"\r{words} " if self._is_terminal else words, err=True, nl=not self._is_terminal
        )

    def __enter__(self) -> Callable[[str, Done], None]:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_terminal:
            click.echo("\r\x1b[K", err=True, nl=False)


def require_address(wanted: Wanted, file: Path | None) -> None:
    """Wrong usage without what an import over the network needs."""
    if file is not None:
        raise click.UsageError("Say either a file or --from.")
    if not wanted.url:
        raise click.UsageError("--from needs --url, such as https://sentry.example.com.")
    if not wanted.token:
        raise click.UsageError("--from needs a token: set JENTRY_IMPORT_TOKEN.")
