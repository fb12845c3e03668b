-- Issues can be merged, and that undone.

ALTER TABLE issues ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;

CREATE TABLE issue_parts (
    part_id           INTEGER PRIMARY KEY REFERENCES issues (id) ON DELETE CASCADE,
    issue_id          INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    type              TEXT NOT NULL,
    title             TEXT NOT NULL,
    culprit           TEXT NOT NULL,
    level             TEXT NOT NULL,
    search            TEXT NOT NULL,
    first_seen        TEXT NOT NULL,
    last_seen         TEXT NOT NULL,
    event_count       INTEGER NOT NULL,
    user_count        INTEGER NOT NULL,
    first_release_id  INTEGER REFERENCES releases (id) ON DELETE SET NULL,
    first_release_at  TEXT,
    last_release_id   INTEGER REFERENCES releases (id) ON DELETE SET NULL,
    last_release_at   TEXT,
    state             TEXT NOT NULL CHECK (json_valid(state)),
    joined_at         TEXT NOT NULL,
    merged_at         TEXT NOT NULL,
    merged_events     INTEGER NOT NULL
) STRICT;

CREATE INDEX issue_parts_by_issue ON issue_parts (issue_id, part_id);
CREATE INDEX issue_parts_by_first_release ON issue_parts (first_release_id);
CREATE INDEX issue_parts_by_last_release ON issue_parts (last_release_id);

CREATE TABLE operation_parts (
    operation_id  INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    part_id       INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    former_id     INTEGER,
    former_at     TEXT,
    PRIMARY KEY (operation_id, part_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX operation_parts_by_part ON operation_parts (part_id);
