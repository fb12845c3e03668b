"""What source maps cost events of a page: CPU from a request's body to the commit, in one process.

Three projects get the same events in turns: `off`, the floor, whose events nobody maps; `bare`, to
which nothing was uploaded; `known`, whose places were all looked up before. HTTP is left out: with
it the ratios are nearer to 1.
"""

import json
import random
import statistics
import sys
import tempfile
import time
import uuid
from concurrent.futures import wait
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1]))
from bundles import ENTRY, MAP_ENTRY, bundle, sha1, source_map

from jentry import clock
from jentry.artifacts.assembly import Order, assemble
from jentry.bench import server
from jentry.bench.traffic import Bodies, Template, event_ids, templates
from jentry.cli.base import answer, json_option, table
from jentry.ingest.processor import IngestRequest, Processor
from jentry.ingest.symbolication.symbols import Unmapped
from jentry.settings import Settings
from jentry.store import connection, orgs, upload_chunks
from jentry.store.apply import apply
from jentry.store.artifacts import Name
from jentry.store.audit import Actor

URL = "https://shop.example.com/assets/main.js"
DEBUG_ID = str(uuid.UUID(int=7))
FILES, FUNCTIONS = 20, 20  # of the build, and of each file
FRAMES = 12
ISSUES = 200
BATCH = 20
LEAST = {"bare": 0.98, "known": 0.9}
COLUMNS = ("project", "events", "rate", "cpu", "to_off", "mapped")
SOURCE = """export function load{0}(order, rows) {{
  const found = rows.filter((row) => row.id === order.id);
  if (found.length === 0) throw new RangeError("nothing of this order");
  return found[0].price.amount * {0};
}}
"""
SCRIPT = (
    "function a{0}(o,r){{const f=r.filter(e=>e.id===o.id);if(!f.length)throw Error();"
    "return f[0].price.amount*{0}}}"
)


@dataclass(frozen=True)
class Build:
    """A bundle, and a place of each function in its script."""

    data: bytes
    places: list[tuple[int, int]]


def build():
    script, spots, places, names = "", {}, [], []
    contents = [
        "\n".join(SOURCE.format(file * FUNCTIONS + number) for number in range(FUNCTIONS))
        for file in range(FILES)
    ]
    for number in range(FILES * FUNCTIONS):
        file, line = number // FUNCTIONS, number % FUNCTIONS * (SOURCE.count("\n") + 1)
        names.append(f"load{number}")
        text = SCRIPT.format(number)
        spots[len(script)] = (file, line, 7)
        spots[len(script) + len("function ")] = (file, line, 16, number)
        spots[len(script) + text.index("f[0]")] = (file, line + 3, 9)
        places.append((1, len(script) + text.index(".price") + 1))
        script += text
    found = source_map(spots, [f"src/part{file}.ts" for file in range(FILES)], contents, names)
    headers = {"debug-id": DEBUG_ID}
    files = {
        "main.js": (ENTRY | {"url": "~/main.js", "headers": headers}, script.encode()),
        "main.js.map": (MAP_ENTRY | {"url": "~/main.js.map", "headers": headers}, found),
    }
    return Build(bundle(files), places)


def of_page(template, places):
    """An event of a web application -> one of a page whose frames are minified."""
    head = '{"event_id":"","contexts":{'
    event = json.loads(head + template.tail.decode())
    shape = random.Random(template.issue)
    (value,) = event["exception"]["values"]
    value["stacktrace"]["frames"] = [
        {"function": f"a{line + column}", "filename": URL, "abs_path": URL, "lineno": line,
         "colno": column, "in_app": True}
        for line, column in shape.choices(places, k=FRAMES)
    ]  # fmt: skip
    del event["modules"], event["server_name"], event["event_id"]
    event["platform"] = "javascript"
    event["sdk"] = {"name": "sentry.javascript.browser", "version": "11.12.0"}
    event["debug_meta"] = {
        "images": [{"type": "sourcemap", "code_file": URL, "debug_id": DEBUG_ID}]
    }
    contexts = json.dumps(event.pop("contexts"))
    tail = f"{contexts[1:-1]}}},{json.dumps(event)[1:]}"
    return Template(template.issue, tail.encode())


@dataclass
class Project:
    """In a file of its own, with a processor of its own."""

    name: str
    path: Path
    pages: list[Template]
    spent: list[float] = field(default_factory=list)  # CPU seconds an event, of each turn
    wall: float = 0.0
    events: int = 0

    def __post_init__(self):
        self.target = server.make_target(self.path)
        self.bodies, self.ids = Bodies(self.pages), event_ids(1)
        self.db = connection.connect(self.path, write=True)
        quotas = {"quota_5min": 10**9, "quota_hour": 10**9}
        self.processor = Processor(Settings(db=self.path, **quotas))
        if self.name == "off":
            self.processor.symbols.close()
            self.processor.symbols = None
        self.incoming = IngestRequest(
            kind="envelope",
            headers={
                "content-encoding": "gzip",
                "x-sentry-auth": f"Sentry sentry_key={self.target.public_key}, sentry_version=7",
            },
            query={},
            project_id=self.target.project_id,
        )

    def upload(self, data):
        actor, name = Actor(orgs.list_all(self.db)[0]["id"], None, "cli"), bytes.fromhex(sha1(data))
        with connection.transaction(self.db) as at:
            packed = upload_chunks.packed(data)
            upload_chunks.add(self.db, actor, name, len(data), packed, at)
        projects = (self.target.project_id,)
        assemble(self.path, Order(actor, Name(name, "", ""), (name,), projects, 10**9))

    def send(self, events):
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(0, events, BATCH):
            found = [self._submission() for _ in range(BATCH)]
            with connection.transaction(self.db) as at:
                apply(self.db, found, at)
        self.events += events
        self.wall += time.perf_counter() - wall
        self.spent.append((time.process_time() - cpu) / events)

    def _submission(self):
        body = self.bodies.make(next(self.ids), clock.timestamp(clock.now()))
        try:
            return self.processor.process(self.incoming, body).submission
        except Unmapped as unmapped:
            wait(self.processor.symbols.start(unmapped.places))
            return self.processor.process(self.incoming, body, is_final=True).submission

    def row(self, floor):
        ratios = [off / own for off, own in zip(floor.spent, self.spent, strict=True)]
        mapped = "SELECT count(*) FROM events WHERE symbolication = 'mapped'"
        return {
            "project": self.name,
            "events": self.events,
            "rate": round(self.events / self.wall),
            "cpu": round(1e6 * statistics.median(self.spent)),
            "to_off": round(statistics.median(ratios), 3),
            "mapped": self.db.execute(mapped).fetchone()[0],
        }

    def close(self):
        if self.processor.symbols is not None:
            self.processor.close()
        self.db.close()


def drill(turns, events):
    """A row of each project, after the floor's."""
    made = build()
    pages = [of_page(template, made.places) for template in templates(ISSUES)]
    with tempfile.TemporaryDirectory(prefix="jentry-maps-") as folder:
        projects = [Project(name, Path(folder, f"{name}.db"), pages) for name in ("off", *LEAST)]
        projects[-1].upload(made.data)
        for project in projects:  # until all is known, and each has its dictionary
            project.send(len(pages))
            project.spent, project.wall, project.events = [], 0.0, 0
        for turn in range(turns):
            for project in projects[:: 1 if turn % 2 else -1]:
                project.send(events)
        for project in projects:
            with closing(project):
                yield project.row(projects[0])


@click.command()
@click.option("--turns", type=click.IntRange(1), default=20, show_default=True)
@click.option("--events", type=click.IntRange(BATCH), default=400, show_default=True)
@json_option
@click.pass_context
def command(ctx, turns, events, as_json):
    """CPU of an event without artifacts and with all places known. Exit 1 when it is too much."""
    rows = list(drill(turns, events))
    lines = table([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)], "")
    answer(
        as_json,
        rows,
        *lines,
        "rate: events/s · cpu: µs an event · to_off: the floor's, divided by it",
    )
    ctx.exit(any(row["to_off"] < LEAST.get(row["project"], 0) for row in rows))


if __name__ == "__main__":
    command()
