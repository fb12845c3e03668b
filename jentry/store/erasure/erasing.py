"""Erasing what was found, in chunks; then what has come meanwhile, and the traces in the file."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from jentry.store import dictionaries, files
from jentry.store.backup import record
from jentry.store.connection import Connection, Row
from jentry.store.erasure import places, repacking
from jentry.store.erasure.finding import Search, Work
from jentry.store.erasure.places import PROJECTS
from jentry.store.event_marks import without
from jentry.store.eviction import count_of_issue
from jentry.store.parts import whole
from jentry.store.payloads import pack, unpack

CHUNK = 50  # rows with payloads
ROWS = 500  # narrow ones
ROUNDS = 5  # for what comes while it is erased
WORDS_OUT_OF_REACH = [
    "what the person is called in encoded form, such as base64, inside texts and files",
    "copies that clients, mail servers and chats have",
]


def run(work: Work, erasure_id: int) -> None:
    """From where it was to the state `done`."""
    search = Search(work, erasure_id)
    erasing = _Erasing(search)
    for _ in range(ROUNDS):
        erasing.finds()
        erasing.texts()
        erasing.hashes()
        erasing.dictionaries()
        if not search.look_at_events() + search.look_at_files():
            break
    else:
        erasing.finds()
    erasing.end()


class _Erasing:
    def __init__(self, search: Search) -> None:
        self.search = search
        self.work = search.work
        self.person = search.person
        self.mine = search.mine
        self.people = search.person_hashes()

    def _count(self, name: str, number: int) -> None:
        erased = self.search.report.setdefault("erased", {})
        erased[name] = erased.get(name, 0) + number

    def finds(self) -> None:
        erase: dict[str, Callable[[Connection, list[int], str], None]] = {
            "event": self._events,
            "mention": self._mentions,
            "attachment": self._attachments,
            "user_report": self._reports,
        }
        for kind, do in erase.items():
            while True:
                with self.work.writing(self.search.scope) as (db, at):
                    ids = self._take(db, kind)
                    if not ids:
                        break
                    do(db, ids, at)
                    self.search.save(db)

    def _take(self, db: Connection, kind: str) -> list[int]:
        """The next finds, which are none any more."""
        mine = self.mine | {"kind": kind, "most": CHUNK}
        own = "(SELECT id FROM erasures WHERE id = :id AND org_id = :org_id)"
        rows = db.execute(
            f"""
            SELECT row_id FROM erasure_finds
            WHERE erasure_id = {own} AND kind = :kind ORDER BY row_id LIMIT :most
            """,
            mine,
        ).fetchall()
        db.executemany(
            f"""
            DELETE FROM erasure_finds
            WHERE erasure_id = {own} AND kind = :kind AND row_id = :row_id
            """,
            [mine | {"row_id": row["row_id"]} for row in rows],
        )
        return [row["row_id"] for row in rows]

    def _rows(self, db: Connection, ids: list[int]) -> list[Row]:
        """Of events, if they are still there and still the organization's."""
        places_ = ", ".join("?" * len(ids))
        return db.execute(
            f"""
            SELECT e.id, e.event_id, e.project_id, e.issue_id, e.environment, e.marks, d.data
            FROM events e JOIN event_payloads d ON d.id = e.id
            WHERE +e.project_id IN (SELECT id FROM projects WHERE org_id = ?)
              AND e.id IN ({places_})
            ORDER BY e.id
            """,
            (self.search.org_id, *ids),
        ).fetchall()

    def _events(self, db: Connection, ids: list[int], at: str) -> None:
        rows = self._rows(db, ids)
        keys = [self.mine | dict(row) for row in rows]
        self._delete_with(db, "attachments", keys)
        self._delete_with(db, "user_reports", keys)
        db.executemany(
            f"""
            DELETE FROM events
            WHERE id = :id AND event_id = :event_id AND project_id IN {PROJECTS}
            """,
            keys,
        )
        for issue_id, number in sorted(Counter(row["issue_id"] for row in rows).items()):
            mine = {"issue_id": issue_id, "org_id": self.search.org_id}
            count_of_issue(db, mine, "erased", number, at)
        self._count("events", len(rows))

    def _delete_with(self, db: Connection, table: str, keys: list[dict[str, Any]]) -> None:
        """What came with events."""
        deleted = db.executemany(
            f"""
            DELETE FROM {table}
            WHERE project_id IN {PROJECTS} AND project_id = :project_id AND event_id = :event_id
            """,
            keys,
        ).rowcount
        self._count(table, max(deleted, 0))

    def _mentions(self, db: Connection, ids: list[int], at: str) -> None:
        """Packed anew with the newest dictionary, which may be another than before."""
        changes: list[dict[str, Any]] = []
        for row in self._rows(db, ids):
            event = self.person.cleaned(orjson.loads(unpack(db, row["data"])))
            dictionary = dictionaries.newest(db, row["project_id"])
            data = pack(orjson.dumps(event), dictionary)
            environment = self.person.cleaned(row["environment"])
            changes.append(
                self.mine
                | {"id": row["id"], "data": data, "bytes": len(data), "environment": environment}
                | {"marks": without(row["marks"], self.people.get(row["project_id"], ()))}
            )
        repacking.put(db, changes)
        self.search.report["rewritten"] = self.search.report.get("rewritten", 0) + len(changes)

    def _attachments(self, db: Connection, ids: list[int], at: str) -> None:
        self._delete(db, "attachments", ids)

    def _reports(self, db: Connection, ids: list[int], at: str) -> None:
        self._delete(db, "user_reports", ids)

    def _delete(self, db: Connection, table: str, ids: list[int]) -> None:
        deleted = db.executemany(
            f"DELETE FROM {table} WHERE id = :row_id AND project_id IN {PROJECTS}",
            [self.mine | {"row_id": row_id} for row_id in ids],
        ).rowcount
        self._count(table, max(deleted, 0))

    def texts(self) -> None:
        org_id = self.search.org_id
        for table in places.TEXTS:
            keys = list(places.matching(self.work.reading(), org_id, self.person, table))
            for start in range(0, len(keys), CHUNK):
                with self.work.writing(self.search.scope) as (db, _):
                    places.clean(db, org_id, self.person, table, keys[start : start + CHUNK])
            self._count(table, len(keys))
        self._facets()
        found = places.tags(self.work.reading(), org_id, self.person)
        for tag_id in found:
            is_done = False
            while not is_done:
                with self.work.writing(self.search.scope) as (db, _):
                    is_done = places.clean_tag(db, org_id, self.person, tag_id)
        self._count("tags", len(found))

    def _facets(self) -> None:
        """The events that are kept still say what they said, without the words."""
        found = places.facets(self.work.reading(), self.search.org_id, self.person)
        for start in range(0, len(found), CHUNK):
            with self.work.writing(self.search.scope) as (db, _):
                self._delete(db, "facets", found[start : start + CHUNK])
                places.forget_remembered(db)

    def hashes(self) -> None:
        """A random hash in place of the person's: what was counted stays."""
        for project_id, known in self.search.hashes().items():
            mine = {"project_id": project_id} | self.mine
            self._issue_users(mine, known)
            self._issue_people(mine)
            self._sessions(mine, known)
        with self.work.writing(self.search.scope) as (db, _):
            db.execute(
                """
                DELETE FROM idempotency_keys
                WHERE token_id IN (SELECT id FROM api_tokens WHERE org_id = :org_id)
                """,
                self.mine,
            )

    def _issue_users(self, mine: dict[str, Any], known: list[bytes]) -> None:
        places_ = ", ".join("?" * len(known))
        found = (
            self.work.reading()
            .execute(
                f"""
            SELECT u.issue_id, u.user_hash, {whole("u.issue_id")} AS whole_id
            FROM issues i
            JOIN projects p ON p.id = i.project_id
            JOIN issue_users u ON u.issue_id = i.id AND u.user_hash IN ({places_})
            WHERE i.project_id = ? AND p.org_id = ?
            ORDER BY 3, u.issue_id, u.user_hash
            """,
                (*known, mine["project_id"], mine["org_id"]),
            )
            .fetchall()
        )
        # Those of a merged issue together: its parts go on counting the person once.
        pieces = [list(rows) for _, rows in groupby(found, key=itemgetter("whole_id"))]
        for rows in joined(pieces, ROWS):
            with self.work.writing(self.search.scope) as (db, _):
                self._forget_users(db, rows)
        self._count("issue_users", len(found))

    def _forget_users(self, db: Connection, rows: list[Row]) -> None:
        new = {(row["whole_id"], row["user_hash"]): secrets.token_bytes(16) for row in rows}
        db.executemany(
            f"""
            UPDATE issue_users SET user_hash = :new
            WHERE issue_id = :issue_id AND user_hash = :user_hash AND {places.OF_ISSUES}
            """,
            [
                self.mine | {"new": new[row["whole_id"], row["user_hash"]], **dict(row)}
                for row in sorted(rows, key=tuple)
            ],
        )

    def _issue_people(self, mine: dict[str, Any]) -> None:
        """The hashes are those of the project alone."""
        with self.work.writing(self.search.scope) as (db, _):
            db.executemany(
                "DELETE FROM issue_people WHERE hash = ?",
                [(who,) for who in sorted(self.people[mine["project_id"]])],
            )
            places.forget_remembered(db)

    def _sessions(self, mine: dict[str, Any], known: list[bytes]) -> None:
        last, hashes = b"", set(known)
        while (
            rows := self.work.reading()
            .execute(
                f"""
            SELECT sid, did_hash FROM sessions
            WHERE project_id = :project_id AND project_id IN {PROJECTS} AND sid > :last
            ORDER BY sid LIMIT 2000
            """,
                mine | {"last": last},
            )
            .fetchall()
        ):
            last = rows[-1]["sid"]
            found = [row["sid"] for row in rows if row["did_hash"] in hashes]
            if found:
                with self.work.writing(self.search.scope) as (db, _):
                    self._forget_devices(db, mine, found)
                self._count("sessions", len(found))

    def _forget_devices(self, db: Connection, mine: dict[str, Any], found: list[bytes]) -> None:
        db.executemany(
            f"""
            UPDATE sessions SET did_hash = :new
            WHERE project_id = :project_id AND sid = :sid AND project_id IN {PROJECTS}
            """,
            [mine | {"sid": sid, "new": secrets.token_bytes(16)} for sid in sorted(found)],
        )

    def dictionaries(self) -> None:
        for dictionary_id, project_id in self.search.dictionaries():
            repacking.replace(self.work, self.search.org_id, project_id, dictionary_id, self.person)
            self._count("dictionaries", 1)

    def end(self) -> None:
        """The file's free pages and its log are emptied, then the identifiers go too."""
        report = self.search.report
        report["erased"] = {name: n for name, n in report.get("erased", {}).items() if n}
        path = self.work.reading().path
        copies = [f"the copy {name}" for name in files.copies_of(path)]
        report["out_of_reach"] = WORDS_OUT_OF_REACH + copies + _backups(self.work.reading())
        self._empty()
        with self.work.writing(self.search.scope) as (db, at):
            self.search.save(db)
            db.execute(
                """
                UPDATE erasures SET state = 'done', finished_at = :at, identifiers = '{}'
                WHERE org_id = :org_id AND id = :id
                """,
                self.mine | {"at": at},
            )
        self._empty()

    def _empty(self) -> None:
        left = True
        while left:
            with self.work.writing(self.search.scope) as (db, _):
                left = db.give_back()
        db.empty_log()


def _backups(db: Connection) -> list[str]:
    """Those that were made, the latest first, by their dates; where else they lie nobody knows."""
    found = []
    for made in record.latest(db):
        if made.error is None:
            path = Path(made.file)
            place = "" if path.exists() else ", which was removed or lies elsewhere"
            found.append(f"the backup of {made.taken_at}, {path.name}{place}")
    return found


def joined(pieces: Sequence[list[Row]], most: int) -> Iterator[list[Row]]:
    """Put together while that is no more than so many rows; a longer piece stays one."""
    rows: list[Row] = []
    for piece in pieces:
        if rows and len(rows) + len(piece) > most:
            yield rows
            rows = []
        rows = rows + piece
    if rows:
        yield rows
