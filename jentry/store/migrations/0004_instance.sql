-- When /readyz last found that the file can be written.
ALTER TABLE instance ADD COLUMN proved_at TEXT;
-- The counter of project ids. Ids that somebody has chosen, such as those of a hosted server with
-- sixteen digits, do not move it.
ALTER TABLE instance ADD COLUMN last_project_id INTEGER NOT NULL DEFAULT 0;
UPDATE instance SET last_project_id = coalesce((SELECT max(id) FROM projects WHERE id < 4294967296), 0);
