"""What two equal schemas share: all but comments, layout and the quotes of a renamed table."""

import hashlib
import re

NOISE = re.compile(r"--[^\n]*")


def objects(db):
    """(type, name, SQL) of every table, index and trigger."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return sorted((kind, name, _normal(sql)) for kind, name, sql in rows if name != SEQUENCE)


SEQUENCE = "sqlite_sequence"  # made by SQLite itself


def _normal(sql):
    text = re.sub(r"\s+", " ", NOISE.sub("", sql))
    text = re.sub(r'^(CREATE TABLE )"(\w+)"', r"\1\2", text)
    return re.sub(r" ?([(),]) ?", r"\1", text)


def fingerprint(db):
    return hashlib.sha256(repr(objects(db)).encode()).hexdigest()
