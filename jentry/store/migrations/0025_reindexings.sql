-- Issues that events have left are read anew for what they are found by.

CREATE TABLE reindexings (
    issue_id  INTEGER PRIMARY KEY REFERENCES issues (id) ON DELETE CASCADE,
    moves     INTEGER NOT NULL
) STRICT;
