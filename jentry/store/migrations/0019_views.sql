-- Searches can be saved.

CREATE TABLE views (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id  INTEGER REFERENCES projects (id) ON DELETE CASCADE,
    user_id     INTEGER REFERENCES users (id) ON DELETE SET NULL,
    name        TEXT NOT NULL,
    search      TEXT NOT NULL,
    status      TEXT CHECK (status IN ('unresolved', 'resolved', 'ignored', 'all')),
    level       TEXT NOT NULL CHECK (level IN ('fatal', 'error', 'warning', 'info', 'debug', 'all')),
    sort        TEXT NOT NULL CHECK (sort IN ('last_seen', 'first_seen', 'events', 'users')),
    period      TEXT NOT NULL CHECK (period IN ('24h', '7d', '14d', 'all')),
    shared      INTEGER NOT NULL CHECK (shared IN (0, 1)),
    position    INTEGER NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
) STRICT;

CREATE INDEX views_by_org ON views (org_id, shared, user_id, position, id);
CREATE INDEX views_by_project ON views (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX views_by_user ON views (user_id);
