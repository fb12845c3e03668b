-- When /readyz last found that the file can be written.
ALTER TABLE instance ADD COLUMN proved_at TEXT;
