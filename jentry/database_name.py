"""What names a database, in `--db` and JENTRY_DB: a file, or an address of PostgreSQL."""

import re
from pathlib import Path

PASSWORD = re.compile(r"//[^/@:]*:[^/@]*@|[?&]password=")


class HasPassword(ValueError):
    """What was said is not to be repeated."""


def database_path(text: str) -> Path | str:
    """Raises ValueError for what is no name of a file to SQLite, and for a password: lists of
    processes, logs and pages show addresses.
    """
    if not text or text == ":memory:" or text.startswith("file:"):
        raise ValueError("a file name; for a throwaway database give one in a temporary folder")
    if not text.startswith(("postgresql://", "postgres://")):
        return Path(text)
    if PASSWORD.search(text):
        raise HasPassword(
            "an address without a password, which belongs in PGPASSWORD or in the file that "
            "PGPASSFILE names"
        )
    return text


def said(text: str, error: ValueError) -> str:
    """It, for a sentence on what is wrong with it."""
    return "It" if isinstance(error, HasPassword) else repr(text)
