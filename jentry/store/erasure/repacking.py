"""Payloads are packed anew: with other content, or with another dictionary."""

from typing import Any

import orjson
import zstandard

from jentry.store import dictionaries
from jentry.store.connection import Connection
from jentry.store.engines.scope import Org, Projects
from jentry.store.erasure.finding import RANGE, Work
from jentry.store.erasure.person import Person
from jentry.store.erasure.places import PROJECTS
from jentry.store.payloads import HEAD, ZSTD_DICTIONARY, pack, unpack

CHUNK = 50


def put(db: Connection, changes: list[dict[str, Any]]) -> None:
    """Each with `id`, `data`, `bytes`, `environment`, `marks` and `org_id`."""
    where = f"(SELECT id FROM events WHERE id = :id AND +project_id IN {PROJECTS})"
    rows = sorted(changes, key=lambda change: change["id"])
    db.executemany(f"UPDATE event_payloads SET data = :data WHERE id = {where}", rows)
    db.executemany(
        f"""
        UPDATE events SET bytes = :bytes, environment = :environment, marks = :marks
        WHERE id = :id AND +project_id IN {PROJECTS}
        """,
        rows,
    )


def replace(work: Work, org_id: int, project_id: int, dictionary_id: int, person: Person) -> None:
    """Train another dictionary without the person, pack with it what was packed with the old one,
    and delete that.
    """
    _train(work, project_id, dictionary_id, person)
    head = ZSTD_DICTIONARY + dictionary_id.to_bytes(HEAD - 1)
    (last,) = work.reading().execute("SELECT max(id) FROM events").fetchone()
    for low in range(0, (last or 0) + 1, RANGE):
        rows = work.reading().execute(
            f"""
            SELECT e.id FROM events e JOIN event_payloads d ON d.id = e.id
            WHERE e.id > :low AND e.id <= :high AND +e.project_id = :project_id
              AND +e.project_id IN {PROJECTS} AND substr(d.data, 1, {HEAD}) = :head
            ORDER BY e.id
            """,
            {
                "low": low, "high": low + RANGE, "project_id": project_id, "org_id": org_id,
                "head": head,
            },
        ).fetchall()  # fmt: skip
        ids = [row["id"] for row in rows]
        for start in range(0, len(ids), CHUNK):
            with work.writing(Org(org_id)) as (db, _):
                _repack(db, org_id, ids[start : start + CHUNK])
    with work.writing(Org(org_id)) as (db, _):
        db.execute(
            f"DELETE FROM dictionaries WHERE id = :id AND project_id IN {PROJECTS}",
            {"id": dictionary_id, "org_id": org_id},
        )


def _train(work: Work, project_id: int, dictionary_id: int, person: Person) -> None:
    """None is trained, and none used, when the samples are too few."""
    db = work.reading()
    events = db.execute(
        "SELECT events FROM dictionaries WHERE id = ?", (dictionary_id,)
    ).fetchone()["events"]

    def prepare(raw: bytes) -> bytes:
        return orjson.dumps(person.cleaned(orjson.loads(dictionaries.impersonal(raw))))

    try:
        data = dictionaries.train(dictionaries.samples(db, project_id), None, prepare)
    except zstandard.ZstdError:
        data = None
    if data is not None and not person.is_word_in(data):
        with work.writing(Projects((project_id,))) as (db, at):
            dictionaries.put(db, project_id, data, events, at)


def _repack(db: Connection, org_id: int, ids: list[int]) -> None:
    places = ", ".join("?" * len(ids))
    rows = db.execute(
        f"""
        SELECT e.id, e.project_id, e.environment, e.marks, d.data
        FROM events e JOIN event_payloads d ON d.id = e.id
        WHERE +e.project_id IN (SELECT id FROM projects WHERE org_id = ?) AND e.id IN ({places})
        ORDER BY e.id
        """,
        (org_id, *ids),
    ).fetchall()
    changes = []
    for row in rows:
        data = pack(unpack(db, row["data"]), dictionaries.newest(db, row["project_id"]))
        changes.append(
            {
                "id": row["id"], "data": data, "bytes": len(data), "org_id": org_id,
                "environment": row["environment"], "marks": row["marks"],
            }
        )  # fmt: skip
    put(db, changes)
