"""What results of the store say about the requests to come."""

import math
from datetime import datetime, timedelta

from jentry import clock
from jentry.byte_cache import Recent
from jentry.store.rows import RateLimit, StoreResult, Submission

EVENT_QUOTAS = ("quota_5min", "quota_hour")  # each event counts alike, so none fits any more
MOST_PROJECTS = 500
MOST_BYTES = 2 * 1024 * 1024  # some 7,000 hashes


class StoredFacts:
    """Of one process. The store decides, and may find that what is known here is no longer so."""

    def __init__(self) -> None:
        self._full: dict[int, tuple[str, datetime]] = {}  # project -> quota used up, until when
        self._hashes: Recent[tuple[int, bytes], bool] = Recent(MOST_BYTES)

    def forget(self) -> None:
        self._full.clear()
        self._hashes.clear()

    def learn(self, submission: Submission, result: StoreResult) -> None:
        used_up = [limit for limit in result.rate_limits if limit.quota in EVENT_QUOTAS]
        if used_up and submission.events:
            if len(self._full) >= MOST_PROJECTS:
                self._full.clear()
            limit = max(used_up, key=lambda limit: limit.retry_after)
            until = clock.parse(submission.received_at) + timedelta(seconds=limit.retry_after)
            self._full[submission.project_id] = limit.quota, until
        if not result.rate_limits:
            for event in submission.events:
                if event.formers:
                    self._hashes.put((submission.project_id, event.hash), True)

    def full(self, project_id: int, now: datetime) -> RateLimit | None:
        """Why events need not be looked at; None when they may be stored.

        This is what the store said last. Its window ends no earlier.
        """
        quota, until = self._full.get(project_id, ("", now))
        seconds = math.floor((until - now).total_seconds())
        if seconds <= 0:
            self._full.pop(project_id, None)
            return None
        return RateLimit(quota, seconds)

    def leads(self, project_id: int, hashed: bytes) -> bool:
        """Whether a hash was stored, so that rules before need not be asked of events that have it.

        No for all of a project without hashes by such rules.
        """
        return self._hashes.get((project_id, hashed)) is not None
