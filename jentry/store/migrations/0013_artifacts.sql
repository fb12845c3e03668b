-- Scripts, source maps and mappings are kept; a release can be archived.

ALTER TABLE releases ADD COLUMN archived_at TEXT;
ALTER TABLE events ADD COLUMN symbolication TEXT
    CHECK (symbolication IN ('mapped', 'partial', 'unmapped', 'pending'));

-- Artifacts: scripts, source maps and mappings that release tools upload --------------------------

-- Pieces of a bundle on their way in, until it is put together; at most a day.
CREATE TABLE upload_chunks (
    id          INTEGER PRIMARY KEY,
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    sha1        BLOB NOT NULL,                   -- of the data as it was before it was packed
    bytes       INTEGER NOT NULL,                -- unpacked
    created_at  TEXT NOT NULL,
    data        BLOB NOT NULL,
    UNIQUE (org_id, sha1)
) STRICT;

CREATE INDEX upload_chunks_by_age ON upload_chunks (created_at);

CREATE TABLE artifact_bundles (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id        INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    sha1          BLOB NOT NULL,                 -- of the bundle as it was uploaded
    release       TEXT NOT NULL,                 -- '': none, its files are found by debug id only
    dist          TEXT NOT NULL,
    bytes         INTEGER NOT NULL,              -- of its files, unpacked
    warnings      TEXT NOT NULL CHECK (json_valid(warnings)),  -- sentences
    uploaded_at   TEXT NOT NULL,
    last_used_at  TEXT NOT NULL,                 -- to the day
    UNIQUE (org_id, sha1, release, dist)
) STRICT;

CREATE INDEX artifact_bundles_by_use ON artifact_bundles (last_used_at, id);

-- Which projects may use a bundle.
CREATE TABLE artifact_projects (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    bundle_id   INTEGER NOT NULL REFERENCES artifact_bundles (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, bundle_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_projects_by_bundle ON artifact_projects (bundle_id);

-- What ingestion knows of a project's artifacts is out of date then, as with its keys.
CREATE TRIGGER artifact_projects_added AFTER INSERT ON artifact_projects
BEGIN UPDATE instance SET config_version = config_version + 1; END;
CREATE TRIGGER artifact_projects_deleted AFTER DELETE ON artifact_projects
BEGIN UPDATE instance SET config_version = config_version + 1; END;

-- Content of files, once however often it is uploaded; by anybody, who had all of it.
CREATE TABLE file_contents (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256   BLOB NOT NULL UNIQUE,
    bytes    INTEGER NOT NULL,
    packed   INTEGER NOT NULL,                   -- bytes of its row in file_payloads
    used_at  TEXT NOT NULL                       -- when it was last uploaded
) STRICT;

CREATE TABLE file_payloads (
    id    INTEGER PRIMARY KEY REFERENCES file_contents (id) ON DELETE CASCADE,
    data  BLOB NOT NULL
) STRICT;

CREATE TABLE artifact_files (
    id          INTEGER PRIMARY KEY,
    org_id      INTEGER NOT NULL,                -- of its bundle
    bundle_id   INTEGER NOT NULL REFERENCES artifact_bundles (id) ON DELETE CASCADE,
    type        TEXT NOT NULL CHECK (type IN (
                    'source', 'minified_source', 'source_map', 'indexed_ram_bundle', 'proguard')),
    url         TEXT NOT NULL,
    debug_id    BLOB,                            -- of a mapping its uuid
    release     TEXT NOT NULL,                   -- of its bundle
    map_url     TEXT,                            -- of a script: the name of its source map
    content_id  INTEGER NOT NULL REFERENCES file_contents (id),
    UNIQUE (bundle_id, url, type)
) STRICT;

CREATE INDEX artifact_files_by_content ON artifact_files (content_id);
CREATE INDEX artifact_files_by_debug_id ON artifact_files (debug_id, org_id, type, id)
    WHERE debug_id IS NOT NULL;
CREATE INDEX artifact_files_by_url ON artifact_files (org_id, release, url, id) WHERE release <> '';

-- Where a place of a script comes from, looked up once: JSON, or NULL when the map says nothing.
CREATE TABLE mapped_positions (
    script_id  INTEGER NOT NULL,                 -- of file_contents; 0 without a script
    map_id     INTEGER NOT NULL REFERENCES file_contents (id) ON DELETE CASCADE,
    line       INTEGER NOT NULL,
    col        INTEGER NOT NULL,
    result     TEXT CHECK (json_valid(result)),
    PRIMARY KEY (map_id, script_id, line, col)
) STRICT, WITHOUT ROWID;

-- Events whose frames lacked something: a debug id, or 'release NUL dist'.
CREATE TABLE event_wants (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    event_id    INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, name, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_wants_by_event ON event_wants (event_id);

PRAGMA user_version = 13;
