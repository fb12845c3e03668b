"""What keeps the database from being used: is it that, and how is it put into words?"""

import errno

from jentry.store.engines import drivers
from jentry.store.engines.errors import BROKEN, DISK_FULL, LOST, READ_ONLY, Lost, Unusable

UNKNOWN = "the database refuses; the server's log says why"

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
    if isinstance(error, OSError):
        return SYSTEM.get(error.errno or 0)
    return drivers.reason(error) if error else None


def is_lost(error: BaseException) -> bool:
    """Whether the database's server does not answer, which may pass."""
    return isinstance(error, Lost) or reason(error) in LOST
