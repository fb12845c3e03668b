-- Rules by which new and regressed issues of a project are assigned.

ALTER TABLE projects ADD COLUMN ownership TEXT NOT NULL DEFAULT '';
