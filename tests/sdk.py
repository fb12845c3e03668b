"""Sends as an SDK does, and looks at what is then stored."""

import gzip
import json
import uuid

from jentry.store.payloads import unpack

KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"


class Sdk:
    """Sends as an SDK does."""

    def __init__(self, client):
        self.client = client
        self.auth = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7"}

    def envelope(self, *items, header=None, headers=None):
        body = lines(header if header is not None else {}, *items)
        return self.client.send("/api/7/envelope/", body, self.auth | (headers or {}))

    def event(self, headers=None, **event):
        event.setdefault("event_id", uuid.uuid4().hex)
        return self.envelope(("event", event), headers=headers)


def lines(header, *items) -> bytes:
    """An envelope; items are (type, JSON) or (type, bytes, more headers)."""
    parts = [json.dumps(header).encode()]
    for kind, payload, *more in items:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        head = {"type": kind, "length": len(raw)} | (more[0] if more else {})
        parts += [json.dumps(head).encode(), raw]
    return b"\n".join(parts) + b"\n"


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body)


class Stored:
    """What the database holds, for a look after a request."""

    def __init__(self, db):
        self.db = db

    def all(self, sql, *params):
        return [dict(row) for row in self.db.execute(sql, params)]

    def one(self, sql, *params):
        (row,) = self.all(sql, *params)
        return row

    def count(self, table) -> int:
        return self.one(f"SELECT count(*) AS n FROM {table}")["n"]

    def payloads(self):
        rows = self.db.execute("SELECT data FROM event_payloads ORDER BY id")
        return [json.loads(unpack(self.db, row["data"])) for row in rows]

    def payload(self):
        (payload,) = self.payloads()
        return payload

    def outcomes(self):
        rows = self.db.execute(
            """
            SELECT category, outcome, reason, sum(quantity)
            FROM outcome_hours
            GROUP BY category, outcome, reason
            ORDER BY category, outcome, reason
            """
        )
        return [tuple(row) for row in rows]
