"""What this machine can do at best, measured in the same run: yardsticks for `bench ingest`."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jentry import clock
from jentry.bench import server
from jentry.bench.traffic import Bodies, event_ids, templates
from jentry.ingest.processor import IngestRequest, Processor
from jentry.settings import Settings
from jentry.store import connection
from jentry.store.apply import apply
from jentry.store.rows import Submission

BATCH = 20
BODY = 3400  # bytes: an event packed with a dictionary


def bare_insert(seconds: float = 2.0) -> float:
    """Rows a second: a packed payload and a unique id, in batches, with synchronous=FULL."""
    with tempfile.TemporaryDirectory(prefix="jentry-floor-") as folder:
        path = Path(folder) / "floor.db"
        path.touch()
        db = connection.connect(path, write=True)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE floor (id INTEGER PRIMARY KEY, name BLOB UNIQUE, body BLOB)")
        ids, body, rows = event_ids(1), bytes(range(256)) * (BODY // 256), 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            with connection.transaction(db):
                db.executemany(
                    "INSERT INTO floor (name, body) VALUES (?, ?)",
                    [(bytes.fromhex(next(ids)), body) for _ in range(BATCH)],
                )
            rows += BATCH
        rate = rows / (time.perf_counter() - start)
        db.close()
    return rate


def in_process(seconds: float = 4.0) -> tuple[float, float]:
    """Events a second through `Processor.process` and `apply`, no HTTP, one thread; and µs of
    processing one.
    """
    with tempfile.TemporaryDirectory(prefix="jentry-floor-") as folder:
        path = Path(folder) / "floor.db"
        target = server.make_target(path)
        processor = Processor(Settings(db=path, quota_5min=10**9, quota_hour=10**9))
        incoming = IngestRequest(
            kind="envelope",
            headers={
                "content-encoding": "gzip",
                "x-sentry-auth": f"Sentry sentry_key={target.public_key}, sentry_version=7",
            },
            query={},
            project_id=target.project_id,
        )
        bodies, ids = Bodies(templates(200)), event_ids(1)
        db = connection.connect(path, write=True)
        events, opening = 0, 0.0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            batch = [bodies.make(next(ids), clock.timestamp(clock.now())) for _ in range(BATCH)]
            before = time.perf_counter()
            submissions = [_submission(processor, incoming, body) for body in batch]
            opening += time.perf_counter() - before
            with connection.transaction(db) as at:
                apply(db, submissions, at)
            events += BATCH
        elapsed = time.perf_counter() - start
        db.close()
    return events / elapsed, 1e6 * opening / events


def _submission(processor: Processor, incoming: IngestRequest, body: bytes) -> Submission:
    processed = processor.process(incoming, body)
    if processed.submission is None or not processed.submission.events:
        raise RuntimeError(f"refused: {processed.reply}")
    return processed.submission


BARE_VIEW = """
from flask import Flask, request
app = Flask("floor")
@app.post("/api/<int:project_id>/envelope/")
def view(project_id):
    return {"id": str(len(request.get_data(cache=False)))}
@app.get("/healthz")
def healthz():
    return "ok"
"""


def bare_flask(seconds: float = 3.0, connections: int = 32) -> float:
    """Requests a second of a Flask view that reads its body and does nothing, gthread 1 x 8."""
    with tempfile.TemporaryDirectory(prefix="jentry-floor-") as folder:
        Path(folder, "floor_app.py").write_text(BARE_VIEW)
        process = subprocess.Popen(
            [
                sys.executable, "-u", "-m", "gunicorn", "-k", "gthread", "--threads", "8",
                "-b", "127.0.0.1:0", "--chdir", folder, "--no-control-socket", "floor_app:app",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )  # fmt: skip
        running = server.Server(process, server.await_address(process))
        try:
            target = server.Target(1, "0" * 32)
            return float(server.load(running, target, connections, seconds)["rate"])
        finally:
            running.stop()
