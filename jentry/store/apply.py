"""The write path of ingestion: everything that waits, applied in one transaction."""

from collections.abc import Sequence

from jentry.store.connection import Connection
from jentry.store.intake.extras import add_attachment, add_check_in, add_report
from jentry.store.intake.issues import Issues
from jentry.store.intake.outcomes import Outcomes
from jentry.store.intake.quotas import Quotas
from jentry.store.intake.releases import Releases
from jentry.store.intake.sessions import Sessions
from jentry.store.parcel import EventRow, Outcome, Parcel, Receipt


def apply(db: Connection, parcels: Sequence[Parcel], at: str) -> list[Receipt]:
    """Store parcels inside the caller's transaction; the receipts are in their order.

    Changes to one issue, release, hour or tag are gathered over the whole batch and written once.
    Raises what SQLite raises; then nothing of the batch may be kept.
    """
    return _Batch(db, at).run(parcels)


class _Batch:
    def __init__(self, db: Connection, at: str) -> None:
        self.db = db
        self.at = at
        self.releases = Releases(db, at)
        self.issues = Issues(db, at, self.releases)
        self.sessions = Sessions(db, self.releases)
        self.quotas = Quotas(db, at)
        self.outcomes = Outcomes(db)

    def run(self, parcels: Sequence[Parcel]) -> list[Receipt]:
        row = self.db.execute("SELECT config_version FROM instance").fetchone()
        receipts = [self._store(parcel, row["config_version"]) for parcel in parcels]
        self.issues.flush()
        self.sessions.flush()
        self.releases.flush()
        self.quotas.flush()
        self.outcomes.flush()
        return receipts

    def _store(self, parcel: Parcel, config_version: int) -> Receipt:
        if parcel.config_version != config_version:
            return Receipt(is_stale=True)
        for outcome in parcel.outcomes:
            self.outcomes.add(parcel, outcome)
        retry_after = max((self._event(parcel, event) for event in parcel.events), default=0)
        for session in parcel.sessions:
            self.sessions.update(parcel.project_id, session)
        for counts in parcel.session_counts:
            self.sessions.add(parcel.project_id, counts)
        if parcel.sessions or parcel.session_counts:
            quantity = len(parcel.sessions) + len(parcel.session_counts)
            self.outcomes.add(parcel, Outcome("session", "accepted", quantity=quantity))
        self._extras(parcel, retry_after)
        return Receipt(retry_after=retry_after)

    def _event(self, parcel: Parcel, event: EventRow) -> int:
        """Store one event. Seconds to wait when it is over a quota, else 0."""
        category = "error" if event.type in ("error", "default") else "security"
        retry_after = self.quotas.retry_after(parcel.project_id, parcel.quotas)
        if retry_after:
            outcome = Outcome(category, "rate_limited", "quota")
        elif self.issues.add(parcel, event):
            self.quotas.spend(parcel.project_id, parcel.quotas)
            outcome = Outcome(category, "accepted")
        else:
            outcome = Outcome(category, "invalid", "duplicate")
        self.outcomes.add(parcel, outcome)
        return retry_after

    def _extras(self, parcel: Parcel, retry_after: int) -> None:
        for file in parcel.attachments:
            if retry_after:  # the event they belong to is not there
                self.outcomes.add(parcel, Outcome("attachment", "rate_limited", "quota"))
            elif add_attachment(self.db, parcel.project_id, file, parcel.received_at):
                self.outcomes.add(parcel, Outcome("attachment", "accepted"))
            else:
                self.outcomes.add(parcel, Outcome("attachment", "invalid", "duplicate"))
        for report in parcel.reports:
            if add_report(self.db, parcel.project_id, report, parcel.received_at):
                self.outcomes.add(parcel, Outcome("feedback", "accepted"))
            else:
                self.outcomes.add(parcel, Outcome("feedback", "invalid", "duplicate"))
        for check_in in parcel.check_ins:
            add_check_in(self.db, parcel.project_id, check_in, parcel.received_at)
            self.outcomes.add(parcel, Outcome("monitor", "accepted"))
