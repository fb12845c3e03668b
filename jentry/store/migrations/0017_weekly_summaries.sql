-- Who wants the weekly summary stands apart from who is a member.

CREATE TABLE weekly_summaries (
    org_id      INTEGER NOT NULL,
    user_id     INTEGER NOT NULL,
    told_until  TEXT NOT NULL,
    PRIMARY KEY (org_id, user_id),
    FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO weekly_summaries (org_id, user_id, told_until)
SELECT org_id, user_id, summarized_at FROM memberships WHERE summarized_at IS NOT NULL;

ALTER TABLE memberships DROP COLUMN summarized_at;
