"""The words that the database takes in a column, on either engine."""

import re
from pathlib import Path

ON_SQLITE = "SELECT sql FROM sqlite_schema WHERE name = ?"
ON_SERVER = """
SELECT pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = CAST(? AS regclass) AND contype = 'c'
"""


def words(db, table, column):
    is_file = isinstance(db.path, Path)
    rows = db.execute(ON_SQLITE if is_file else ON_SERVER, (table,))
    checks = [check for (text,) in rows for check in text.split("CHECK")]
    listed = re.compile(rf" \((?:{column} IN \(|\({column} = ANY \(ARRAY\[)(.*?)[)\]]", re.S)
    (found,) = filter(None, map(listed.match, checks))
    return re.findall(r"'(\w+)'", found[1])
