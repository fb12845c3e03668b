"""Rows as ingestion makes them, and the one way to store them."""

from dataclasses import replace

from jentry.store.apply import apply
from jentry.store.connection import transaction
from jentry.store.payloads import pack
from jentry.store.rows import EventRow
from jentry.store.tables import TABLES

AT = "2026-11-20T10:00:00.000Z"


def event(number: int, **changes) -> EventRow:
    row = EventRow(
        event_id=number.to_bytes(16),
        timestamp=AT,
        type="error",
        level="error",
        title="ValueError: bad",
        culprit="shop in pay",
        search="valueerror: bad\nshop in pay",
        environment="production",
        release=None,
        user_hash=None,
        tags=(("environment", "production"),),
        hash_version=1,
        hash=b"a" * 32,
        components="{}",
        payload=pack(b"{}"),
    )
    return replace(row, **changes)


def store(db, *submissions, at=AT):
    with transaction(db):
        return apply(db, submissions, at)


def every_row(db):
    """What the database holds: the rows of each table."""
    return {
        name: sorted((tuple(row) for row in db.execute(f"SELECT * FROM {name}")), key=repr)
        for name in TABLES
    }
