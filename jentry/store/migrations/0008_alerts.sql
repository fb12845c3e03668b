-- Alerts: what ingestion notes, rules, channels, messages; schedules of jobs. Every organization
-- gets the channel and the rule that a new one has.

ALTER TABLE instance ADD COLUMN ticked_at TEXT;
ALTER TABLE issues ADD COLUMN muted_until TEXT;
ALTER TABLE monitors ADD COLUMN is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1));
ALTER TABLE monitors ADD COLUMN is_muted INTEGER NOT NULL DEFAULT 0 CHECK (is_muted IN (0, 1));

-- How a job does in one environment, as the notifier has judged it.
CREATE TABLE monitor_environments (
    monitor_id        INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
    environment       TEXT NOT NULL,             -- production when the check-in names none
    status            TEXT NOT NULL CHECK (status IN ('ok', 'failing')),
    next_expected_at  TEXT,                      -- NULL: no schedule, or one that cannot be read
    due_at            TEXT,                      -- it is missed then: the margin is over
    running           BLOB,                      -- check_in_id of the latest run that has not ended
    timeout_at        TEXT,                      -- it runs for too long then
    failures          INTEGER NOT NULL DEFAULT 0,  -- in a row
    successes         INTEGER NOT NULL DEFAULT 0,
    last_check_in_at  TEXT,
    PRIMARY KEY (monitor_id, environment)
) STRICT, WITHOUT ROWID;

CREATE INDEX monitor_environments_by_due ON monitor_environments (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX monitor_environments_by_timeout ON monitor_environments (timeout_at) WHERE timeout_at IS NOT NULL;

-- What ingestion notes for the notifier, in the transaction of the event: rows live for a second,
-- and where no notifier runs for a day. Without REFERENCES: what is gone by then alerts nobody.
CREATE TABLE happenings (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id   INTEGER NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN (
                     'new_issue', 'regressed', 'escalating', 'environment', 'recovered', 'check_in')),
    issue_id     INTEGER,                        -- NULL: of a check-in
    monitor_id   INTEGER,
    event_id     BLOB,                           -- that caused it; of a check-in, its own id
    level        TEXT,
    environment  TEXT,
    release      TEXT,
    detail       TEXT NOT NULL CHECK (json_valid(detail)),
    at           TEXT NOT NULL
) STRICT;

-- Where to and how bundled. Address and secret never leave the file but for what they are for.
CREATE TABLE alert_channels (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id            INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name              TEXT NOT NULL,
    kind              TEXT NOT NULL CHECK (kind IN ('email', 'webhook', 'apprise')),
    recipients        TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(recipients)),  -- of mail
    url               TEXT,                      -- of the others
    secret            TEXT,                      -- a webhook's: signs
    former_secret     TEXT,                      -- signs too, until
    former_until      TEXT,
    digest_seconds    INTEGER NOT NULL DEFAULT 300,
    quiet_hours       TEXT CHECK (quiet_hours IS NULL OR json_valid(quiet_hours)),
    is_active         INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    failures          INTEGER NOT NULL DEFAULT 0,  -- in a row
    failing_since     TEXT,
    last_error        TEXT,
    last_sent_at      TEXT,
    retry_at          TEXT,                      -- nothing is tried before
    last_batch_at     TEXT,                      -- what follows within digest_seconds waits
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL
) STRICT;

CREATE INDEX alert_channels_by_org ON alert_channels (org_id, id);

-- When somebody is told: any of the conditions, all of the filter.
CREATE TABLE alert_rules (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id            INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name              TEXT NOT NULL,
    covers_all        INTEGER NOT NULL CHECK (covers_all IN (0, 1)),  -- projects, later ones too
    conditions        TEXT NOT NULL CHECK (json_valid(conditions)),
    filter            TEXT NOT NULL CHECK (json_valid(filter)),
    throttle_seconds  INTEGER NOT NULL,
    is_active         INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    last_matched_at   TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL
) STRICT;

CREATE INDEX alert_rules_by_org ON alert_rules (org_id, id);

CREATE TABLE alert_rule_projects (
    rule_id     INTEGER NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    PRIMARY KEY (rule_id, project_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_rule_projects_by_project ON alert_rule_projects (project_id);

CREATE TABLE alert_rule_channels (
    rule_id     INTEGER NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    channel_id  INTEGER NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
    PRIMARY KEY (rule_id, channel_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_rule_channels_by_channel ON alert_rule_channels (channel_id);

-- When a condition of a rule last alerted for an issue, or else a project, and how often it has
-- kept silent since. Without REFERENCES to these: rows go with their age.
CREATE TABLE alert_throttles (
    rule_id     INTEGER NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    condition   TEXT NOT NULL,                   -- with its parameters: another number is another one
    project_id  INTEGER NOT NULL,
    issue_id    INTEGER NOT NULL,                -- 0: none
    at          TEXT NOT NULL,
    suppressed  INTEGER NOT NULL DEFAULT 0,
    is_once     INTEGER NOT NULL DEFAULT 0 CHECK (is_once IN (0, 1)),  -- it alerts no second time
    PRIMARY KEY (rule_id, condition, project_id, issue_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_throttles_by_age ON alert_throttles (at) WHERE is_once = 0;

-- One thing to tell on one channel. Those with one `batch` are one message.
CREATE TABLE alerts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id       INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    channel_id   INTEGER NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
    project_id   INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    issue_id     INTEGER REFERENCES issues (id) ON DELETE CASCADE,
    event_id     BLOB,
    condition    TEXT NOT NULL CHECK (condition IN (
                     'new_issue', 'regressed', 'escalating', 'frequency', 'users', 'crash_free', 'quota', 'recovered')),
    environment  TEXT,
    level        TEXT,
    detail       TEXT NOT NULL CHECK (json_valid(detail)),
    at           TEXT NOT NULL,
    batch        INTEGER                         -- the id of its first alert; NULL: waits
) STRICT;

CREATE INDEX alerts_waiting ON alerts (channel_id, id) WHERE batch IS NULL;
CREATE INDEX alerts_by_batch ON alerts (batch, id);
CREATE INDEX alerts_by_channel ON alerts (channel_id);
CREATE INDEX alerts_by_org ON alerts (org_id);
CREATE INDEX alerts_by_project ON alerts (project_id);
CREATE INDEX alerts_by_issue ON alerts (issue_id, id) WHERE issue_id IS NOT NULL;

-- The rules that led to an alert.
CREATE TABLE alert_origins (
    alert_id  INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    rule_id   INTEGER NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    PRIMARY KEY (alert_id, rule_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_origins_by_rule ON alert_origins (rule_id, alert_id);

-- One message to one address.
CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    channel_id  INTEGER REFERENCES alert_channels (id) ON DELETE CASCADE,  -- NULL: mail of the server itself
    batch       INTEGER,                         -- of alerts; NULL: a test, or a text of its own
    kind        TEXT NOT NULL CHECK (kind IN ('alert', 'test', 'notice')),
    text        TEXT CHECK (text IS NULL OR json_valid(text)),  -- of a notice: {"subject": …, "lines": […]}
    recipient   TEXT NOT NULL,                   -- an address of mail, else what may be shown of the URL
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    created_at  TEXT NOT NULL,
    tried_from  TEXT NOT NULL,                   -- given up 24 hours later
    due_at      TEXT,
    sent_at     TEXT,
    answer      TEXT,                            -- of the receiver, cut
    error       TEXT
) STRICT;

CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX deliveries_by_org ON deliveries (org_id, id);
CREATE INDEX deliveries_by_channel ON deliveries (channel_id, id);
CREATE INDEX deliveries_by_batch ON deliveries (batch);
CREATE INDEX deliveries_by_age ON deliveries (created_at);

-- Who wants no mail of a channel.
CREATE TABLE alert_optouts (
    channel_id  INTEGER NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
    email       TEXT NOT NULL,                   -- lower case
    created_at  TEXT NOT NULL,
    PRIMARY KEY (channel_id, email)
) STRICT, WITHOUT ROWID;

-- What owners were told of the server itself: once per cause and day.
CREATE TABLE alert_notices (
    org_id  INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    cause   TEXT NOT NULL,
    at      TEXT NOT NULL,
    PRIMARY KEY (org_id, cause)
) STRICT, WITHOUT ROWID;

INSERT INTO alert_channels (org_id, name, kind, recipients, created_at, updated_at)
SELECT id, 'Members by mail', 'email', '["members"]', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
       strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
FROM organizations;

INSERT INTO alert_rules (org_id, name, covers_all, conditions, filter, throttle_seconds, created_at, updated_at)
SELECT id, 'New and returning errors', 1,
       '[{"kind": "new_issue"}, {"kind": "regressed"}, {"kind": "escalating"}, {"kind": "recovered"}]',
       '{"levels": ["fatal", "error"]}', 1800,
       strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
FROM organizations;

INSERT INTO alert_rule_channels (rule_id, channel_id)
SELECT r.id, c.id
FROM alert_rules r
JOIN alert_channels c ON c.org_id = r.org_id;

PRAGMA user_version = 8;
