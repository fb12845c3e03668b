-- Tag keys with the number of their values; quotas of everything; what a token writes.

CREATE TABLE tag_keys (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key          TEXT NOT NULL,
    value_count  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project_id, key)
) STRICT;

INSERT INTO tag_keys (project_id, key, value_count)
SELECT project_id, key, count(*)
FROM tags
GROUP BY project_id, key
ORDER BY project_id, key;

CREATE TABLE new_issue_tags (
    issue_id   INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    key_id     INTEGER NOT NULL,
    tag_id     INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    events     INTEGER NOT NULL,
    last_seen  TEXT NOT NULL,
    PRIMARY KEY (issue_id, key_id, tag_id)
) STRICT, WITHOUT ROWID;

INSERT INTO new_issue_tags (issue_id, key_id, tag_id, events, last_seen)
SELECT s.issue_id, k.id, s.tag_id, s.events, s.last_seen
FROM issue_tags s
JOIN tags t ON t.id = s.tag_id
JOIN tag_keys k ON k.project_id = t.project_id AND k.key = t.key
ORDER BY s.issue_id, k.id, s.tag_id;

DROP TABLE issue_tags;
ALTER TABLE new_issue_tags RENAME TO issue_tags;
CREATE INDEX issue_tags_by_tag ON issue_tags (tag_id, issue_id);

-- The windows that are running begin anew: five minutes, an hour.
DROP TABLE quota_windows;

CREATE TABLE quota_windows (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    quota       TEXT NOT NULL,
    starts_at   TEXT NOT NULL,
    used        INTEGER NOT NULL,
    PRIMARY KEY (project_id, quota)
) STRICT, WITHOUT ROWID;

CREATE TABLE token_windows (
    token_id   INTEGER PRIMARY KEY REFERENCES api_tokens (id) ON DELETE CASCADE,
    starts_at  TEXT NOT NULL,
    used       INTEGER NOT NULL
) STRICT;
