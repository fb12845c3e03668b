"""The database file and what lies beside it: which file a path names, and whose it is."""

import contextlib
import errno
import fcntl
import glob
import os
import stat
import tempfile
from pathlib import Path

FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW  # a link there could lead root anywhere
# What belongs to a database that is open, or was.
BESIDE = ("-wal", "-shm", "-journal", ".lock", ".serving", ".upkeep", ".reserve")
QUOTA_PROBE = 64 * 1024  # bytes
CHUNK = 1024 * 1024
MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")  # bytes
OWN = 0o600  # for the owner's eyes only

File = tuple[int, int]  # device and inode: a file that was replaced is another
Identity = tuple[File, File | None, File | None]  # of the database, its -wal and its -shm


def file_of(path: str | Path) -> File:
    """Raises OSError when there is none."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def identity(path: str | Path, real: str | None = None) -> Identity:
    """What is written to one and read from another is lost. Raises OSError without a database.

    `real`: where the path's links led to, which takes long to find out. SQLite keeps -wal and -shm
    for as long as any connection is open that has read.
    """
    real = real or os.path.realpath(path)
    return file_of(path), _file_or_none(f"{real}-wal"), _file_or_none(f"{real}-shm")


def is_fixed(real: str) -> bool:
    """On a read-only disk, where no files can be put that hold locks: nobody writes to it. A log
    that is left there must be read, which SQLite refuses.
    """
    if not os.statvfs(real).f_flag & os.ST_RDONLY:
        return False
    try:
        return os.stat(f"{real}-wal").st_size == 0
    except FileNotFoundError:
        return True


def read_ahead(path: str | Path) -> None:
    """All of a file, in its order, so that the system has it in memory.

    Whoever looks at every page does it in the order of the trees, which takes a disk seven times as
    long. A file that has no room there is left alone.
    """
    with open(path, "rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size <= MEMORY // 2:
            while file.read(CHUNK):
                pass


def open_beside(path: str | Path, suffix: str) -> int:
    """A descriptor of `<file><suffix>`, which is made when it is missing. Raises OSError."""
    name = f"{os.path.realpath(path)}{suffix}"
    while True:
        with contextlib.suppress(FileNotFoundError):
            return os.open(name, FLAGS)
        with contextlib.suppress(FileExistsError):
            return create_beside(path, suffix)


def is_locked(path: str | Path, suffix: str) -> bool:
    """Whether somebody holds a lock on `<file><suffix>`. Makes nothing. Raises OSError."""
    try:
        fd = os.open(f"{os.path.realpath(path)}{suffix}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def create_beside(path: str | Path, suffix: str) -> int:
    """A descriptor of the new `<file><suffix>`; without a suffix it is the database itself.

    Every file that we put beside a database is made here, with its owner and mode: else what a
    command of root's leaves behind locks the service out. A link's files lie beside the file that
    it leads to, as SQLite's own do. Raises FileExistsError, or another OSError.
    """
    real = os.path.realpath(path)
    descriptor = os.open(f"{real}{suffix}", FLAGS | os.O_CREAT | os.O_EXCL, OWN)
    try:
        _give(descriptor, real, is_database=not suffix)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _give(descriptor: int, real: str, *, is_database: bool) -> None:
    """Whose the folder is, to him belongs the database; and to its owner what lies beside it."""
    try:
        if is_database:
            raise FileNotFoundError
        found = os.stat(real)
        mode = stat.S_IMODE(found.st_mode) & 0o666 | OWN
    except FileNotFoundError:
        found, mode = os.stat(os.path.dirname(real)), OWN
    with contextlib.suppress(PermissionError):  # of another group than ours
        if os.geteuid() == 0:
            os.fchown(descriptor, found.st_uid, found.st_gid)
        elif mode != OWN and found.st_gid != os.fstat(descriptor).st_gid:
            os.fchown(descriptor, -1, found.st_gid)
    os.fchmod(descriptor, mode)


def move_log_aside(path: str | Path) -> None:
    """Its -wal becomes `<file>.replaced-wal`, and its -shm, which only an open one needs, goes."""
    real = os.path.realpath(path)
    os.replace(f"{real}-wal", f"{real}.replaced-wal")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{real}-shm")


def _file_or_none(path: str) -> File | None:
    try:
        return file_of(path)
    except OSError:
        return None


def is_over_quota(path: str) -> bool:
    """Whether the disk takes no more of this user: then SQLite only says that it cannot write."""
    try:
        with tempfile.TemporaryFile(dir=os.path.dirname(path), buffering=0) as file:
            file.write(bytes(QUOTA_PROBE))
    except OSError as error:
        return error.errno in (errno.EDQUOT, errno.ENOSPC)
    return False


def copies_of(path: Path) -> list[str]:
    """Names of the copies of the database that lie beside it, such as from before an upgrade."""
    name = Path(os.path.realpath(path)).name
    own = {name, *(f"{name}{suffix}" for suffix in BESIDE)}
    found = Path(os.path.realpath(path)).parent.glob(f"{glob.escape(name)}*")
    return sorted(each.name for each in found if each.name not in own)
