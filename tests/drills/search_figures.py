"""What searches cost on a large file, such as one of `jentry bench fill`: a copy of it is used.

Each is asked for in turn with the plain list, alone and beside events that come at a rate, so that
the ratio of the two says something on a machine that has other things to do.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from jentry.bench import server
from jentry.bench.pages import Largest
from jentry.bench.read import ingesting
from jentry.bench.reader import Reader, summary
from jentry.cli.base import answer, json_option, table
from tests.drills.copies import copied

COLUMNS = (
    "beside", "kind", "search", "p50", "p99", "plain_p50", "plain_p99", "ratio_p50", "ratio_p99",
)  # fmt: skip
NINE = " ".join(
    ("environment:production", "server_name:web-1", "plan:pro", "shard:1", "shard:2", "shard:3",
     "shard:4", "shard:5", "error.handled:no")
)  # fmt: skip


def searches(event: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kinds and searches of issues; the precise ones are about this event."""
    frame = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    function, file = frame["function"], frame["filename"]
    word = function.rpartition("_")[0]
    found = {
        "precise": (
            f"function:{function}", f"file:{file.rpartition('/')[2]}", f"file:{file}",
            f"user.id:{event['user']['id']}", f"release:{event['release']}", "is:new",
            f"trace:{event['traceId']}", "zebra crossing", function,
            f"function:{function} environment:staging level:error",
            f"function:{function} OR file:{file} OR zebra",
        ),
        "broad": (
            "environment:staging", "server_name:web-1", "page:order", "shard:[1,2,3,4]",
            "level:>=error", "error.type:KeyError", "error.type:*error", "order", "has:user",
            "has:stack", "-has:user", "release:shop@2.*", "events:>100", "first-seen:-7d",
            "environment:staging page:order level:error has:stack events:>2", NINE,
        ),
        "pattern": (
            f"function:*{word}*", "file:*order_load*", "order file:*order* -page:stock",
        ),
    }  # fmt: skip
    for kind, several in found.items():
        yield from ((kind, one) for one in several)


def of_events(event: dict[str, Any]) -> tuple[str, ...]:
    """Searches in the largest issue."""
    return (
        "environment:staging", "shard:7 server_name:web-1", f"user.id:{event['user']['id']}",
        f"trace:{event['traceId']}", "user.id:nobody", "zebra crossing",
    )  # fmt: skip


def drill(filled: Path, rate: int, times: int) -> Iterator[tuple[Any, ...]]:
    """Rows of COLUMNS, first those of a quiet server."""
    os.environ |= {"JENTRY_API_RATE": "0"}
    with copied(filled) as path:
        target, token = server.first_target(path), server.make_token(path)
        with server.running(path) as running:
            reader = Reader.of_api(running.url, token)
            largest = Largest.find(reader)
            issues = f"/projects/{largest.project}/issues"
            events = f"/issues/{largest.issue}/events"
            event = json.loads(reader.get(f"{events}?limit=1"))["data"][0]
            asked = [(kind, issues, search) for kind, search in searches(event)]
            asked += [("events of an issue", events, search) for search in of_events(event)]
            for kind, plain, search in asked:
                yield "-", kind, search, *in_turn(reader, plain, search, times)
            with ingesting(running, target, rate):
                for kind, plain, search in asked:
                    yield "load", kind, search, *in_turn(reader, plain, search, times)
            reader.close()


def in_turn(reader: Reader, plain: str, search: str, times: int) -> tuple[float, ...]:
    """p50 and p99 of the search and of the plain list, and their ratios."""
    paths = (f"{plain}?search={quote(search)}", plain)
    taken: dict[str, list[float]] = {path: [] for path in paths}
    for path in paths:
        reader.get(path)
    for _ in range(times):
        for path in paths:
            before = time.perf_counter()
            reader.get(path)
            taken[path].append(1000 * (time.perf_counter() - before))
    one, other = (summary("", taken[path]) for path in paths)
    ratios = one.p50 / max(other.p50, 0.1), one.p99 / max(other.p99, 0.1)
    return one.p50, one.p99, other.p50, other.p99, *(round(ratio, 2) for ratio in ratios)


@click.command()
@click.argument("filled", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rate", type=click.IntRange(1), default=200, show_default=True, help="Events/s.")
@click.option("--times", type=click.IntRange(1), default=40, show_default=True, help="Of each.")
@json_option
def main(filled: Path, rate: int, times: int, as_json: bool) -> None:
    """Search issues, and events of the largest, in a copy of a file."""
    rows = []
    for row in drill(filled, rate, times):
        click.echo(" ".join(map(str, row)), err=True)
        rows.append(row)
    found = {"rows": [dict(zip(COLUMNS, row, strict=True)) for row in rows]}
    answer(as_json, found, *table([COLUMNS, *rows], ""), f"ms over {times} answers of each")


if __name__ == "__main__":
    main()
