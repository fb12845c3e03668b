-- Things can be deleted, in small steps: what goes is out of sight; one person can be erased.

-- Ids of projects that were deleted. One that was chosen is not given to another organization: the
-- DSNs of the old one may still be in use.
CREATE TABLE retired_projects (
    id      INTEGER PRIMARY KEY,
    org_id  INTEGER NOT NULL                     -- which may be gone too
) STRICT;

CREATE TRIGGER dictionaries_deleted AFTER DELETE ON dictionaries
BEGIN UPDATE instance SET config_version = config_version + 1; END;

-- Issues, projects and organizations on their way out. They are out of sight from the first
-- transaction on; their rows go in small steps. Nothing is referred to, as this stays.
CREATE TABLE deletions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id        INTEGER NOT NULL,              -- that asked for it
    kind          TEXT NOT NULL CHECK (kind IN ('issue', 'project', 'organization')),
    target_id     INTEGER NOT NULL,
    project_id    INTEGER,                       -- the project, or that of the issue
    name          TEXT NOT NULL,                 -- the word that confirmed it; '' once an organization is gone
    user_id       INTEGER,
    requested_at  TEXT NOT NULL,
    total         INTEGER NOT NULL,              -- events there were
    done          INTEGER NOT NULL DEFAULT 0,    -- events that are gone
    finished_at   TEXT,
    UNIQUE (kind, target_id)
) STRICT;

CREATE INDEX deletions_by_org ON deletions (org_id, id);
CREATE INDEX deletions_running ON deletions (id) WHERE finished_at IS NULL;

-- One person, to be found and erased. The identifiers stay no longer than the work.
CREATE TABLE erasures (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id        INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id       INTEGER,                       -- who asked for it
    identifiers   TEXT NOT NULL CHECK (json_valid(identifiers)),
    state         TEXT NOT NULL CHECK (state IN ('finding', 'found', 'erasing', 'done')),
    place         INTEGER NOT NULL DEFAULT 0,    -- the last event that was looked at
    report        TEXT NOT NULL CHECK (json_valid(report)),  -- numbers only
    requested_at  TEXT NOT NULL,
    confirmed_at  TEXT,
    finished_at   TEXT
) STRICT;

CREATE INDEX erasures_by_org ON erasures (org_id, id);
CREATE INDEX erasures_running ON erasures (id) WHERE state <> 'done';

-- What was found and has not been erased yet.
CREATE TABLE erasure_finds (
    erasure_id  INTEGER NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('event', 'mention', 'attachment', 'user_report')),
    row_id      INTEGER NOT NULL,
    PRIMARY KEY (erasure_id, kind, row_id)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 10;
