-- What is not kept for ever is counted when it goes; what projects hold, and what the file did.

-- Events of an issue that are not kept any more, by why: event_count is the rows and these.
CREATE TABLE issue_evictions (
    issue_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    reason    TEXT NOT NULL CHECK (reason IN ('age', 'issue_cap', 'project_cap', 'budget', 'erased', 'deleted')),
    events    INTEGER NOT NULL,
    last_at   TEXT NOT NULL,
    PRIMARY KEY (issue_id, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE project_usage (
    project_id  INTEGER PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    events      INTEGER NOT NULL DEFAULT 0,
    bytes       INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO project_usage (project_id) SELECT id FROM projects;

UPDATE project_usage
SET events = (SELECT count(*) FROM events WHERE events.project_id = project_usage.project_id),
    bytes = (SELECT coalesce(sum(bytes), 0) FROM events WHERE events.project_id = project_usage.project_id)
        + (SELECT coalesce(sum(size), 0) FROM attachments WHERE attachments.project_id = project_usage.project_id);

CREATE TRIGGER project_usage_begun AFTER INSERT ON projects
BEGIN INSERT INTO project_usage (project_id) VALUES (NEW.id); END;
CREATE TRIGGER events_inserted AFTER INSERT ON events
BEGIN UPDATE project_usage SET events = events + 1, bytes = bytes + NEW.bytes WHERE project_id = NEW.project_id; END;
CREATE TRIGGER events_deleted AFTER DELETE ON events
BEGIN UPDATE project_usage SET events = events - 1, bytes = bytes - OLD.bytes WHERE project_id = OLD.project_id; END;
CREATE TRIGGER events_changed AFTER UPDATE OF bytes, project_id ON events BEGIN
    UPDATE project_usage SET events = events - 1, bytes = bytes - OLD.bytes WHERE project_id = OLD.project_id;
    UPDATE project_usage SET events = events + 1, bytes = bytes + NEW.bytes WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER attachments_inserted AFTER INSERT ON attachments
BEGIN UPDATE project_usage SET bytes = bytes + NEW.size WHERE project_id = NEW.project_id; END;
CREATE TRIGGER attachments_deleted AFTER DELETE ON attachments
BEGIN UPDATE project_usage SET bytes = bytes - OLD.size WHERE project_id = OLD.project_id; END;

CREATE TABLE usage_hours (
    hour        TEXT PRIMARY KEY,
    used_bytes  INTEGER NOT NULL,
    events      INTEGER NOT NULL,
    evicted     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

ALTER TABLE organizations ADD COLUMN eviction_level INTEGER;
ALTER TABLE instance ADD COLUMN most_pages INTEGER;
