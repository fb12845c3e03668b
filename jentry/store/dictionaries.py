"""Dictionaries: what the payloads of a project have in common, kept once for all of them."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import zstandard

from jentry.store.connection import Connection
from jentry.store.payloads import Dictionary, dictionary, pack, unpack

log = logging.getLogger(__name__)

# A dictionary stays for as long as its project, and a new one makes every process look its keys up
# again; what a later one saves on top is little. So they come at 200, 2,000, 20,000 ... events.
FIRST = 200
GROWTH = 10
# How samples are prepared. It is the number that zstd itself keeps in a dictionary, in the four
# bytes after its first four: those of another version are replaced, and pack nothing new.
# Until version 2 they were trained on whole events, people's addresses included.
VERSION = 2
_VERSION = VERSION.to_bytes(4, "little")

PERSONAL = ("user", "request", "extra")
MAIL = re.compile(rb"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}")

NEWEST = 2000  # events that samples are taken from
SAMPLES = 150  # twice as many save 0.3 % more
LARGEST_SAMPLE = 128 * 1024
MOST_BYTES = 3 * 1024 * 1024  # of all samples: training takes 10 ms for each MB, and memory

SIZE = 64 * 1024  # half of it makes payloads 5 % larger
# Segment and match lengths that zstd would else try out, in 0.2 s instead of 0.04 s, for 1 %.
SHAPE = {"k": 512, "d": 8, "steps": 1}
MEASURED = 10  # every tenth sample is not trained on: what is measured is like events to come
WORTH = 0.9  # of the bytes that payloads take without it


@dataclass(frozen=True, slots=True)
class Progress:
    """Events of a project, and how many there must be for the next dictionary."""

    stored: int
    wanted: int

    @property
    def is_due(self) -> bool:
        return self.stored >= self.wanted


def progress(db: Connection, project_id: int) -> Progress:
    stored, trained = db.execute(
        """
        SELECT (SELECT coalesce(sum(event_count), 0) FROM issues WHERE project_id = :project_id),
               (SELECT events FROM dictionaries
                WHERE project_id = :project_id AND substr(data, 5, 4) = :version
                ORDER BY id DESC LIMIT 1)
        """,
        {"project_id": project_id, "version": _VERSION},
    ).fetchone()
    return Progress(stored, FIRST if trained is None else GROWTH * trained)


def newest(db: Connection, project_id: int) -> Dictionary | None:
    """The one to pack with; none when it is damaged."""
    row = db.execute(
        """
        SELECT id
        FROM dictionaries
        WHERE project_id = ? AND substr(data, 5, 4) = ?
        ORDER BY id DESC
        LIMIT 1
        """,
        (project_id, _VERSION),
    ).fetchone()
    try:
        return dictionary(db, row["id"]) if row else None
    except ValueError as error:
        log.warning("events are packed without a dictionary project=%d: %s", project_id, error)
        return None


def samples(db: Connection, project_id: int) -> list[bytes]:
    """Payloads, unpacked, spread evenly over the newest events of a project; newest first."""
    found = db.execute(
        # An index on (project_id, id) would cost every event 15 bytes. This reads one index entry
        # for each event of the project, once for ten times as many events.
        """
        SELECT e.id
        FROM issues i
        CROSS JOIN events e
        WHERE i.project_id = ? AND e.issue_id = i.id
        ORDER BY e.id DESC
        LIMIT ?
        """,
        (project_id, NEWEST),
    )
    ids = [row["id"] for row in found]
    chosen = ids[:: -(-len(ids) // SAMPLES) or 1]
    places = ", ".join("?" * len(chosen)) or "NULL"
    rows = db.execute(
        f"SELECT data FROM event_payloads WHERE id IN ({places}) ORDER BY id DESC", chosen
    )
    taken: list[bytes] = []
    size = 0
    for row in rows:
        try:
            raw = unpack(db, row["data"])
        except ValueError:  # damaged
            continue
        if len(raw) > LARGEST_SAMPLE:
            continue
        size += len(raw)
        if size > MOST_BYTES:
            break
        taken.append(raw)
    return taken


def train(
    payloads: list[bytes], current: Dictionary | None, prepare: Callable[[bytes], bytes] = bytes
) -> bytes | None:
    """A dictionary for payloads like these; None when it would not help, compared to `current`.

    `prepare` says what of a payload may stand in a dictionary, which outlives the events. Takes
    some 50 ms, most of it without the interpreter lock. Raises ZstdError when the samples are too
    few or too much alike.
    """
    measured = payloads[::MEASURED]
    kept: list[Any] = [prepare(raw) for number, raw in enumerate(payloads) if number % MEASURED]
    data = zstandard.train_dictionary(SIZE, kept, dict_id=VERSION, **SHAPE).as_bytes()
    trained = Dictionary(0, data)
    before = sum(len(pack(raw, current)) for raw in measured)
    after = sum(len(pack(raw, trained)) for raw in measured)
    return data if after < WORTH * before else None


def impersonal(payload: bytes) -> bytes:
    """What of an event may stand in a dictionary, which stays when the event is gone.

    Not who was affected, what was asked for, what programs add to events, nor addresses of mail
    wherever they stand.
    """
    event = orjson.loads(payload)
    for name in PERSONAL:
        event.pop(name, None)
    for crumb in event.get("breadcrumbs", {}).get("values", ()):
        crumb.pop("data", None)
    return MAIL.sub(b"", orjson.dumps(event))


def put(db: Connection, project_id: int, data: bytes, events: int, at: str) -> None:
    """In place of one that has to go, trained when the project had so many events."""
    db.execute(
        """
        INSERT INTO dictionaries (project_id, created_at, events, data)
        SELECT p.id, :at, :events, :data FROM projects p WHERE p.id = :project_id
        """,
        {"project_id": project_id, "at": at, "events": events, "data": data},
    )


def save(db: Connection, project_id: int, data: bytes, events: int, at: str) -> bool:
    """False when another process was faster, or the project is gone.

    `events`: how many the project had when it was trained.
    """
    saved = db.execute(
        """
        INSERT INTO dictionaries (project_id, created_at, events, data)
        SELECT p.id, :at, :events, :data
        FROM projects p
        WHERE p.id = :project_id AND NOT EXISTS (
            SELECT 1 FROM dictionaries d
            WHERE d.project_id = p.id AND d.events * :growth > :events
              AND substr(d.data, 5, 4) = :version
        )
        """,
        {
            "project_id": project_id, "at": at, "events": events, "data": data, "growth": GROWTH,
            "version": _VERSION,
        },
    )  # fmt: skip
    return saved.rowcount == 1
