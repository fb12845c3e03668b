"""How fast API and pages answer on a large file, idle and while events come in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from urllib.parse import quote

from jentry.bench import server
from jentry.bench.pages import Largest, pages_of
from jentry.bench.reader import Reader, Timing
from jentry.bench.server import Server, Target, Visitor
from jentry.vocabulary import SORTS

TIMES = 60  # requests of each kind
TEXTS = {"common": "order", "rare": "payment host", "no hit": "zebra crossing"}
CLOSELY = ("unresolved", "all")


def measure(path: Path, rate: int, times: int = TIMES) -> Iterator[tuple[str, Timing]]:
    """Pairs of "idle" or "ingesting", and a timing, for each kind of request."""
    target, visitor = server.first_target(path), server.make_visitor(path)
    with server.running(path) as running:
        yield from (("idle", timing) for timing in _timings(running, visitor, times))
        with ingesting(running, target, rate):
            yield from (("ingesting", timing) for timing in _timings(running, visitor, times))


def _timings(running: Server, visitor: Visitor, times: int) -> Iterator[Timing]:
    api = Reader.of_api(running.url, visitor.token)
    pages = Reader.of_pages(running.url, visitor.session)
    largest = Largest.find(api)
    for name, address in pages_of(largest):
        yield pages.time(f"page: {name}", address, times=times)
    for name, address in _requests(largest):
        yield api.time(name, address, times=times)
    api.close()
    pages.close()


@contextmanager
def ingesting(running: Server, target: Target, rate: int) -> Iterator[None]:
    client = subprocess.Popen(
        [
            sys.executable, "-m", "jentry.bench.load", "--url", running.url,
            "--project", str(target.project_id), "--key", target.public_key,
            "--connections", "8", "--seconds", "36000", "--rate", str(rate), "--seed", "77",
        ],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        client.kill()
        client.wait()


def _requests(largest: Largest) -> Iterator[tuple[str, str]]:
    """Every kind of list, on the project with the most issues."""
    issues = f"/projects/{largest.project}/issues"
    last = max(1, min(200, largest.issues // 25))
    for sort, status, page in product(SORTS, CLOSELY, (1, last)):
        yield f"{sort} {status} page {page}", f"{issues}?sort={sort}&status={status}&page={page}"
    for level, period in product(("error", "fatal"), ("24h", "7d", "14d")):
        yield f"level {level} {period}", f"{issues}?level={level}&period={period}"
    for sort, period in product(("events", "users", "first_seen"), ("24h",)):
        yield f"{sort} {period}", f"{issues}?sort={sort}&period={period}"
    for kind, text in TEXTS.items():
        yield f"text {kind}", f"{issues}?query={quote(text)}"
        yield f"text {kind}, by events", f"{issues}?sort=events&query={quote(text)}"
    yield "one issue", f"/issues/{largest.issue}"
    yield "newest events", f"/issues/{largest.issue}/events"
    yield "100 newest events", f"/issues/{largest.issue}/events?limit=100"
    yield "releases", f"/projects/{largest.project}/releases"
    yield "audit", "/audit?limit=100"
    for sort, page in product(SORTS, (1, 200)):
        yield f"all projects, {sort} page {page}", f"/issues?sort={sort}&page={page}"
    for kind, text in TEXTS.items():
        yield f"all projects, text {kind}", f"/issues?query={quote(text)}"
    yield "environment", f"{issues}?environment=staging"
    yield "tag", f"{issues}?tag[page]=order"
    yield "tag, rare", f"{issues}?tag[shard]=7&tag[page]=coupon"
    yield "release", f"{issues}?release={quote(largest.release)}"
    yield "stats", f"/projects/{largest.project}/stats?period=14d"
