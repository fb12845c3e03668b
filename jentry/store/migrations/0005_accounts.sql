-- People sign in: sessions, second factors, preferences; invitations name an organization, and links
-- that choose a password have a table of their own.
ALTER TABLE organizations ADD COLUMN
    requires_second_factor INTEGER NOT NULL DEFAULT 0 CHECK (requires_second_factor IN (0, 1));

ALTER TABLE users ADD COLUMN
    theme TEXT NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark'));
ALTER TABLE users ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE users ADD COLUMN
    has_shortcuts INTEGER NOT NULL DEFAULT 1 CHECK (has_shortcuts IN (0, 1));

CREATE TABLE password_links (
    user_id     INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    sha256      TEXT NOT NULL UNIQUE,
    created_at  TEXT NOT NULL,
    expires_at  TEXT NOT NULL
) STRICT;

INSERT INTO password_links (user_id, sha256, created_at, expires_at)
SELECT user_id, sha256, created_at, expires_at FROM invitations;

DROP TABLE invitations;

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

CREATE TABLE second_factors (
    user_id       INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret        TEXT NOT NULL,                 -- base32; both sides need it
    last_step     INTEGER NOT NULL DEFAULT 0,    -- of the newest code taken: no code is taken twice
    created_at    TEXT NOT NULL,
    confirmed_at  TEXT
) STRICT;

CREATE TABLE recovery_codes (
    user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sha256   TEXT NOT NULL,
    PRIMARY KEY (user_id, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_in_attempts (
    subject     TEXT PRIMARY KEY,                -- a hash: whether there is such an account is no matter
    attempts    INTEGER NOT NULL,
    expires_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_attempts_by_expiry ON sign_in_attempts (expires_at);
