"""Which transaction of a writer was the last one: whether it was committed can be asked afterwards.

Names are made anew for each writer, so that rows stay behind of those that are gone.
"""

TABLE = """
CREATE TABLE writers (
    name TEXT PRIMARY KEY,
    batch BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT now()
)
"""
MARK = """
    INSERT INTO writers (name, batch) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET batch = excluded.batch, at = excluded.at
"""
IS_MARKED = "SELECT 1 FROM writers WHERE name = ? AND batch = ?"
FORGET = "DELETE FROM writers WHERE at < now() - interval '1 day'"
