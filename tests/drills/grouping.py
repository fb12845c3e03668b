"""How well events are put together, on labelled ones.

A labelled event is a line `{"project": ..., "bug": ..., "event": {...}}` of a JSON lines file; the
event is as a client sends it. Two events of one project are a pair; a pair is right when both are
in one group exactly if they are of one bug.
"""

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import click

from jentry import clock
from jentry.cli.base import json_option
from jentry.ingest.grouping import group
from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.parts import message, values
from jentry.ingest.normalise import normalise
from jentry.ingest.normalise.context import Context

Event = dict[str, Any]
Method = Callable[[Event], Hashable]
Score = dict[str, float]


class Labelled(NamedTuple):
    source: str  # the file's name without its ending
    project: str
    bug: str
    event: Event  # normalised


def read(events: Path) -> list[Labelled]:
    """All labelled events of a file, or of the `*.jsonl` files of a folder."""
    files = sorted(events.glob("*.jsonl")) if events.is_dir() else [events]
    context = Context(received=clock.now())
    return [
        Labelled(file.stem, row["project"], row["bug"], normalise(row["event"], context))
        for file in files
        for row in map(json.loads, file.read_text("utf-8").splitlines())
    ]


def by_message(event: Event) -> Hashable:
    """Baseline: the type and text of the last exception, else the message."""
    return _last(event, lambda text: text)


def by_parametrised_message(event: Event) -> Hashable:
    """Baseline: the same, without what varies in the text."""
    return _last(event, parametrise)


METHODS: dict[str, Method] = {
    "jentry": lambda event: group(event).hash,
    "type + message": by_message,
    "type + parametrised message": by_parametrised_message,
}


def report(events: Path) -> dict[str, Any]:
    """`{"events", "bugs", "methods": {name: {"overall": score, "by_file": {file: score}}}}`.

    A score has `precision`, `recall` and `f1`, over pairs of events of the same project.
    """
    rows = read(events)
    return {
        "events": len(rows),
        "bugs": len({(row.project, row.bug) for row in rows}),
        "methods": {name: _measured(rows, method) for name, method in METHODS.items()},
    }


def table(events: Path) -> str:
    """The report as a table for people."""
    found = report(events)
    lines = [f"{found['events']} events of {found['bugs']} bugs"]
    for name, measured in found["methods"].items():
        lines += ["", f"{name:<32} precision  recall      F1"]
        for source, figures in [*measured["by_file"].items(), ("overall", measured["overall"])]:
            columns = "  ".join(f"{figures[key]:6.3f}" for key in ("precision", "recall", "f1"))
            lines.append(f"  {source:<33} {columns}")
    return "\n".join(lines)


def score(rows: Iterable[tuple[str, Hashable, Hashable]]) -> Score:
    """Pairwise figures of rows of (project, bug, group)."""
    bugs, groups, both = Counter[Hashable](), Counter[Hashable](), Counter[Hashable]()
    for project, bug, key in rows:
        bugs[project, bug] += 1
        groups[project, key] += 1
        both[project, bug, key] += 1
    right, same_bug, same_group = _pairs(both), _pairs(bugs), _pairs(groups)
    return {
        "precision": right / same_group if same_group else 1.0,
        "recall": right / same_bug if same_bug else 1.0,
        "f1": 2 * right / (same_bug + same_group) if same_bug + same_group else 1.0,
    }


def _measured(rows: list[Labelled], method: Method) -> dict[str, Any]:
    keyed = [(row.source, (row.project, row.bug, method(row.event))) for row in rows]
    by_file = {
        source: score(row for at, row in keyed if at == source)
        for source in dict.fromkeys(row.source for row in rows)
    }
    return {"overall": score(row for _, row in keyed), "by_file": by_file}


def _pairs(counts: Counter[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def _last(event: Event, clean: Callable[[str], str]) -> Hashable:
    exceptions = values(event, "exception")
    if not exceptions:
        return clean(message(event))
    return exceptions[-1].get("type"), clean(exceptions[-1].get("value") or "")


@click.command()
@click.argument("events", type=click.Path(exists=True, path_type=Path))
@json_option
def command(events: Path, as_json: bool) -> None:
    """Precision, recall and F1 of grouping on labelled events: a .jsonl file, or a folder of them.

    Beside it what grouping by text alone would reach. The repository has such a set in
    tests/grouping.
    """
    if as_json:
        click.echo(json.dumps(report(events)))
    else:
        click.echo(table(events))


if __name__ == "__main__":
    command()
