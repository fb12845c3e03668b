-- The whole schema of a jentry database. Times are fixed-width UTC text (2026-06-29T12:30:00.000Z),
-- hours their first 13 characters. Counters are kept by ingestion in the transaction of the event,
-- are lifetime figures, and are never computed from the events that happen to be retained.
-- AUTOINCREMENT: the id stands in DSNs, links, cursors or payloads and must not come back after a
-- deletion. A CHECK may have room for words that nothing writes yet: it cannot be altered.

-- The database itself: one row.
CREATE TABLE instance (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    secret          BLOB NOT NULL,               -- salt of the identity hashes below
    config_version  INTEGER NOT NULL DEFAULT 1,  -- moves when a project, key or dictionary changes: see the triggers
    setup_sha256    TEXT,                        -- of the one-time set-up address, until it is used
    is_demo         INTEGER NOT NULL DEFAULT 0 CHECK (is_demo IN (0, 1)),
    created_at      TEXT NOT NULL,
    proved_at       TEXT,                        -- when /readyz last found that it can be written
    last_project_id  INTEGER NOT NULL DEFAULT 0, -- the last id that nobody chose
    ticked_at       TEXT,                        -- when the notifier last looked; twice a minute
    most_pages      INTEGER,                     -- the file may have, by the disk budget; NULL: any number
    unsearchable_to  INTEGER NOT NULL DEFAULT 0, -- the last event that upkeep has yet to fill into the tables of the search
    unsearchable     INTEGER NOT NULL DEFAULT 0, -- where that began: what share is done
    fills_search     INTEGER NOT NULL DEFAULT 1 CHECK (fills_search IN (0, 1))  -- no: it was stopped
) STRICT;

-- What became of the latest backups, failed ones too.
CREATE TABLE backups (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    taken_at  TEXT NOT NULL,                     -- what was committed before is inside; or when it was tried
    file      TEXT NOT NULL,
    bytes     INTEGER NOT NULL,
    seconds   REAL NOT NULL,
    events    INTEGER NOT NULL,                  -- that are inside
    is_full   INTEGER NOT NULL CHECK (is_full IN (0, 1)),  -- verified to the last payload
    error     TEXT                               -- why there is none
) STRICT;

-- Exports that were read, and how far: one that was interrupted goes on there.
CREATE TABLE imports (
    export_id    TEXT PRIMARY KEY,
    lines        INTEGER NOT NULL,               -- that are done
    started_at   TEXT NOT NULL,
    finished_at  TEXT
) STRICT, WITHOUT ROWID;

-- Which issue of the export is which here. One that came with it brought its lifetime counts, so
-- that its events are not counted again. The rest is of one that is fetched from another tracker.
CREATE TABLE import_issues (
    export_id  TEXT NOT NULL REFERENCES imports (export_id) ON DELETE CASCADE,
    theirs     INTEGER NOT NULL,
    issue_id   INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    is_new     INTEGER NOT NULL CHECK (is_new IN (0, 1)),
    cursor     TEXT,                             -- of their next page of events; NULL: none is wanted
    asked      INTEGER NOT NULL DEFAULT 0,       -- events that were wanted, at most
    fetched    INTEGER NOT NULL DEFAULT 0,       -- events that were read
    counted    INTEGER NOT NULL DEFAULT 0,       -- of their lifetime count, what is counted here
    absent     INTEGER NOT NULL DEFAULT 0,       -- of that: events of which only the number came
    seen_to    TEXT NOT NULL DEFAULT '',         -- its last event when they were last read
    last_event INTEGER NOT NULL DEFAULT 0,       -- events.id: what came until then alerts nobody
    PRIMARY KEY (export_id, theirs)
) STRICT, WITHOUT ROWID;

CREATE INDEX import_issues_by_issue ON import_issues (issue_id);

-- Who --------------------------------------------------------------------------------------------

-- A tenant. Nothing of one organization exists for another.
CREATE TABLE organizations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    slug        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    requires_second_factor  INTEGER NOT NULL DEFAULT 0 CHECK (requires_second_factor IN (0, 1)),
    eviction_level  INTEGER                      -- events that issues kept when the disk budget last took some
) STRICT;

CREATE TABLE users (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    email           TEXT NOT NULL UNIQUE,        -- lower case
    name            TEXT,
    password        TEXT,                        -- scrypt; NULL until one has been chosen
    is_operator     INTEGER NOT NULL DEFAULT 0 CHECK (is_operator IN (0, 1)),  -- may see server-wide facts
    created_at      TEXT NOT NULL,
    deactivated_at  TEXT,
    theme           TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
    time_zone       TEXT NOT NULL DEFAULT 'UTC', -- a name of the IANA database
    has_shortcuts   INTEGER NOT NULL DEFAULT 1 CHECK (has_shortcuts IN (0, 1)),
    mails_assigned  INTEGER NOT NULL DEFAULT 1 CHECK (mails_assigned IN (0, 1)),  -- issues, by somebody else
    mails_named     INTEGER NOT NULL DEFAULT 1 CHECK (mails_named IN (0, 1))  -- in a comment
) STRICT;

CREATE TABLE memberships (
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id     INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role        TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    created_at  TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_by_user ON memberships (user_id);

-- Members who want the weekly summary, and until when it has told them.
CREATE TABLE weekly_summaries (
    org_id      INTEGER NOT NULL,
    user_id     INTEGER NOT NULL,
    told_until  TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id),
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A person who was asked to join; a membership, and if need be an account, follow on acceptance.
CREATE TABLE invitations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email       TEXT NOT NULL,                   -- lower case
    role        TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    sha256      TEXT NOT NULL UNIQUE,            -- of the secret in the link
    created_at  TEXT NOT NULL,
    expires_at  TEXT NOT NULL,
    UNIQUE (org_id, email)
) STRICT;

-- One-time links with which a user chooses a password: the first one, or a new one.
CREATE TABLE password_links (
    user_id     INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sha256      TEXT NOT NULL UNIQUE,
    created_at  TEXT NOT NULL,
    expires_at  TEXT NOT NULL
) STRICT;

-- Browsers that are signed in. The secret is in their cookie; here is only its hash.
CREATE TABLE user_sessions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sha256        TEXT NOT NULL UNIQUE,
    org_id        INTEGER,                       -- the organization shown; one that is left falls back to another
    device        TEXT NOT NULL,                 -- Firefox on Linux
    address       TEXT NOT NULL,
    is_pending    INTEGER NOT NULL CHECK (is_pending IN (0, 1)),     -- the second factor is still to come
    is_persistent INTEGER NOT NULL CHECK (is_persistent IN (0, 1)),  -- outlives the browser
    created_at    TEXT NOT NULL,
    last_used_at  TEXT NOT NULL,                 -- to a few minutes
    expires_at    TEXT NOT NULL
) STRICT;

CREATE INDEX user_sessions_by_user ON user_sessions (user_id, id);
CREATE INDEX user_sessions_by_expiry ON user_sessions (expires_at);

-- Codes that change every 30 seconds (TOTP), asked for after the password once confirmed.
CREATE TABLE second_factors (
    user_id       INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret        TEXT NOT NULL,                 -- base32; both sides need it
    last_step     INTEGER NOT NULL DEFAULT 0,    -- of the newest code taken: no code is taken twice
    created_at    TEXT NOT NULL,
    confirmed_at  TEXT
) STRICT;

-- Each stands in once for a code of the second factor, and is deleted.
CREATE TABLE recovery_codes (
    user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sha256   TEXT NOT NULL,
    PRIMARY KEY (user_id, sha256)
) STRICT, WITHOUT ROWID;

-- Attempts to sign in, in windows of a few minutes, for each account and each address: in the
-- database so that every process counts the same. The table is kept small.
CREATE TABLE sign_in_attempts (
    subject     TEXT PRIMARY KEY,                -- a hash: whether there is such an account is no matter
    attempts    INTEGER NOT NULL,
    expires_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_attempts_by_expiry ON sign_in_attempts (expires_at);

-- Credentials of the REST API. The token itself is shown once and never stored.
CREATE TABLE api_tokens (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id        INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,  -- its creator
    name          TEXT NOT NULL,
    sha256        TEXT NOT NULL UNIQUE,
    last_four     TEXT NOT NULL,
    scopes        TEXT NOT NULL,                 -- separated by blanks
    created_at    TEXT NOT NULL,
    expires_at    TEXT,
    revoked_at    TEXT,
    last_used_at  TEXT,                          -- to the minute
    project_id    INTEGER REFERENCES projects (id) ON DELETE CASCADE  -- NULL: all of the organization
) STRICT;

CREATE INDEX api_tokens_by_org ON api_tokens (org_id, id);
CREATE INDEX api_tokens_by_user ON api_tokens (user_id);
CREATE INDEX api_tokens_by_project ON api_tokens (project_id) WHERE project_id IS NOT NULL;

-- Answers to POST requests that named an Idempotency-Key, to be given again for 24 hours.
CREATE TABLE idempotency_keys (
    token_id    INTEGER NOT NULL REFERENCES api_tokens (id) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    request     BLOB NOT NULL CHECK (length(request) = 32),  -- SHA-256 of method, address and body
    status      INTEGER NOT NULL,
    headers     TEXT NOT NULL CHECK (json_valid(headers)),
    body        BLOB NOT NULL,
    created_at  TEXT NOT NULL,
    PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Append-only.
CREATE TABLE audit_log (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id     INTEGER REFERENCES users (id) ON DELETE SET NULL,  -- NULL: the command line
    action      TEXT NOT NULL,                   -- issue.resolve
    target      TEXT NOT NULL,                   -- issue:42
    meta        TEXT NOT NULL CHECK (json_valid(meta)),
    created_at  TEXT NOT NULL
) STRICT;

-- The list, as it is and for one user or action; each covers the filter by time. And the history of
-- one thing.
CREATE INDEX audit_log_by_org ON audit_log (org_id, id, created_at);
CREATE INDEX audit_log_by_user ON audit_log (user_id, org_id, id, created_at);
CREATE INDEX audit_log_by_action ON audit_log (org_id, action, id, user_id, created_at);
CREATE INDEX audit_log_by_target ON audit_log (org_id, target, created_at, id);

-- Projects ---------------------------------------------------------------------------------------

CREATE TABLE projects (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    slug        TEXT NOT NULL,
    name        TEXT NOT NULL,
    platform    TEXT,
    settings    TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),  -- only what differs from the defaults
    created_at  TEXT NOT NULL,
    ownership   TEXT NOT NULL DEFAULT '',        -- rules by which issues are assigned, one a line
    fingerprint_rules  TEXT NOT NULL DEFAULT '', -- rules by which events are grouped, the same
    UNIQUE (org_id, slug)
) STRICT;

-- What an SDK authenticates with: the user part of a DSN.
CREATE TABLE client_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id   INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    public_key   TEXT NOT NULL UNIQUE CHECK (length(public_key) = 32),
    name         TEXT NOT NULL DEFAULT 'Default',
    created_at   TEXT NOT NULL,
    disabled_at  TEXT
) STRICT;

CREATE INDEX client_keys_by_project ON client_keys (project_id, id);

-- Ingestion caches projects, keys and dictionaries; whatever changes them, every process notices
-- by this number.
CREATE TRIGGER projects_inserted AFTER INSERT ON projects
BEGIN UPDATE instance SET config_version = config_version + 1; END;
CREATE TRIGGER projects_updated AFTER UPDATE ON projects
BEGIN UPDATE instance SET config_version = config_version + 1; END;
CREATE TRIGGER projects_deleted AFTER DELETE ON projects
BEGIN UPDATE instance SET config_version = config_version + 1; END;
CREATE TRIGGER client_keys_inserted AFTER INSERT ON client_keys
BEGIN UPDATE instance SET config_version = config_version + 1; END;
CREATE TRIGGER client_keys_updated AFTER UPDATE ON client_keys
BEGIN UPDATE instance SET config_version = config_version + 1; END;
CREATE TRIGGER client_keys_deleted AFTER DELETE ON client_keys
BEGIN UPDATE instance SET config_version = config_version + 1; END;

-- Ids of projects that were deleted. One that was chosen is not given to another organization: the
-- DSNs of the old one may still be in use.
CREATE TABLE retired_projects (
    id      INTEGER PRIMARY KEY,
    org_id  INTEGER NOT NULL                     -- which may be gone too
) STRICT;

-- What the payloads of a project have in common; new events are compressed with the newest. Never
-- changed and, for the sake of older events, not deleted before the project.
CREATE TABLE dictionaries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    created_at  TEXT NOT NULL,
    events      INTEGER NOT NULL,                -- of the project, when it was trained
    data        BLOB NOT NULL                    -- a zstd dictionary
) STRICT;

CREATE INDEX dictionaries_by_project ON dictionaries (project_id, id);

CREATE TRIGGER dictionaries_inserted AFTER INSERT ON dictionaries
BEGIN UPDATE instance SET config_version = config_version + 1; END;
CREATE TRIGGER dictionaries_deleted AFTER DELETE ON dictionaries
BEGIN UPDATE instance SET config_version = config_version + 1; END;

-- Releases ---------------------------------------------------------------------------------------

-- A version that an event, a session or the API has named.
CREATE TABLE releases (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id     INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    version        TEXT NOT NULL,                -- '': all beyond the cap
    ref            TEXT,
    url            TEXT,
    date_released  TEXT,
    created_at     TEXT NOT NULL,
    registered_at  TEXT,                         -- first POST by the API; NULL: known from traffic only
    first_seen     TEXT,                         -- over events and sessions; NULL: registered only
    last_seen      TEXT,
    sorted_at      TEXT NOT NULL,                -- date_released, else the earlier of first_seen and created_at
    events         INTEGER NOT NULL DEFAULT 0,
    issues         INTEGER NOT NULL DEFAULT 0,   -- distinct issues with an event of this release
    sessions       INTEGER NOT NULL DEFAULT 0,   -- all; the next four are disjoint parts of it
    errored        INTEGER NOT NULL DEFAULT 0,
    crashed        INTEGER NOT NULL DEFAULT 0,
    abnormal       INTEGER NOT NULL DEFAULT 0,
    unhandled      INTEGER NOT NULL DEFAULT 0,
    folded         TEXT NOT NULL DEFAULT '',     -- the version, by store/sql.py
    archived_at    TEXT,                         -- by a release tool, whose lists leave it out since
    UNIQUE (project_id, version)
) STRICT;

-- The release list, newest first.
CREATE INDEX releases_by_age ON releases (project_id, sorted_at DESC, id DESC);
CREATE INDEX releases_by_folded ON releases (project_id, folded);

CREATE TABLE release_commits (
    release_id    INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL,              -- order in the request
    sha           TEXT NOT NULL,
    author        TEXT,
    author_email  TEXT,
    message       TEXT,
    url           TEXT,
    files         TEXT NOT NULL CHECK (json_valid(files)),
    committed_at  TEXT,
    PRIMARY KEY (release_id, position)
) STRICT;

-- The releases that have a commit.
CREATE INDEX release_commits_by_sha ON release_commits (sha);

CREATE TABLE release_deploys (
    id           INTEGER PRIMARY KEY,
    release_id   INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    environment  TEXT NOT NULL,
    name         TEXT,
    url          TEXT,
    deployed_at  TEXT NOT NULL
) STRICT;

CREATE INDEX release_deploys_by_release ON release_deploys (release_id);

-- Issues -----------------------------------------------------------------------------------------

-- A group of events with the same cause, as far as grouping can tell.
CREATE TABLE issues (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id        INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    type              TEXT NOT NULL,             -- error, default, csp …
    title             TEXT NOT NULL,             -- title, culprit and level are those of the latest event
    culprit           TEXT NOT NULL DEFAULT '',
    level             TEXT NOT NULL CHECK (level IN ('fatal', 'error', 'warning', 'info', 'debug')),
    search            TEXT NOT NULL,             -- title, line feed, culprit; folded by store/sql.py
    status            TEXT NOT NULL DEFAULT 'unresolved' CHECK (status IN ('unresolved', 'resolved', 'ignored', 'merged')),
    substatus         TEXT DEFAULT 'new' CHECK (substatus IN (
                          'new', 'ongoing', 'regressed', 'escalating', 'archived_until_escalating',
                          'archived_until_condition_met', 'archived_forever')),
    status_at         TEXT NOT NULL,             -- since when the two above hold
    status_events     INTEGER NOT NULL DEFAULT 0,  -- event_count at that moment
    assignee_id       INTEGER REFERENCES users (id) ON DELETE SET NULL,
    first_seen        TEXT NOT NULL,
    last_seen         TEXT NOT NULL,
    event_count       INTEGER NOT NULL DEFAULT 0,
    user_count        INTEGER NOT NULL DEFAULT 0,  -- distinct users, exact: rows of issue_users
    first_release_id  INTEGER REFERENCES releases (id) ON DELETE SET NULL,
    first_release_at  TEXT,                      -- time of the event that set it
    last_release_id   INTEGER REFERENCES releases (id) ON DELETE SET NULL,
    last_release_at   TEXT,
    muted_until       TEXT,                      -- nobody is told before
    parts             INTEGER NOT NULL DEFAULT 0,  -- of a merged issue: rows of issue_parts; its figures are theirs together
    CHECK (first_seen <= last_seen),
    CHECK ((status IN ('resolved', 'merged')) = (substatus IS NULL))
) STRICT;

-- The issue list, one index a sort: each covers the filters status and level, so that rows that do
-- not match cost no look-up and nothing is ever sorted.
CREATE INDEX issues_by_last_seen ON issues (project_id, last_seen DESC, id DESC, status, level);
CREATE INDEX issues_by_first_seen ON issues (project_id, first_seen DESC, id DESC, status, level);
CREATE INDEX issues_by_events ON issues (project_id, event_count DESC, id DESC, status, level);
CREATE INDEX issues_by_users ON issues (project_id, user_count DESC, id DESC, status, level);
-- What the other filters read to find their ids; ordinary events change neither.
CREATE INDEX issues_by_text ON issues (project_id, search, status, level, type);
CREATE INDEX issues_by_substatus ON issues (project_id, substatus, status_at, status);
CREATE INDEX issues_by_assignee ON issues (assignee_id, project_id);
CREATE INDEX issues_by_first_release ON issues (first_release_id);
CREATE INDEX issues_by_last_release ON issues (last_release_id);

-- Which issue a grouping hash leads to. Several may lead to one: merged issues, and issues that
-- have lived through a change of the grouping algorithm.
CREATE TABLE issue_hashes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    version     INTEGER NOT NULL,                -- of the algorithm in jentry/ingest/grouping
    hash        BLOB NOT NULL,
    issue_id    INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    components  TEXT NOT NULL CHECK (json_valid(components)),  -- what went into the hash
    heir_id     INTEGER,                         -- the first hash that events of this one got once they were mapped
    UNIQUE (project_id, version, hash)
) STRICT;

CREATE INDEX issue_hashes_by_issue ON issue_hashes (issue_id);

-- What a merged issue is made of: itself, as far as its own hashes lead to it, and each issue that
-- was merged into it, whose status is `merged` since. Hashes, events and what is counted of them stay
-- with the part; here are its own figures, while its row in issues has none.
CREATE TABLE issue_parts (
    part_id           INTEGER PRIMARY KEY REFERENCES issues (id) ON DELETE CASCADE,
    issue_id          INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    type              TEXT NOT NULL,
    title             TEXT NOT NULL,
    culprit           TEXT NOT NULL,
    level             TEXT NOT NULL,
    search            TEXT NOT NULL,
    first_seen        TEXT NOT NULL,
    last_seen         TEXT NOT NULL,
    event_count       INTEGER NOT NULL,
    user_count        INTEGER NOT NULL,
    first_release_id  INTEGER REFERENCES releases (id) ON DELETE SET NULL,
    first_release_at  TEXT,
    last_release_id   INTEGER REFERENCES releases (id) ON DELETE SET NULL,
    last_release_at   TEXT,
    state             TEXT NOT NULL CHECK (json_valid(state)),  -- status, assignee and what it waited for, as JSON, to be put back; {} of the issue itself
    joined_at         TEXT NOT NULL,             -- when it became a part of this issue
    merged_at         TEXT NOT NULL,             -- since when it is no issue of its own
    merged_events     INTEGER NOT NULL           -- event_count at that moment
) STRICT;

CREATE INDEX issue_parts_by_issue ON issue_parts (issue_id, part_id);
CREATE INDEX issue_parts_by_first_release ON issue_parts (first_release_id);
CREATE INDEX issue_parts_by_last_release ON issue_parts (last_release_id);

-- Hashes that were led to another issue, whose events follow them in small steps, the newest first.
CREATE TABLE splits (
    source_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,  -- the issue, or part, that they leave
    hash_id    INTEGER NOT NULL REFERENCES issue_hashes (id) ON DELETE CASCADE,
    seen_at    TEXT NOT NULL,                    -- moment and id of the last event that was looked at
    seen_id    INTEGER NOT NULL,
    PRIMARY KEY (source_id, hash_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX splits_by_hash ON splits (hash_id);

-- Issues, or parts, that events have left: what those that they keep are found by is read anew.
CREATE TABLE reindexings (
    issue_id  INTEGER PRIMARY KEY REFERENCES issues (id) ON DELETE CASCADE,
    moves     INTEGER NOT NULL                   -- transactions in which events left, or came: a reading that one of them overtook is done again
) STRICT;

-- Distinct users, by salted hash. Never evicted, so that user_count stays exact.
CREATE TABLE issue_users (
    issue_id   INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    user_hash  BLOB NOT NULL,
    PRIMARY KEY (issue_id, user_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue_hours (
    issue_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    hour      TEXT NOT NULL,
    events    INTEGER NOT NULL,
    PRIMARY KEY (issue_id, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue_releases (
    issue_id    INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    release_id  INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    events      INTEGER NOT NULL,
    PRIMARY KEY (issue_id, release_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX issue_releases_by_release ON issue_releases (release_id, issue_id);

-- Keys and values are told apart up to a cap. That there were more keys is the one without a name.
CREATE TABLE tag_keys (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key          TEXT NOT NULL,
    value_count  INTEGER NOT NULL DEFAULT 0,      -- rows of `tags`, without the one of all others
    UNIQUE (project_id, key)
) STRICT;

-- A tag key with one of its values, once per project; '' stands for those beyond the cap.
-- `environment` is kept as a tag too.
CREATE TABLE tags (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    value       TEXT NOT NULL,
    folded      TEXT NOT NULL DEFAULT '',        -- the value, by store/sql.py
    UNIQUE (project_id, key, value)
) STRICT;

CREATE INDEX tags_by_folded ON tags (project_id, key, folded);

CREATE TABLE issue_tags (
    issue_id   INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    key_id     INTEGER NOT NULL,                 -- of the tag: its values stand together
    tag_id     INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    events     INTEGER NOT NULL,
    last_seen  TEXT NOT NULL,
    PRIMARY KEY (issue_id, key_id, tag_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX issue_tags_by_tag ON issue_tags (tag_id, issue_id);

-- What issues are found by and nobody counts, up to a cap: types of errors, frames, clients, what
-- an issue has at all. Of paths `tail` is the last part, of all else it is empty.
CREATE TABLE facets (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    tail        TEXT NOT NULL,
    folded      TEXT NOT NULL,                   -- the value, by store/sql.py
    UNIQUE (project_id, key, tail, folded)
) STRICT;

CREATE TABLE issue_facets (
    facet_id  INTEGER NOT NULL REFERENCES facets (id) ON DELETE CASCADE,
    issue_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    PRIMARY KEY (facet_id, issue_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX issue_facets_by_issue ON issue_facets (issue_id, facet_id);

-- Hashes of the facets that events of an issue had: most events bring nothing new.
CREATE TABLE issue_shapes (
    issue_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    shape     BLOB NOT NULL,
    PRIMARY KEY (issue_id, shape)
) STRICT, WITHOUT ROWID;

-- Who was hit, by salted hashes of each thing a user is known by. Without REFERENCES and an index
-- by issue, which would cost every event a page: upkeep sweeps out what is of no issue any more.
CREATE TABLE issue_people (
    hash      BLOB NOT NULL,                     -- 8 bytes: of the project, the field and its value
    issue_id  INTEGER NOT NULL,
    PRIMARY KEY (hash, issue_id)
) STRICT, WITHOUT ROWID;

-- Issues that came back by themselves. What people do to an issue is in audit_log.
CREATE TABLE issue_returns (
    id          INTEGER PRIMARY KEY,
    issue_id    INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    substatus   TEXT NOT NULL CHECK (substatus IN ('regressed', 'escalating')),
    event_id    BLOB NOT NULL,                   -- of the event that brought it back; outlives it
    release_id  INTEGER REFERENCES releases (id) ON DELETE SET NULL,  -- of that event
    created_at  TEXT NOT NULL
) STRICT;

CREATE INDEX issue_returns_by_issue ON issue_returns (issue_id, created_at, id);
CREATE INDEX issue_returns_by_release ON issue_returns (release_id);

-- What a resolved or ignored issue waits for; read only when an event meets such an issue. Without
-- a row the next event brings a resolved issue back, and an ignored one when it escalates.
CREATE TABLE issue_conditions (
    issue_id       INTEGER PRIMARY KEY REFERENCES issues (id) ON DELETE CASCADE,
    kind           TEXT NOT NULL CHECK (kind IN ('in_release', 'in_next_release', 'in_commit', 'ignored')),
    release_id     INTEGER REFERENCES releases (id) ON DELETE CASCADE,  -- resolved in it, or in the one after it
    commit_sha     TEXT,                         -- that resolved it; in_commit: no release has it yet
    minutes        INTEGER,                      -- ignored for so long
    until          TEXT,                         -- which is then
    events         INTEGER,                      -- or until so many more have come
    events_window  INTEGER,                      -- within so many minutes; NULL: in any time
    users          INTEGER,                      -- or so many more users
    users_window   INTEGER,
    from_users     INTEGER NOT NULL,             -- user_count when it began; of the events status_events knows
    CHECK ((kind IN ('in_release', 'in_next_release')) = (release_id IS NOT NULL)),
    CHECK (kind <> 'in_commit' OR commit_sha IS NOT NULL)
) STRICT;

CREATE INDEX issue_conditions_by_time ON issue_conditions (until) WHERE until IS NOT NULL;
CREATE INDEX issue_conditions_by_release ON issue_conditions (release_id);
-- Those that a commit of a new release may meet.
CREATE INDEX issue_conditions_by_commit ON issue_conditions (issue_id) WHERE kind = 'in_commit';

-- Who was hit since, where a condition counts users within a time.
CREATE TABLE issue_condition_users (
    issue_id   INTEGER NOT NULL REFERENCES issue_conditions (issue_id) ON DELETE CASCADE,
    user_hash  BLOB NOT NULL,
    seen_at    TEXT NOT NULL,                    -- when the latest event was received
    PRIMARY KEY (issue_id, user_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE comments (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id    INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    user_id     INTEGER REFERENCES users (id) ON DELETE SET NULL,
    text        TEXT NOT NULL,
    created_at  TEXT NOT NULL
) STRICT;

CREATE INDEX comments_by_issue ON comments (issue_id, created_at, id);
CREATE INDEX comments_by_user ON comments (user_id);

-- A change of many issues at once, so that it can be undone.
CREATE TABLE operations (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id   INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id      INTEGER REFERENCES users (id) ON DELETE SET NULL,
    status       TEXT,                           -- what the issues were set to; NULL: left as it was
    assigned     INTEGER NOT NULL CHECK (assigned IN (0, 1)),  -- whether the assignee was set
    assignee_id  INTEGER REFERENCES users (id) ON DELETE SET NULL,
    matched      INTEGER NOT NULL,
    changed      INTEGER NOT NULL,               -- rows of operation_issues
    created_at   TEXT NOT NULL,
    undone_at    TEXT,
    undone_by    INTEGER REFERENCES users (id) ON DELETE SET NULL,
    restored     INTEGER,                        -- how many the undoing put back; the rest had changed since
    CHECK ((undone_at IS NULL) = (restored IS NULL))
) STRICT;

CREATE INDEX operations_by_project ON operations (project_id, id);
CREATE INDEX operations_by_user ON operations (user_id);
CREATE INDEX operations_by_assignee ON operations (assignee_id);
CREATE INDEX operations_by_undoer ON operations (undone_by);

-- What an issue was like before.
CREATE TABLE operation_issues (
    operation_id   INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    issue_id       INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    status         TEXT NOT NULL,
    substatus      TEXT,
    status_at      TEXT NOT NULL,
    status_events  INTEGER NOT NULL,
    assignee_id    INTEGER REFERENCES users (id) ON DELETE SET NULL,
    PRIMARY KEY (operation_id, issue_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX operation_issues_by_issue ON operation_issues (issue_id);
CREATE INDEX operation_issues_by_assignee ON operation_issues (assignee_id);

-- What an operation made of the issues beside their status and assignee: the other members of the
-- change, as JSON.
CREATE TABLE operation_details (
    operation_id  INTEGER PRIMARY KEY REFERENCES operations (id) ON DELETE CASCADE,
    details       TEXT NOT NULL CHECK (json_valid(details))
) STRICT;

-- What an issue waited for before: its row of issue_conditions, as JSON.
CREATE TABLE operation_conditions (
    operation_id  INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    issue_id      INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    condition     TEXT NOT NULL CHECK (json_valid(condition)),
    PRIMARY KEY (operation_id, issue_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX operation_conditions_by_issue ON operation_conditions (issue_id);

-- Which parts a merge brought, and of which issue they were part before, if of any, since when.
CREATE TABLE operation_parts (
    operation_id  INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    part_id       INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    former_id     INTEGER,                       -- an issue
    former_at     TEXT,
    PRIMARY KEY (operation_id, part_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX operation_parts_by_part ON operation_parts (part_id);

-- Events -----------------------------------------------------------------------------------------

-- Narrow on purpose: a scan of a cold million-event file took 4.7 s with the payloads inside.
-- Two columns refer to rows without REFERENCES, as a deletion there would scan all events:
-- project_id, which is that of the issue, and hash_id.
CREATE TABLE events (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival
    project_id   INTEGER NOT NULL,
    event_id     BLOB NOT NULL,                  -- 16 bytes; chosen by the client
    issue_id     INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    timestamp    TEXT NOT NULL,                  -- the client's, after correction
    received_at  TEXT NOT NULL,
    level        TEXT NOT NULL,
    environment  TEXT,
    release_id   INTEGER REFERENCES releases (id) ON DELETE SET NULL,
    hash_id      INTEGER,                        -- of issue_hashes: led it to the issue; NULL before version 2
    bytes        INTEGER NOT NULL,               -- of the packed payload
    marks        TEXT,                           -- ' 12 45 p0a1b2c3d4e5f ': store/event_marks.py; NULL: not yet filled in
    symbolication  TEXT CHECK (symbolication IN ('mapped', 'partial', 'unmapped', 'pending'))  -- of its frames; NULL: nothing to map
) STRICT;

-- A repeated event id changes nothing.
CREATE UNIQUE INDEX events_by_event_id ON events (event_id, project_id);
-- The events of an issue, newest first.
CREATE INDEX events_by_issue ON events (issue_id, timestamp, id);
-- The events of a release, for its deletion.
CREATE INDEX events_by_release ON events (release_id) WHERE release_id IS NOT NULL;

-- In which blocks of the ids of events a trace occurs; there it is looked for in their marks. By the
-- trace alone each event would cost a page. Without REFERENCES: upkeep sweeps what no event has.
CREATE TABLE trace_blocks (
    block  INTEGER NOT NULL,                     -- events.id / 1024
    trace  BLOB NOT NULL,                        -- the first 6 bytes of its id
    PRIMARY KEY (block, trace)
) STRICT, WITHOUT ROWID;

-- Events of an issue that are not kept any more, by why: event_count is the rows and these.
CREATE TABLE issue_evictions (
    issue_id  INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
    reason    TEXT NOT NULL CHECK (reason IN ('age', 'issue_cap', 'project_cap', 'budget', 'erased', 'deleted')),
    events    INTEGER NOT NULL,
    last_at   TEXT NOT NULL,
    PRIMARY KEY (issue_id, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_payloads (
    id    INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE,
    data  BLOB NOT NULL                          -- normalised, scrubbed JSON; packed by store/payloads.py
) STRICT;

-- Files that came with an event, which may arrive before it.
CREATE TABLE attachments (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id       INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    event_id         BLOB NOT NULL,
    filename         TEXT NOT NULL,
    content_type     TEXT NOT NULL,
    attachment_type  TEXT NOT NULL,
    size             INTEGER NOT NULL,           -- bytes
    sha256           TEXT NOT NULL,
    received_at      TEXT NOT NULL,
    UNIQUE (project_id, event_id, filename, sha256)
) STRICT;

CREATE TABLE attachment_payloads (
    id    INTEGER PRIMARY KEY REFERENCES attachments (id) ON DELETE CASCADE,
    data  BLOB NOT NULL
) STRICT;

-- What a project holds, kept by the triggers: its rows of events, and the bytes of their packed
-- payloads and of the files with them.
CREATE TABLE project_usage (
    project_id  INTEGER PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    events      INTEGER NOT NULL DEFAULT 0,
    bytes       INTEGER NOT NULL DEFAULT 0
) STRICT;

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

-- What people wrote about an error: legacy `user_report` and `feedback` items.
CREATE TABLE user_reports (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id   INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    report_id    BLOB NOT NULL,                  -- the feedback's own event id; of a user_report, the event's
    event_id     BLOB,                           -- of the error it is about, which may arrive later
    source       TEXT NOT NULL CHECK (source IN ('user_report', 'feedback')),
    name         TEXT,
    email        TEXT,
    comments     TEXT NOT NULL,
    url          TEXT,
    received_at  TEXT NOT NULL,
    UNIQUE (project_id, source, report_id)
) STRICT;

CREATE INDEX user_reports_by_event ON user_reports (project_id, event_id);
CREATE INDEX user_reports_by_age ON user_reports (project_id, id);

-- Scheduled jobs that report in.
CREATE TABLE monitors (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    slug        TEXT NOT NULL,
    config      TEXT CHECK (config IS NULL OR json_valid(config)),  -- the last `monitor_config` sent
    created_at  TEXT NOT NULL,
    is_active   INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),  -- no: check-ins are kept, not judged
    is_muted    INTEGER NOT NULL DEFAULT 0 CHECK (is_muted IN (0, 1)),   -- judged and shown, but no issue
    UNIQUE (project_id, slug)
) STRICT;

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

CREATE TABLE check_ins (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    monitor_id   INTEGER NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
    check_in_id  BLOB NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('in_progress', 'ok', 'error', 'missed', 'timeout')),
    duration     REAL,                           -- seconds
    environment  TEXT,
    release      TEXT,
    started_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL,
    UNIQUE (monitor_id, check_in_id)
) STRICT;

-- The check-ins of a monitor, the latest to start first.
CREATE INDEX check_ins_by_age ON check_ins (monitor_id, id);

-- Sessions ---------------------------------------------------------------------------------------

-- Individually reported sessions, so that repeated and late updates are counted exactly once.
CREATE TABLE sessions (
    project_id   INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    sid          BLOB NOT NULL,
    release_id   INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    environment  TEXT,
    did_hash     BLOB,                           -- distinct user or device, by salted hash
    started      TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('ok', 'exited', 'errored', 'crashed', 'abnormal', 'unhandled')),
    errors       INTEGER NOT NULL,
    updated_at   TEXT NOT NULL,
    PRIMARY KEY (project_id, sid)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_release ON sessions (release_id);

-- All sessions, individual and pre-aggregated, by the hour they started in.
CREATE TABLE session_hours (
    release_id   INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    environment  TEXT NOT NULL,                  -- '' when unknown or beyond the cap
    hour         TEXT NOT NULL,
    sessions     INTEGER NOT NULL,               -- all; the next four are disjoint parts of it
    errored      INTEGER NOT NULL,
    crashed      INTEGER NOT NULL,
    abnormal     INTEGER NOT NULL,
    unhandled    INTEGER NOT NULL,
    PRIMARY KEY (release_id, environment, hour)
) STRICT, WITHOUT ROWID;

-- Saved searches of the lists of issues: somebody's own, or shared with the organization.
CREATE TABLE views (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id  INTEGER REFERENCES projects (id) ON DELETE CASCADE,  -- NULL: for the list of any
    user_id     INTEGER REFERENCES users (id) ON DELETE SET NULL,    -- who saved it
    name        TEXT NOT NULL,
    search      TEXT NOT NULL,
    status      TEXT CHECK (status IN ('unresolved', 'resolved', 'ignored', 'all')),  -- NULL: as it says
    level       TEXT NOT NULL CHECK (level IN ('fatal', 'error', 'warning', 'info', 'debug', 'all')),
    sort        TEXT NOT NULL CHECK (sort IN ('last_seen', 'first_seen', 'events', 'users')),
    period      TEXT NOT NULL CHECK (period IN ('24h', '7d', '14d', 'all')),
    shared      INTEGER NOT NULL CHECK (shared IN (0, 1)),
    position    INTEGER NOT NULL,                -- among the shared ones, or among one's own
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
) STRICT;

CREATE INDEX views_by_org ON views (org_id, shared, user_id, position, id);
CREATE INDEX views_by_project ON views (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX views_by_user ON views (user_id);

-- Deletion and erasure --------------------------------------------------------------------------

-- Issues, projects and organizations on their way out. They are out of sight from the first
-- transaction on; their rows go in small steps. Nothing is referred to, as this stays.
CREATE TABLE deletions (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id        INTEGER NOT NULL,              -- that asked for it
    kind          TEXT NOT NULL CHECK (kind IN ('issue', 'project', 'organization')),
    target_id     INTEGER NOT NULL,
    project_id    INTEGER,                       -- the project, or that of the issue
    name          TEXT NOT NULL,                 -- the word that confirmed it; '' once an organization is gone
    user_id       INTEGER,
    requested_at  TEXT NOT NULL,
    total         INTEGER NOT NULL,              -- events there were
    done          INTEGER NOT NULL DEFAULT 0,    -- events that are gone
    finished_at   TEXT,
    UNIQUE (kind, target_id)
) STRICT;

CREATE INDEX deletions_by_org ON deletions (org_id, id);
CREATE INDEX deletions_running ON deletions (id) WHERE finished_at IS NULL;

-- One person, to be found and erased. The identifiers stay no longer than the work.
CREATE TABLE erasures (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id        INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id       INTEGER,                       -- who asked for it
    identifiers   TEXT NOT NULL CHECK (json_valid(identifiers)),
    state         TEXT NOT NULL CHECK (state IN ('finding', 'found', 'erasing', 'done')),
    place         INTEGER NOT NULL DEFAULT 0,    -- the last event that was looked at
    report        TEXT NOT NULL CHECK (json_valid(report)),  -- numbers only
    requested_at  TEXT NOT NULL,
    confirmed_at  TEXT,
    finished_at   TEXT
) STRICT;

CREATE INDEX erasures_by_org ON erasures (org_id, id);
CREATE INDEX erasures_running ON erasures (id) WHERE state <> 'done';

-- What was found and has not been erased yet.
CREATE TABLE erasure_finds (
    erasure_id  INTEGER NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL CHECK (kind IN ('event', 'mention', 'attachment', 'user_report')),
    row_id      INTEGER NOT NULL,
    PRIMARY KEY (erasure_id, kind, row_id)
) STRICT, WITHOUT ROWID;

-- Where is my event? -----------------------------------------------------------------------------

-- What became of everything that was sent, per key, hour and category.
CREATE TABLE outcome_hours (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key_id      INTEGER NOT NULL REFERENCES client_keys (id) ON DELETE CASCADE,
    hour        TEXT NOT NULL,                   -- of receipt
    category    TEXT NOT NULL,                   -- error, session, transaction, attachment …
    outcome     TEXT NOT NULL CHECK (outcome IN ('accepted', 'filtered', 'rate_limited', 'invalid', 'client_discard')),
    reason      TEXT NOT NULL,                   -- '' when accepted
    quantity    INTEGER NOT NULL,
    PRIMARY KEY (project_id, hour, key_id, category, outcome, reason)
) STRICT, WITHOUT ROWID;

CREATE INDEX outcome_hours_by_key ON outcome_hours (key_id);

-- Rows or bytes of a project in the running windows of its quotas. Kept here, so that the limits
-- hold across processes and restarts.
CREATE TABLE quota_windows (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    quota       TEXT NOT NULL,                   -- a name in jentry/quotas.py
    starts_at   TEXT NOT NULL,
    used        INTEGER NOT NULL,
    PRIMARY KEY (project_id, quota)
) STRICT, WITHOUT ROWID;

-- Bytes that an API token has written in the running hour.
CREATE TABLE token_windows (
    token_id   INTEGER PRIMARY KEY REFERENCES api_tokens (id) ON DELETE CASCADE,
    starts_at  TEXT NOT NULL,
    used       INTEGER NOT NULL
) STRICT;

-- The file over time, for the forecast; by the upkeep, for some days.
CREATE TABLE usage_hours (
    hour        TEXT PRIMARY KEY,
    used_bytes  INTEGER NOT NULL,                -- pages that hold something, at the end of the hour
    events      INTEGER NOT NULL,                -- rows there were
    evicted     INTEGER NOT NULL DEFAULT 0       -- events that went in this hour
) STRICT, WITHOUT ROWID;

-- Alerts -----------------------------------------------------------------------------------------

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
    text        TEXT CHECK (text IS NULL OR json_valid(text)),  -- of a notice: store/notices.py, store/personal_mail.py
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

-- Artifacts: scripts, source maps and mappings that release tools upload --------------------------

-- Pieces of a bundle on their way in, until it is put together; at most a day.
CREATE TABLE upload_chunks (
    id          INTEGER PRIMARY KEY,
    org_id      INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    sha1        BLOB NOT NULL,                   -- of the data as it was before it was packed
    bytes       INTEGER NOT NULL,                -- unpacked
    created_at  TEXT NOT NULL,
    data        BLOB NOT NULL,
    UNIQUE (org_id, sha1)
) STRICT;

CREATE INDEX upload_chunks_by_age ON upload_chunks (created_at);

CREATE TABLE artifact_bundles (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id        INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    sha1          BLOB NOT NULL,                 -- of the bundle as it was uploaded
    release       TEXT NOT NULL,                 -- '': none, its files are found by debug id only
    dist          TEXT NOT NULL,
    bytes         INTEGER NOT NULL,              -- of its files, unpacked
    warnings      TEXT NOT NULL CHECK (json_valid(warnings)),  -- sentences
    uploaded_at   TEXT NOT NULL,
    last_used_at  TEXT NOT NULL,                 -- to the day
    UNIQUE (org_id, sha1, release, dist)
) STRICT;

CREATE INDEX artifact_bundles_by_use ON artifact_bundles (last_used_at, id);

-- Which projects may use a bundle.
CREATE TABLE artifact_projects (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    bundle_id   INTEGER NOT NULL REFERENCES artifact_bundles (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, bundle_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_projects_by_bundle ON artifact_projects (bundle_id);

-- What ingestion knows of a project's artifacts is out of date then, as with its keys.
CREATE TRIGGER artifact_projects_added AFTER INSERT ON artifact_projects
BEGIN UPDATE instance SET config_version = config_version + 1; END;
CREATE TRIGGER artifact_projects_deleted AFTER DELETE ON artifact_projects
BEGIN UPDATE instance SET config_version = config_version + 1; END;

-- Content of files, once however often it is uploaded; by anybody, who had all of it.
CREATE TABLE file_contents (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256   BLOB NOT NULL UNIQUE,
    bytes    INTEGER NOT NULL,
    packed   INTEGER NOT NULL,                   -- bytes of its row in file_payloads
    used_at  TEXT NOT NULL                       -- when it was last uploaded
) STRICT;

CREATE TABLE file_payloads (
    id    INTEGER PRIMARY KEY REFERENCES file_contents (id) ON DELETE CASCADE,
    data  BLOB NOT NULL
) STRICT;

CREATE TABLE artifact_files (
    id          INTEGER PRIMARY KEY,
    org_id      INTEGER NOT NULL,                -- of its bundle
    bundle_id   INTEGER NOT NULL REFERENCES artifact_bundles (id) ON DELETE CASCADE,
    type        TEXT NOT NULL CHECK (type IN (
                    'source', 'minified_source', 'source_map', 'indexed_ram_bundle', 'proguard')),
    url         TEXT NOT NULL,
    debug_id    BLOB,                            -- of a mapping its uuid
    release     TEXT NOT NULL,                   -- of its bundle
    map_url     TEXT,                            -- of a script: the name of its source map
    content_id  INTEGER NOT NULL REFERENCES file_contents (id),
    UNIQUE (bundle_id, url, type)
) STRICT;

CREATE INDEX artifact_files_by_content ON artifact_files (content_id);
CREATE INDEX artifact_files_by_debug_id ON artifact_files (debug_id, org_id, type, id)
    WHERE debug_id IS NOT NULL;
CREATE INDEX artifact_files_by_url ON artifact_files (org_id, release, url, id) WHERE release <> '';

-- Where a place of a script comes from, looked up once: JSON, or NULL when the map says nothing.
CREATE TABLE mapped_positions (
    script_id  INTEGER NOT NULL,                 -- of file_contents; 0 without a script
    map_id     INTEGER NOT NULL REFERENCES file_contents (id) ON DELETE CASCADE,
    line       INTEGER NOT NULL,
    col        INTEGER NOT NULL,
    result     TEXT CHECK (json_valid(result)),
    PRIMARY KEY (map_id, script_id, line, col)
) STRICT, WITHOUT ROWID;

-- What the frames of an event lack: `debug_id:HEX`, `release:V<newline>DIST`, or `pending`, the
-- answer of the process that reads maps.
CREATE TABLE event_wants (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    event_id    INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, name, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_wants_by_event ON event_wants (event_id);

-- Bundles that came to a project after events which may lack them: those are mapped again.
CREATE TABLE remappings (
    project_id  INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    bundle_id   INTEGER NOT NULL REFERENCES artifact_bundles (id) ON DELETE CASCADE,
    before_id   INTEGER NOT NULL,                -- of an event: it and later ones are done
    events      INTEGER NOT NULL DEFAULT 0,      -- looked at so far
    mapped      INTEGER NOT NULL DEFAULT 0,
    moved       INTEGER NOT NULL DEFAULT 0,      -- to another issue
    PRIMARY KEY (project_id, bundle_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX remappings_by_bundle ON remappings (bundle_id);

PRAGMA user_version = 26;
