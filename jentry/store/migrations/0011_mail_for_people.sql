-- People are mailed of what is theirs, as they want it.

ALTER TABLE users ADD COLUMN mails_assigned INTEGER NOT NULL DEFAULT 1 CHECK (mails_assigned IN (0, 1));
ALTER TABLE users ADD COLUMN mails_named INTEGER NOT NULL DEFAULT 1 CHECK (mails_named IN (0, 1));
ALTER TABLE memberships ADD COLUMN summarized_at TEXT;
