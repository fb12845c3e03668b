-- When a commit was made, if the release tool said so.

ALTER TABLE release_commits ADD COLUMN committed_at TEXT;
