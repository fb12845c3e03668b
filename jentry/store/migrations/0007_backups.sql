-- What became of the latest backups.

CREATE TABLE backups (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    taken_at  TEXT NOT NULL,
    file      TEXT NOT NULL,
    bytes     INTEGER NOT NULL,
    seconds   REAL NOT NULL,
    events    INTEGER NOT NULL,
    is_full   INTEGER NOT NULL CHECK (is_full IN (0, 1)),
    error     TEXT
) STRICT;
