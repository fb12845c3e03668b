"""`jentry export` and `jentry import`"""

import contextlib
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
import zstandard

from jentry import clock
from jentry.cli import moving, reports
from jentry.cli.base import (
    Target,
    answer,
    database_option,
    json_option,
    leave,
    org_option,
    project_option,
)
from jentry.cli.progress import OnTerminal
from jentry.ingest import training
from jentry.ingest.imported import ImportedEvents
from jentry.store import connection, instance, migrations, orgs, projects
from jentry.store.audit import Actor
from jentry.store.backup.parts import part_of
from jentry.store.backup.space import shown
from jentry.store.transfer import load
from jentry.store.transfer import read as reading
from jentry.store.transfer.export import Export, Wanted
from jentry.store.transfer.load import Report

STANDARD = Path("-")
LEFT_OUT = "Not in it: addresses of webhooks and chats, their secrets, passwords and tokens."
BUFFER = 1024 * 1024  # bytes


def moment(_: click.Context, __: click.Parameter, text: str | None) -> str:
    """A day, or a time, as the database spells it."""
    if text is None:
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time like 2026-11-26T03:15:00Z.") from None
    return clock.timestamp(found if found.tzinfo else found.replace(tzinfo=UTC))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@org_option
@project_option(required=False)
@click.option(
    "--since",
    metavar="TIME",
    callback=moment,
    help="Only events received then or later, with their issues, and what else has a time.",
)
@json_option
@database_option
def export(
    target: Target, file: Path, org_slug: str, project_slug: str | None, since: str, as_json: bool
) -> None:
    """Write an organization, or a project of it, as lines of JSON; - is standard output.

    Events and attachments are included; passwords, tokens, sessions, and the addresses and secrets
    of webhooks and chats are not. A name that ends in
    .zst is packed. It may run while the server does.
    """
    migrations.require_current(target.settings.db)
    with (
        closing(connection.connect(target.settings.db)) as db,
        OnTerminal("Export", of=str) as progress,
    ):
        done = Export(db, _wanted(db, org_slug, project_slug, since))
        total = sum(done.counts.values())
        lines = _reported(done.lines(), total, progress)
        if file == STANDARD:
            for line in lines:
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            return
        size = _write(file, lines)
    result = {"file": str(file), "bytes": size, "unreadable": done.unreadable} | done.counts
    warning = [f"Warning: {done.unreadable} payloads are damaged."] * bool(done.unreadable)
    warning += [LEFT_OUT] * bool(done.counts["channel"])
    answer(
        as_json,
        result,
        f"Exported {org_slug} to {file} ({shown(size)}): {done.counts['issue']:,} issues, "
        f"{done.counts['event']:,} events.",
        *warning,
    )


def _wanted(
    db: connection.Connection, org_slug: str, project_slug: str | None, since: str
) -> Wanted:
    org = orgs.by_slug(db, org_slug)
    project_id = 0
    if project_slug is not None:
        project_id = projects.by_slug(db, Actor(org["id"], None, "cli"), project_slug)["id"]
    at = clock.timestamp(clock.now())
    schema = migrations.current_version()
    return Wanted(org, project_id, since, secrets.token_hex(16), load.source(db), schema, at)


def _reported(
    lines: Iterator[bytes], total: int, progress: Callable[[int, int], object]
) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield line
        if number % 100 == 0:
            progress(min(number, total), total)


def _write(file: Path, lines: Iterator[bytes]) -> int:
    """Bytes on the disk; whole, or nothing, and for its owner only."""
    target = file.resolve()
    if not target.parent.is_dir() or target.is_dir():
        leave(
            f"There is no folder {file.parent}." if not target.is_dir() else f"{file} is a folder."
        )
    with part_of(target) as part:
        packer = zstandard.ZstdCompressor(level=1, write_checksum=True).compressobj()
        is_packed = target.suffix == ".zst"
        for block in _blocks(lines):
            part.write(packer.compress(block) if is_packed else block)
        if is_packed:
            part.write(packer.flush())
        part.finish(target)
    return target.stat().st_size


def _blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    block, size = [], 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= BUFFER:
            yield b"".join(block)
            block, size = [], 0
    yield b"".join(block)


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--from", "kind", type=click.Choice(moving.KINDS), help="Ask that tracker's server.")
@click.option("--url", metavar="URL", default="", help="Its address.")
@click.option(
    "--token",
    envvar="JENTRY_IMPORT_TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    default="",
    help="Of its API; `ps` shows what is said here, so better set the variable.",
)
@click.option("--org", "orgs", multiple=True, metavar="SLUG", help="There; else all that it sees.")
@click.option("--project", "projects", multiple=True, metavar="SLUG", help="There; else all.")
@click.option("--into", metavar="SLUG", help="The organization here; else as it is called there.")
@click.option(
    "--events",
    default="100",
    show_default=True,
    metavar="N|all",
    callback=moving.events,
    help="Of an issue, the newest.",
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Only say what would come along.")
@json_option
@database_option
def import_(target: Target, file: Path | None, is_dry: bool, as_json: bool, **wanted: Any) -> None:
    """Read what `jentry export` wrote, or move in from another tracker. A missing database is made.

    FILE - is standard input. What is there already stays. An import that was interrupted is
    repeated: it goes on where it ended, and once more it changes nothing. It may run while the
    server does.

    With --from, --url and --token the organizations, people, projects, keys, releases, issues and
    events of a server come along; nobody is alerted or mailed. /docs/moving-in says how.
    """
    if wanted["kind"] is not None:
        asked = moving.Wanted(**wanted)
        moving.require_address(asked, file)
        path = target.settings.db
        moving.run(
            target, asked, lambda number: _train(path, number), is_dry=is_dry, as_json=as_json
        )
    elif file is None:
        raise click.UsageError("Say a file, or --from with --url.")
    else:
        _read(target, file, as_json)


def _read(target: Target, file: Path, as_json: bool) -> None:
    path = target.settings.db
    with _opened(file) as (stream, size), OnTerminal("Import") as progress:
        migrations.create(path)
        with (
            closing(connection.connect(path, write=True)) as db,
            reading.unpacked(stream) as lines,
        ):
            report = reading.read(
                db,
                lines,
                ImportedEvents(instance.get(db)["secret"]),
                lambda project_id: _train(path, project_id),
                lambda: progress(stream.tell(), size) if size else None,
            )
    answer(as_json, _shape(report), *_told(report))


def _train(path: connection.Target, project_id: int) -> None:
    with contextlib.suppress(zstandard.ZstdError):
        training.train(path, project_id)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[tuple[BinaryIO, int]]:
    """And its size; 0 of standard input."""
    if file == STANDARD:
        yield sys.stdin.buffer, 0
        return
    if not file.is_file():
        leave(f"There is no file {file}.")
    with file.open("rb") as stream:
        yield stream, file.stat().st_size


def _shape(report: Report) -> dict[str, Any]:
    return {
        "lines": report.lines,
        "added": dict(report.added),
        "present": dict(report.present),
        "skipped": dict(report.skipped),
        "withoutAddress": report.without_address,
        **reports.members(report),
    }


def _told(report: Report) -> list[str]:
    added, present = report.added, report.present
    lines = [
        f"Imported {report.lines:,} lines: {added['issue']:,} new issues, {added['event']:,} new "
        f"events; {present['issue']:,} issues and {present['event']:,} events were there already."
    ]
    if report.skipped:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(report.skipped.items()))
        lines.append(f"Skipped what this version does not know: {kinds}.")
    lines += reports.without_password(report)
    for name in report.without_address:
        lines.append(f"The channel {name} is off: its address is in no export. Set it, then on.")
    lines += reports.in_use(report)
    return lines
