"""Source maps that cost much, beside events that come at a rate: what others feel of them.

`deep`: every second a build is uploaded whose script ends the process that reads it, and an event
asks for it. `large`: a map of 42 MB, and events that ask for it. Before each, the same load alone.
"""

import contextlib
import itertools
import json
import random
import re
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1]))
from bundles import ENTRY, MAP_ENTRY, URL, bundle, source_map
from uploading import Owner

from jentry.bench import server
from jentry.cli.base import answer, json_option, table
from jentry.store import checks, connection

CONNECTIONS = 8
DEPTH = 200_000  # parentheses: more than any stack holds
TOKENS = 1_970_000  # of the large map
LINES = 20_000  # of its script: minifiers that break lines
COLUMNS = ("what", "rate", "p50", "p99", "slowest", "not_200", "asked", "answered", "states", "mb")


def deep(number):
    """A bundle, and the place that is asked for."""
    script = b"(" * DEPTH + b")" * DEPTH + b"\n//%d" % number
    return built(script, source_map({0: (0, 0, 0)}, ["src/a.ts"], ["a();"])), (1, 1)


def large():
    """As many tokens as the bundles of the largest applications have, and their texts."""
    chance = random.Random(1)
    each = TOKENS // LINES
    texts = ["\n".join(f"const value{n} = {chance.random()};" for n in range(2000))] * 440
    line = ",".join(
        ["AAAA", *(chance.choice(("EACC,EADC", "IACC,EADC")) for _ in range(each // 2))]
    )
    found = {
        "version": 3, "names": [], "sources": [f"src/f{n}.ts" for n in range(len(texts))],
        "sourcesContent": texts, "mappings": ";".join([line] * LINES),
    }  # fmt: skip
    script = ("a=1;" * each + "\n").encode() * LINES
    return built(script, json.dumps(found).encode()), (LINES // 2, 9)


def built(script, found):
    debug_id = str(uuid.uuid4())
    headers = {"debug-id": debug_id}
    files = {
        "main.js": (ENTRY | {"url": "~/js/main.js", "headers": headers}, script),
        "main.js.map": (MAP_ENTRY | {"url": "~/js/main.js.map", "headers": headers}, found),
    }
    return debug_id, bundle(files)


def event_at(debug_id, line, column):
    frame = {"function": "a", "filename": URL, "abs_path": URL, "lineno": line, "colno": column}
    image = {"type": "sourcemap", "code_file": URL, "debug_id": debug_id}
    error = {"type": "TypeError", "value": "no price", "stacktrace": {"frames": [frame]}}
    return {
        "platform": "javascript", "exception": {"values": [error]},
        "debug_meta": {"images": [image]},
    }  # fmt: skip


class Drill:
    """A served file: its first project gets the load, and its owner uploads."""

    def __init__(self, path, owner, running, seconds, rate):
        self.path, self.owner, self.running = path, owner, running
        self.seconds, self.rate = seconds, rate
        self.target = server.Target(1, owner.key)
        self.seed = 0

    def load(self):
        self.seed += 1
        options = {"rate": self.rate, "seed": self.seed, "issues": 100}
        return server.load(self.running, self.target, CONNECTIONS, self.seconds, **options)

    def row(self, what, ask):
        """The load, and beside it what `ask` does: it yields a bundle and a place at a time."""
        sent, waited, most = [], [], 0.0
        with ThreadPoolExecutor(1) as threads:
            loaded = threads.submit(self.load)
            for (debug_id, data), place in ask():
                if data:
                    self.owner.upload(self.running.url, data)
                began = time.monotonic()
                sent.append(self.owner.send(self.running.url, event_at(debug_id, *place)))
                waited.append(time.monotonic() - began)
                most = max(most, self.reader_mb())
                if loaded.done():
                    break
            found = loaded.result()
        return {
            "what": what, "rate": found["rate"], "p50": found["p50"], "p99": found["p99"],
            "slowest": found["slowest"],
            "not_200": sum(found["statuses"].values()) - found["stored"] + found["broken"],
            "asked": len(sent), "answered": [round(seconds, 2) for seconds in waited][:8],
            "states": self.states(sent), "mb": most,
        }  # fmt: skip

    def states(self, sent):
        """What the events were stored as: state -> how many."""
        ids = [bytes.fromhex(one) for one in sent]
        with closing(connection.connect(self.path)) as db:
            rows = db.execute(
                f"""
                SELECT symbolication, count(*) FROM events
                WHERE event_id IN ({", ".join("?" * len(ids))}) GROUP BY symbolication
                """,
                ids,
            )
            return {row[0]: row[1] for row in rows}

    def reader_mb(self):
        """The most memory that a process which reads maps has had."""
        found = 0
        for pid in self.running.pids():
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text("utf-8")
                words = Path(f"/proc/{pid}/cmdline").read_text("utf-8").split("\0")
                if "mapper" in words:
                    found = max(found, int(re.search(r"VmHWM:\s+(\d+)", status)[1]))
        return round(found / 1024, 1)


def drill(seconds, rate):
    """A row of the load alone, and one beside each burden."""
    with tempfile.TemporaryDirectory(prefix="jentry-burden-") as folder:
        path = Path(folder) / "jentry.db"
        owner = Owner.of(path)
        with server.running(path) as running:
            drill = Drill(path, owner, running, seconds, rate)
            drill.load()  # its caches, and the dictionary of the project
            pids = running.pids()[:2]
            yield drill.row("alone", lambda: ())
            yield drill.row("deep", deep_ones)
            yield drill.row("alone", lambda: ())
            yield drill.row("large", partial(large_one, seconds))
            assert running.pids()[:2] == pids, "the server did not live on"
        assert checks.problems_of(path) == []


def deep_ones():
    for number in itertools.count():
        yield deep(number)
        time.sleep(1)


def large_one(seconds):
    (debug_id, data), place = large()
    yield (debug_id, data), place
    for number in range(int(seconds)):
        time.sleep(1)
        yield (debug_id, None), (place[0] + number, place[1])


@click.command()
@click.option("--seconds", type=click.FloatRange(1), default=20.0, show_default=True)
@click.option("--rate", type=click.FloatRange(1), default=500.0, show_default=True)
@json_option
@click.pass_context
def command(ctx, seconds, rate, as_json):
    """Maps that cost much, beside a load. Exit 1 when an event of it was not answered 200."""
    rows = list(drill(seconds, rate))
    lines = table([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)], "")
    told = (
        "rate: events/s of the load · p50, p99, slowest: ms · answered: s that those which asked "
        "waited · states: what these were stored as · mb: the most that the reader of maps took"
    )
    answer(as_json, rows, *lines, told)
    ctx.exit(any(row["not_200"] for row in rows))


if __name__ == "__main__":
    command()
