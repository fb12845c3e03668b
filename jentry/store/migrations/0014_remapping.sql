-- Events that lacked what a bundle brought are mapped again.

CREATE TABLE remappings (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    bundle_id   INTEGER NOT NULL REFERENCES artifact_bundles (id) ON DELETE CASCADE,
    before_id   INTEGER NOT NULL,
    events      INTEGER NOT NULL DEFAULT 0,
    mapped      INTEGER NOT NULL DEFAULT 0,
    moved       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, bundle_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX remappings_by_bundle ON remappings (bundle_id);

ALTER TABLE issue_hashes ADD COLUMN heir_id INTEGER;
