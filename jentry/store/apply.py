"""The write path of ingestion: everything that waits, applied in one transaction."""

from collections.abc import Sequence

from jentry.quotas import LIMITS, ROW_BYTES
from jentry.store.connection import Connection
from jentry.store.intake.asking import INSTANCE, ask
from jentry.store.intake.extras import add_attachment, add_check_in, add_report, has_room_for
from jentry.store.intake.happenings import Happenings
from jentry.store.intake.issues import Issues
from jentry.store.intake.outcomes import Outcomes
from jentry.store.intake.quotas import Quotas
from jentry.store.intake.releases import Releases
from jentry.store.intake.sessions import Sessions
from jentry.store.intake.tags import Tags
from jentry.store.rows import (
    AttachmentRow,
    CheckInRow,
    EventRow,
    Outcome,
    RateLimit,
    ReportRow,
    StoreResult,
    Submission,
)

ONE_EVENT = {"quota_5min": 1, "quota_hour": 1}
ONE_REPORT = {"quota_reports_5min": 1}
ONE_CHECK_IN = {"quota_check_ins_5min": 1}
ALL_STORED = StoreResult()


def apply(db: Connection, submissions: Sequence[Submission], at: str) -> list[StoreResult]:
    """Store submissions inside the caller's transaction; the results are in their order.

    Changes to one issue, release, hour or tag are gathered over the whole batch and written once.
    Raises what SQLite raises; then nothing of the batch may be kept.
    """
    if db.is_remote:
        ask(db, submissions)
    return _Batch(db, at).run(submissions)


class _Batch:
    def __init__(self, db: Connection, at: str) -> None:
        self.db = db
        self.at = at
        self.config_version = _renewed(db)
        self.quotas = Quotas(db, at)
        self.tags = Tags(db)
        self.releases = Releases(db, at, self.quotas)
        self.happenings = Happenings(db, at)
        self.issues = Issues(db, at, self.releases, self.tags, self.happenings)
        self.sessions = Sessions(db, self.releases, self.tags, self.quotas)
        self.outcomes = Outcomes(db)

    def run(self, submissions: Sequence[Submission]) -> list[StoreResult]:
        results = [self._store(submission, self.config_version) for submission in submissions]
        self.issues.flush()
        self.happenings.flush()
        self.tags.flush()
        self.sessions.flush()
        self.releases.flush()
        self.quotas.flush()
        self.outcomes.flush()
        return results

    def _store(self, submission: Submission, config_version: int) -> StoreResult:
        """Each part says which quota was in its way."""
        if submission.config_version != config_version or self.issues.lacks(submission):
            return StoreResult(is_stale=True)
        for outcome in submission.outcomes:
            self.outcomes.add(submission, outcome)
        limits = [self._event(submission, event) for event in submission.events]
        is_event_limited = any(limits)
        for session in submission.sessions:
            limits.append(self._session(submission, self.sessions.update(submission, session)))
        for counts in submission.session_counts:
            limits.append(self._session(submission, self.sessions.add(submission, counts)))
        for file in submission.attachments:
            limits.append(self._attachment(submission, file, is_event_limited))
        for report in submission.reports:
            limits.append(self._report(submission, report))
        for check_in in submission.check_ins:
            limits.append(self._check_in(submission, check_in))
        found = {limit.quota: limit for limit in limits if limit}
        return StoreResult(rate_limits=tuple(found.values())) if found else ALL_STORED

    def _event(self, submission: Submission, event: EventRow) -> RateLimit | None:
        category = "error" if event.type in ("error", "default") else "security"
        amounts = ONE_EVENT | {"quota_bytes_hour": event.size}
        limit = self.quotas.exceeded(submission, amounts)
        if limit:
            return self._refused(submission, category, limit)
        is_new = self.issues.add(submission, event)
        return self._stored(submission, category, is_new, amounts)

    def _session(self, submission: Submission, limit: RateLimit | None) -> RateLimit | None:
        if limit:
            return self._refused(submission, "session", limit)
        return self._stored(submission, "session", True, {})

    def _attachment(
        self, submission: Submission, file: AttachmentRow, is_event_limited: bool
    ) -> RateLimit | None:
        """It goes with its event; one that comes alone waits, too, while events are limited."""
        amounts = {"quota_attachment_bytes_hour": len(file.data) + ROW_BYTES}
        limit = self.quotas.exceeded(submission, amounts)
        if is_event_limited or not submission.events:
            limit = self.quotas.exceeded(submission, ONE_EVENT) or limit
        if limit:
            return self._refused(submission, "attachment", limit)
        is_new = add_attachment(self.db, submission.project_id, file, submission.received_at)
        return self._stored(submission, "attachment", is_new, amounts)

    def _report(self, submission: Submission, report: ReportRow) -> RateLimit | None:
        if limit := self.quotas.exceeded(submission, ONE_REPORT):
            return self._refused(submission, "feedback", limit)
        is_new = add_report(self.db, submission.project_id, report, submission.received_at)
        return self._stored(submission, "feedback", is_new, ONE_REPORT)

    def _check_in(self, submission: Submission, check_in: CheckInRow) -> RateLimit | None:
        """One of a monitor too many is dropped without asking for silence: others must go on."""
        if limit := self.quotas.exceeded(submission, ONE_CHECK_IN):
            return self._refused(submission, "monitor", limit)
        most = submission.limits.get("max_monitors")
        if not has_room_for(self.db, submission.project_id, check_in.monitor_slug, most):
            reason = LIMITS["max_monitors"].reason
            self.outcomes.add(submission, Outcome("monitor", "rate_limited", reason))
            return None
        found = add_check_in(self.db, submission.project_id, check_in, submission.received_at)
        if not submission.is_quiet:
            self.happenings.check_in(submission.project_id, *found)
        return self._stored(submission, "monitor", True, ONE_CHECK_IN)

    def _refused(self, submission: Submission, category: str, limit: RateLimit) -> RateLimit:
        reason = LIMITS[limit.quota].reason
        self.outcomes.add(submission, Outcome(category, "rate_limited", reason))
        return limit

    def _stored(
        self, submission: Submission, category: str, is_new: bool, amounts: dict[str, int]
    ) -> RateLimit | None:
        if is_new:
            self.quotas.spend(submission, amounts)
            self.outcomes.add(submission, Outcome(category, "accepted"))
        else:
            self.outcomes.add(submission, Outcome(category, "invalid", "duplicate"))
        return None


def _renewed(db: Connection) -> int:
    """The configuration's version. With another than before, what is remembered may be wrong: a
    tag may have another value, or be none any more. The disk budget's bound is set with it.
    """
    row = db.lookup(INSTANCE, ())
    version: int = row["config_version"]
    if db.memo.get("config version") != version:
        db.memo.clear()
        db.memo["config version"] = version
    if db.memo.get("most pages", 0) != row["most_pages"]:
        db.bound(row["most_pages"])
        db.memo["most pages"] = row["most_pages"]
    return version
