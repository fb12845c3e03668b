-- Rules by which events of a project are grouped.

ALTER TABLE projects ADD COLUMN fingerprint_rules TEXT NOT NULL DEFAULT '';
