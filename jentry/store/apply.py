"""The write path of ingestion: everything that waits, applied in one transaction."""

from collections.abc import Sequence

from jentry.store.connection import Connection
from jentry.store.intake.extras import add_attachment, add_check_in, add_report
from jentry.store.intake.issues import Issues
from jentry.store.intake.outcomes import Outcomes
from jentry.store.intake.quotas import Quotas
from jentry.store.intake.releases import Releases
from jentry.store.intake.sessions import Sessions
from jentry.store.rows import EventRow, Outcome, StoreResult, Submission


def apply(db: Connection, submissions: Sequence[Submission], at: str) -> list[StoreResult]:
    """Store submissions inside the caller's transaction; the results are in their order.

    Changes to one issue, release, hour or tag are gathered over the whole batch and written once.
    Raises what SQLite raises; then nothing of the batch may be kept.
    """
    return _Batch(db, at).run(submissions)


class _Batch:
    def __init__(self, db: Connection, at: str) -> None:
        self.db = db
        self.at = at
        self.releases = Releases(db, at)
        self.issues = Issues(db, at, self.releases)
        self.sessions = Sessions(db, self.releases)
        self.quotas = Quotas(db, at)
        self.outcomes = Outcomes(db)

    def run(self, submissions: Sequence[Submission]) -> list[StoreResult]:
        row = self.db.execute("SELECT config_version FROM instance").fetchone()
        results = [self._store(submission, row["config_version"]) for submission in submissions]
        self.issues.flush()
        self.sessions.flush()
        self.releases.flush()
        self.quotas.flush()
        self.outcomes.flush()
        return results

    def _store(self, submission: Submission, config_version: int) -> StoreResult:
        if submission.config_version != config_version:
            return StoreResult(is_stale=True)
        for outcome in submission.outcomes:
            self.outcomes.add(submission, outcome)
        retry_after = max(
            (self._event(submission, event) for event in submission.events), default=0
        )
        for session in submission.sessions:
            self.sessions.update(submission.project_id, session)
        for counts in submission.session_counts:
            self.sessions.add(submission.project_id, counts)
        if submission.sessions or submission.session_counts:
            quantity = len(submission.sessions) + len(submission.session_counts)
            self.outcomes.add(submission, Outcome("session", "accepted", quantity=quantity))
        self._extras(submission, retry_after)
        return StoreResult(retry_after=retry_after)

    def _event(self, submission: Submission, event: EventRow) -> int:
        """Store one event. Seconds to wait when it is over a quota, else 0."""
        category = "error" if event.type in ("error", "default") else "security"
        retry_after = self.quotas.retry_after(submission.project_id, submission.quotas)
        if retry_after:
            outcome = Outcome(category, "rate_limited", "quota")
        elif self.issues.add(submission, event):
            self.quotas.spend(submission.project_id, submission.quotas)
            outcome = Outcome(category, "accepted")
        else:
            outcome = Outcome(category, "invalid", "duplicate")
        self.outcomes.add(submission, outcome)
        return retry_after

    def _extras(self, submission: Submission, retry_after: int) -> None:
        for file in submission.attachments:
            if retry_after:  # the event they belong to is not there
                self.outcomes.add(submission, Outcome("attachment", "rate_limited", "quota"))
            elif add_attachment(self.db, submission.project_id, file, submission.received_at):
                self.outcomes.add(submission, Outcome("attachment", "accepted"))
            else:
                self.outcomes.add(submission, Outcome("attachment", "invalid", "duplicate"))
        for report in submission.reports:
            if add_report(self.db, submission.project_id, report, submission.received_at):
                self.outcomes.add(submission, Outcome("feedback", "accepted"))
            else:
                self.outcomes.add(submission, Outcome("feedback", "invalid", "duplicate"))
        for check_in in submission.check_ins:
            add_check_in(self.db, submission.project_id, check_in, submission.received_at)
            self.outcomes.add(submission, Outcome("monitor", "accepted"))
