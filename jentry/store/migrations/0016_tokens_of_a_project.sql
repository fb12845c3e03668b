-- A token may be for one project only.

ALTER TABLE api_tokens ADD COLUMN project_id INTEGER REFERENCES projects (id) ON DELETE CASCADE;

CREATE INDEX api_tokens_by_project ON api_tokens (project_id) WHERE project_id IS NOT NULL;
