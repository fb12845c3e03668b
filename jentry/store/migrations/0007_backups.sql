-- What became of the latest backups, and of exports that are read.

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

CREATE TABLE imports (
    export_id    TEXT PRIMARY KEY,
    lines        INTEGER NOT NULL,
    started_at   TEXT NOT NULL,
    finished_at  TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE import_issues (
    export_id  TEXT NOT NULL REFERENCES imports (export_id) ON DELETE CASCADE,
    theirs     INTEGER NOT NULL,
    issue_id   INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    is_new     INTEGER NOT NULL CHECK (is_new IN (0, 1)),
    PRIMARY KEY (export_id, theirs)
) STRICT, WITHOUT ROWID;

CREATE INDEX import_issues_by_issue ON import_issues (issue_id);
