-- Resolved and ignored issues may wait for a release, a time, events or users.

-- What a resolved or ignored issue waits for; read only when an event meets such an issue. Without
-- a row the next event brings a resolved issue back, and an ignored one when it escalates.
CREATE TABLE issue_conditions (
    issue_id       INTEGER PRIMARY KEY REFERENCES issues (id) ON DELETE CASCADE,
    kind           TEXT NOT NULL CHECK (kind IN ('in_release', 'in_next_release', 'ignored')),
    release_id     INTEGER REFERENCES releases (id) ON DELETE CASCADE,  -- resolved in it, or in the one after it
    minutes        INTEGER,                      -- ignored for so long
    until          TEXT,                         -- which is then
    events         INTEGER,                      -- or until so many more have come
    events_window  INTEGER,                      -- within so many minutes; NULL: in any time
    users          INTEGER,                      -- or so many more users
    users_window   INTEGER,
    from_users     INTEGER NOT NULL,             -- user_count when it began; of the events status_events knows
    CHECK ((kind = 'ignored') = (release_id IS NULL))
) STRICT;

CREATE INDEX issue_conditions_by_time ON issue_conditions (until) WHERE until IS NOT NULL;
CREATE INDEX issue_conditions_by_release ON issue_conditions (release_id);

-- Who was hit since, where a condition counts users within a time.
CREATE TABLE issue_condition_users (
    issue_id   INTEGER NOT NULL REFERENCES issue_conditions (issue_id) ON DELETE CASCADE,
    user_hash  BLOB NOT NULL,
    seen_at    TEXT NOT NULL,                    -- when the latest event was received
    PRIMARY KEY (issue_id, user_hash)
) STRICT, WITHOUT ROWID;

-- What an operation made of the status, where that is more than the word: `substatus` and
-- `status_details` of the change, as JSON.
CREATE TABLE operation_details (
    operation_id  INTEGER PRIMARY KEY REFERENCES operations (id) ON DELETE CASCADE,
    details       TEXT NOT NULL CHECK (json_valid(details))
) STRICT;

-- What an issue waited for before: its row of issue_conditions, as JSON.
CREATE TABLE operation_conditions (
    operation_id  INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    issue_id      INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    condition     TEXT NOT NULL CHECK (json_valid(condition)),
    PRIMARY KEY (operation_id, issue_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX operation_conditions_by_issue ON operation_conditions (issue_id);

PRAGMA user_version = 6;
