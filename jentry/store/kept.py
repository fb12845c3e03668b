"""A reading connection that several threads take turns with."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from jentry.store.connection import Connection, Target
from jentry.store.database import open_database


class KeptReader:
    """To open a connection takes longer than to look something up. A file that was replaced is
    another one, and is opened anew.
    """

    def __init__(self, path: Target) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._lock:
            db = self._opened()
            try:
                yield db
            except BaseException:
                self._close()
                raise

    def _opened(self) -> Connection:
        if self._db is None:
            self._db = open_database(self._path, shared=True, small=True)
        elif not self._db.is_in_place():
            old, self._db = self._db, None
            with closing(old):  # not sooner: while it is open, it is known which log is its own
                self._db = open_database(self._path, shared=True, small=True)
        return self._db

    def close(self) -> None:
        """Until something is looked up again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
