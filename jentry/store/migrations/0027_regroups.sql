-- Stored events are grouped again, by newer rules.

CREATE TABLE regroups (
    operation_id  INTEGER PRIMARY KEY REFERENCES operations (id) ON DELETE CASCADE,
    project_id    INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    state         TEXT NOT NULL CHECK (state IN (
                      'reading', 'leading', 'moving', 'done', 'undoing', 'returning', 'undone')),
    rules         TEXT NOT NULL,
    last_event    INTEGER NOT NULL,
    total         INTEGER NOT NULL,
    events        INTEGER NOT NULL DEFAULT 0,
    moved         INTEGER NOT NULL DEFAULT 0,
    seen_group    INTEGER NOT NULL DEFAULT 0,
    seen_at       TEXT NOT NULL DEFAULT '~',
    seen_id       INTEGER NOT NULL DEFAULT 0,
    finished_at   TEXT
) STRICT;

CREATE INDEX regroups_by_project ON regroups (project_id, operation_id);

CREATE TABLE regroup_flows (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id  INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    issue_id      INTEGER NOT NULL,
    former_id     INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    hash          BLOB NOT NULL,
    components    TEXT NOT NULL CHECK (json_valid(components)),
    is_same       INTEGER NOT NULL CHECK (is_same IN (0, 1)),
    events        INTEGER NOT NULL,
    newest_id     INTEGER NOT NULL,
    hash_id       INTEGER,
    UNIQUE (operation_id, version, hash, issue_id, former_id)
) STRICT;

CREATE TABLE regroup_events (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    flow_id     INTEGER NOT NULL,
    event_id    INTEGER NOT NULL,
    PRIMARY KEY (project_id, flow_id, event_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE regroup_hashes (
    operation_id  INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    hash_id       INTEGER NOT NULL,
    is_made       INTEGER NOT NULL CHECK (is_made IN (0, 1)),
    issue_id      INTEGER NOT NULL,
    made_id       INTEGER,
    former_id     INTEGER,
    PRIMARY KEY (operation_id, hash_id)
) STRICT, WITHOUT ROWID;
