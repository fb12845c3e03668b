"""A job, and what it works with."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from jentry.settings import Settings
from jentry.store.connection import Connection, transaction
from jentry.store.database import open_database
from jentry.store.engines.errors import Busy
from jentry.store.engines.scope import EVERYTHING, Scope

LEAST_REST = 0.005  # seconds after each chunk
POLITE = 0.05  # seconds to wait for a server's other writers: who comes later waits behind
AGAIN = 0.1  # seconds until the next try


class Stopped(Exception):
    """The process ends; the run is given up where it is."""


@dataclass(frozen=True, slots=True)
class Job:
    """`every`: seconds from the end of a run to the next. `daily_at`: HH:MM in UTC, instead.

    `most_retry`: seconds after failures, where others may have to wait longer.
    """

    name: str
    run: Callable[["Work"], object]
    every: float = 60.0
    daily_at: str | None = None
    most_retry: float | None = None


class Turn:
    """Whose chunk is next: one at a time, with a rest after each, over all jobs."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.trusts_clock = True
        self._lock = threading.Lock()

    @contextmanager
    def write(self, db: Connection, scope: Scope) -> Iterator[str]:
        """One write transaction and its timestamp. Raises Stopped."""
        with self.rest(), ExitStack() as held:
            yield self._begin(held, db, scope)

    def _begin(self, held: ExitStack, db: Connection, scope: Scope) -> str:
        while db.is_remote and scope == EVERYTHING:
            try:
                return held.enter_context(transaction(db, scope, patience=POLITE))
            except Busy:
                if self.stopping.wait(AGAIN):
                    raise Stopped from None
        return held.enter_context(transaction(db, scope))

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Nobody else in the block, nor afterwards for as long as it took."""
        with self._lock:
            began = time.monotonic()
            yield
            self.stopping.wait(max(LEAST_REST, time.monotonic() - began))


class Work:
    """One run of a job: its connections, opened when they are needed, and its rests."""

    def __init__(self, settings: Settings, turn: Turn) -> None:
        self.settings = settings
        self.is_dry = False  # choose, and change nothing
        self.gone: Counter[str] = Counter()  # events, by reason
        self._turn = turn
        self._reader: Connection | None = None
        self._writer: Connection | None = None

    @property
    def trusts_clock(self) -> bool:
        """False for a day after the wall clock has jumped: what is old by it may not be."""
        return self._turn.trusts_clock

    def check(self) -> None:
        """Raises Stopped when the process ends."""
        if self._turn.stopping.is_set():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Raises Stopped."""
        if self._turn.stopping.wait(seconds):
            raise Stopped

    def reading(self) -> Connection:
        """The run's connection to choose with; it refuses to write. Raises Stopped."""
        self.check()
        if self._reader is None:
            self._reader = open_database(self.settings.db)
        return self._reader

    @contextmanager
    def writing(self, scope: Scope = EVERYTHING) -> Iterator[tuple[Connection, str]]:
        """One chunk: a write transaction, its connection and timestamp; then a rest. `scope`: what
        it is about, if not everything.

        Raises Stopped before it has begun.
        """
        self.check()
        db = self._writing()
        with self._turn.write(db, scope) as at:
            yield db, at

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """The writing connection in no transaction, for what must not be in one."""
        self.check()
        with self._turn.rest():
            yield self._writing()

    def _writing(self) -> Connection:
        if self._writer is None:
            self._writer = open_database(self.settings.db, write=True, has_bound=False)
        return self._writer

    def close(self) -> None:
        for db in (self._reader, self._writer):
            if db is not None:
                db.close()
        self._reader = self._writer = None
