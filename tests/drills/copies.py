"""Copies of large files, which drills may change."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def copied(filled: Path) -> Iterator[Path]:
    """A copy on the same disk, until it is left."""
    folder = Path(tempfile.mkdtemp(prefix="jentry-figures-", dir=filled.absolute().parent.parent))
    try:
        path = folder / "jentry.db"
        shutil.copyfile(filled, path)
        yield path
    finally:
        shutil.rmtree(folder)
