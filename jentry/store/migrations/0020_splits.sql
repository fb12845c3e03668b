-- Hashes that were led to another issue, whose events follow them in small steps.

CREATE TABLE splits (
    source_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    hash_id    INTEGER NOT NULL REFERENCES issue_hashes (id) ON DELETE CASCADE,
    seen_at    TEXT NOT NULL,
    seen_id    INTEGER NOT NULL,
    PRIMARY KEY (source_id, hash_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX splits_by_hash ON splits (hash_id);
