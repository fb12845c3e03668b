-- How far the events of another tracker's issue are fetched.

ALTER TABLE import_issues ADD COLUMN cursor TEXT;
ALTER TABLE import_issues ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_issues ADD COLUMN fetched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_issues ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_issues ADD COLUMN absent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_issues ADD COLUMN seen_to TEXT NOT NULL DEFAULT '';
ALTER TABLE import_issues ADD COLUMN last_event INTEGER NOT NULL DEFAULT 0;
