"""How fast the API answers on a large file, idle and while events come in."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from urllib.parse import quote

from jentry.bench import server
from jentry.bench.reader import Reader, Timing
from jentry.bench.server import Server, Target
from jentry.vocabulary import SORTS

TIMES = 60  # requests of each kind
TEXTS = {"common": "order", "rare": "payment host", "no hit": "zebra crossing"}
CLOSELY = ("unresolved", "all")


def measure(path: Path, rate: int, times: int = TIMES) -> Iterator[tuple[str, Timing]]:
    """Pairs of "idle" or "ingesting", and a timing, for each kind of request."""
    target, token = server.first_target(path), server.make_token(path)
    with server.running(path) as running:
        yield from (("idle", timing) for timing in _timings(running, token, times))
        with _ingesting(running, target, rate):
            yield from (("ingesting", timing) for timing in _timings(running, token, times))


def _timings(running: Server, token: str, times: int) -> Iterator[Timing]:
    reader = Reader(running.url, token)
    for name, address in _requests(reader):
        yield reader.time(name, address, times=times)
    reader.close()


@contextmanager
def _ingesting(running: Server, target: Target, rate: int) -> Iterator[None]:
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


def _requests(reader: Reader) -> Iterator[tuple[str, str]]:
    """Every kind of list, on the project with the most issues."""
    projects = json.loads(reader.get("/projects"))["data"]
    totals = {
        p["id"]: json.loads(reader.get(f"/projects/{p['id']}/issues?status=all&limit=1"))["total"]
        for p in projects
    }
    largest = max(totals, key=lambda project_id: totals[project_id])
    issues = f"/projects/{largest}/issues"
    last = max(1, min(200, totals[largest] // 25))
    for sort, status, page in product(SORTS, CLOSELY, (1, last)):
        yield f"{sort} {status} page {page}", f"{issues}?sort={sort}&status={status}&page={page}"
    for level, period in product(("error", "fatal"), ("24h", "7d", "14d")):
        yield f"level {level} {period}", f"{issues}?level={level}&period={period}"
    for sort, period in product(("events", "users", "first_seen"), ("24h",)):
        yield f"{sort} {period}", f"{issues}?sort={sort}&period={period}"
    for kind, text in TEXTS.items():
        yield f"text {kind}", f"{issues}?query={quote(text)}"
        yield f"text {kind}, by events", f"{issues}?sort=events&query={quote(text)}"
    busiest = json.loads(reader.get(f"{issues}?sort=events&status=all&limit=1"))["data"][0]["id"]
    yield "one issue", f"/issues/{busiest}"
    yield "newest events", f"/issues/{busiest}/events"
    yield "100 newest events", f"/issues/{busiest}/events?limit=100"
    yield "releases", f"/projects/{largest}/releases"
    yield "audit", "/audit?limit=100"
    for sort, page in product(SORTS, (1, 200)):
        yield f"all projects, {sort} page {page}", f"/issues?sort={sort}&page={page}"
    for kind, text in TEXTS.items():
        yield f"all projects, text {kind}", f"/issues?query={quote(text)}"
    yield "environment", f"{issues}?environment=staging"
    yield "tag", f"{issues}?tag[page]=order"
    yield "tag, rare", f"{issues}?tag[shard]=7&tag[page]=coupon"
    release = json.loads(reader.get(f"/projects/{largest}/releases?limit=1"))["data"][0]["release"]
    yield "release", f"{issues}?release={quote(release)}"
    yield "stats", f"/projects/{largest}/stats?period=14d"
