"""A reading connection that several threads take turns with."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jentry.store.connection import Connection, connect


class KeptReader:
    """To open a connection takes longer than to look something up. A file that was replaced is
    another one, and is opened anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: Connection | None = None
        self._file: tuple[int, int] | None = None  # device and inode

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._lock:
            found = os.stat(self._path)
            file = found.st_dev, found.st_ino
            if self._db is None or self._file != file:
                self._close()
                self._db, self._file = connect(self._path, shared=True, small=True), file
            try:
                yield self._db
            except BaseException:
                self._close()
                raise

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
