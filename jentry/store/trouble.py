"""What keeps the database from being used: is it that, and how is it put into words?"""

import errno
import sqlite3

from jentry.store.connection import DISK_FULL
from jentry.store.lock import UNREACHABLE, Unusable

READ_ONLY = "the disk or the file is read-only"
DAMAGED = "the database file is damaged"
BROKEN = "the disk does not work"
BUSY = "another program holds the database"
UNKNOWN = "the database refuses; the server's log says why"

# By the beginning of SQLite's name for it. The first that fits.
SQLITE = {
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_PROTOCOL": BUSY,
    "SQLITE_FULL": DISK_FULL,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_PERM": READ_ONLY,
    "SQLITE_CANTOPEN": UNREACHABLE,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_IOERR": BROKEN,
    "SQLITE_NOMEM": "the server has no memory left",
}
SYSTEM = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EFBIG: DISK_FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.EIO: BROKEN,
    errno.EMFILE: "the server has too many files open",
    errno.ENFILE: "the server has too many files open",
    errno.ENOLCK: "the disk cannot lock files",
}


def reason(error: BaseException | None) -> str | None:
    """Why it cannot be used just now, without paths and names of files; None when it is not that:
    then the program is at fault.
    """
    if isinstance(error, Unusable):
        return str(error)
    if isinstance(error, sqlite3.Error):
        name: str = getattr(error, "sqlite_errorname", None) or ""
        return next((words for known, words in SQLITE.items() if name.startswith(known)), None)
    if isinstance(error, OSError):
        return SYSTEM.get(error.errno or 0)
    return None
