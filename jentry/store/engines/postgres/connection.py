"""A connection to PostgreSQL that is spoken to as one to SQLite is."""

import select
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg import RawCursor
from psycopg.pq import TransactionStatus

from jentry import clock
from jentry.store.engines.errors import (
    BUSY,
    DISK_FULL,
    LOST,
    SILENT,
    STANDBY,
    Busy,
    Full,
    Lost,
    Unusable,
)
from jentry.store.engines.postgres import marks, statements
from jentry.store.engines.postgres.gathered import Gathered, Key, Question, Write
from jentry.store.engines.postgres.statements import Parameters, Row, row_class
from jentry.store.engines.scope import EVERYTHING, Org, Projects, Scope

Error = psycopg.Error

WRITERS = 0x6A656E74  # the advisory lock: shared by who writes to a part, exclusive for everything
KINDS: dict[str, type[Unusable]] = {BUSY: Busy, DISK_FULL: Full} | dict.fromkeys(LOST, Lost)
TIME = "SELECT clock_timestamp()"
WARNING = "01"  # the class of SQLSTATE
PREPARED = 1000  # statements
OPTIONS = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "tcp_user_timeout": "5000",
    "application_name": "jentry",
    "client_encoding": "UTF8",
}
READS_IDLE = 30  # seconds in a transaction without a statement: who reads what is streamed
# Who writes keeps others waiting. A machine that is gone without a word, or stands still, keeps
# its locks as long as this: shorter than others repeat what they have to store.
WRITES_IDLE = 10
SETTINGS = (  # the last three: whether the machine of this process is still there
    "TIME ZONE 'UTC'",
    "tcp_keepalives_idle = 5",
    "tcp_keepalives_interval = 2",
    "tcp_keepalives_count = 3",
)

# By the beginning of SQLSTATE. The first that fits.
REASONS = {
    "55P03": BUSY,
    "40": BUSY,
    "08": SILENT,
    "57P": SILENT,
    "25P03": SILENT,  # the server has ended what stood still in a transaction
    "25006": STANDBY,
    "53100": DISK_FULL,
    "53": "the database has no room left",
    "58": "the database's disk does not work",
}


class Cursor(RawCursor[Row]):
    """Rows by place and name. `execute` is told the common SQL."""

    def ask(self, sql: str, parameters: Parameters) -> "Cursor":
        text, names = statements.translated(sql)
        self.execute(text, statements.values(names, parameters))
        return self

    def ask_many(self, sql: str, rows: Iterable[Parameters]) -> "Cursor":
        text, names = statements.translated(sql)
        self.executemany(text, [statements.values(names, row) for row in rows])
        return self


def _rows(cursor: Any) -> Any:
    found = cursor.description
    return row_class(tuple(column.name for column in found)) if found else Row


class Connection:
    """`memo` as SQLite's connection has it."""

    is_remote = True
    holds_log = False

    def __init__(self, address: str, own: psycopg.Connection[Any]) -> None:
        self.path = address
        self.own = own
        self.memo: dict[Any, Any] = {}
        self._seen: Callable[[str], Any] | None = None
        self._warnings: list[str] = []
        self._gathered = Gathered(own)
        own.add_notice_handler(lambda told: self._warnings.append(told.sqlstate or ""))
        self.file = self.identity = address

    def execute(self, sql: str, parameters: Parameters = ()) -> Cursor:
        if self._seen:
            self._seen(sql)
        self._gathered.send()
        return Cursor(self.own, row_factory=_rows).ask(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> Cursor:
        if self._seen:
            self._seen(sql)
        self._gathered.send()
        return Cursor(self.own, row_factory=_rows).ask_many(sql, rows)

    def mark(self, writer: str, number: int) -> None:
        if number == 1:
            self.put(marks.FORGET, ())
        self.put(marks.MARK, (writer, number))

    def is_marked(self, writer: str, number: int) -> bool:
        return self.execute(marks.IS_MARKED, (writer, number)).fetchone() is not None

    # Those of SQLite's connection, in fewer round trips. Whatever else is asked sees what was put.

    def ask(self, *questions: Question, new: Mapping[str, int] | None = None) -> None:
        if self._seen:
            self._seen(f"ask {len(questions)}")
        self._gathered.ask(questions, new or {})

    def lookup(self, sql: str, key: Key) -> Any:
        return next(iter(self.lookups(sql, key)), None)

    def lookups(self, sql: str, key: Key) -> list[Any]:
        found = self._gathered.answer(sql, key)
        return self.execute(sql, key).fetchall() if found is None else found

    def add(self, sql: str, row: Sequence[Any]) -> Any:
        return self._gathered.add(sql, row)

    def put(self, sql: str, row: Parameters) -> None:
        self._gathered.put(sql, (row,))

    def putmany(self, sql: str, rows: Iterable[Parameters]) -> None:
        self._gathered.put(sql, list(rows))

    def changed(self, *writes: Write) -> list[list[bool]]:
        if self._seen:
            self._seen(f"changed {len(writes)}")
        return self._gathered.changed(writes)

    def run(self, sql: str) -> None:
        """A statement that is PostgreSQL's own."""
        self.own.execute(sql.encode(), prepare=False)

    @property
    def in_transaction(self) -> bool:
        return self.own.info.transaction_status != TransactionStatus.IDLE

    def close(self) -> None:
        self.own.close()

    def is_in_place(self) -> bool:
        """Whether the server has not ended it; what it says unasked can be read then."""
        if self.own.closed:
            return False
        is_told, _, _ = select.select([self.own.fileno()], [], [], 0)
        if is_told:
            with suppress(psycopg.Error):
                self.own.execute(b"SELECT 1")
        return not self.own.closed

    @contextmanager
    def transaction(self, scope: Scope, patience: float | None) -> Iterator[str]:
        """READ COMMITTED on purpose: what is read after the lock is what its last holder wrote."""
        try:
            yield clock.timestamp(now(self._begin(scope, patience)))
            self._commit()
        except BaseException as error:
            self.memo.clear()
            self._undo()
            raise _named(error) from error

    def _begin(self, scope: Scope, patience: float | None) -> psycopg.Cursor[Any]:
        """In one round trip; the cursor is at the server's time, read after the locks."""
        shared = "" if scope == EVERYTHING else "_shared"
        statements = ["BEGIN", f"SELECT pg_advisory_xact_lock{shared}({WRITERS})"]
        if patience is not None:
            timeout = f"SET LOCAL lock_timeout = '{max(1, round(1000 * patience))}ms'"
            statements.insert(1, timeout)
        if isinstance(scope, Projects) and scope.ids:
            statements.append(_locked("projects", f"id IN ({', '.join(map(str, scope.ids))})"))
        elif isinstance(scope, Org):
            statements.append(_locked("organizations", f"id = {scope.id}"))
            statements.append(_locked("projects", f"org_id = {scope.id}"))
        self._gathered.forget()
        asked = self.own.execute("; ".join((*statements, TIME)).encode(), prepare=False)
        while asked.nextset():
            pass
        return asked

    def _commit(self) -> None:
        """With what was put. Raises Unusable for what only this node has: somebody has ended the
        wait for standbys.
        """
        self._warnings.clear()
        self._gathered.send("COMMIT")
        self._gathered.forget()
        if any(state.startswith(WARNING) for state in self._warnings):
            raise Lost("no standby has confirmed what was written")

    def _undo(self) -> None:
        self._gathered.forget()
        with suppress(psycopg.Error):
            if self.in_transaction:
                self.run("ROLLBACK")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            self._undo()

    def bound(self, pages: int | None) -> None:
        """How large it may grow is the server's business."""

    def has_room(self) -> bool:
        return True

    def give_back(self) -> bool:
        """Autovacuum does. Whether there is more."""
        return False

    def empty_log(self) -> bool:
        """It has no log of its own to be emptied."""
        return True

    def watch(self, seen: Callable[[str], Any] | None) -> None:
        self._seen = seen


def now(asked: psycopg.Cursor[Any]) -> datetime:
    """By the server's clock: whichever machine writes, a project's time never runs back."""
    return cast(datetime, asked.fetchone()[0])  # type: ignore[index]


def _locked(table: str, condition: str) -> str:
    """NO KEY: foreign keys take KEY SHARE, which must not wait."""
    return f"SELECT id FROM {table} WHERE {condition} ORDER BY id FOR NO KEY UPDATE"


def _named(error: BaseException) -> BaseException:
    """What keeps the database from being used, as every engine raises it."""
    if not isinstance(error, psycopg.Error):
        return error
    words = reason(error)
    if words is None:
        return error
    return KINDS.get(words, Unusable)(words)


def reason(error: BaseException) -> str | None:
    """As `trouble.reason`, of what the driver raises. One without a code has lost its server."""
    state: str | None = getattr(error, "sqlstate", None)
    if state is None:
        return SILENT if isinstance(error, psycopg.OperationalError) else None
    return next((words for known, words in REASONS.items() if state.startswith(known)), None)


def connect(address: str, *, write: bool = False) -> Connection:
    """Raises Unusable. What the driver says may hold the address, and so a password."""
    options = OPTIONS if "," not in address else OPTIONS | {"target_session_attrs": "primary"}
    try:
        own = psycopg.connect(address, autocommit=True, **options)  # type: ignore[arg-type]
    except psycopg.Error as error:
        raise Lost("the database server cannot be reached") from error
    own.prepare_threshold, own.prepared_max = 1, PREPARED
    statements.register(own.adapters)
    db = Connection(address, own)
    own_settings = (
        f"idle_in_transaction_session_timeout = '{WRITES_IDLE if write else READS_IDLE}s'",
        f"default_transaction_read_only = {'off' if write else 'on'}",
    )
    db.run("; ".join(f"SET {setting}" for setting in (*SETTINGS, *own_settings)))
    return db
