"""When a job is due: intervals by the monotonic clock, times of day by the wall's."""

from datetime import datetime

from jentry import clock
from jentry.store.upkeep import Ran
from jentry.upkeep.job import Job

RETRY = 10.0  # seconds after a failure, doubled with each
MOST_RETRY = 600.0


class Timer:
    """`ran`: how the job went so far, perhaps in another process. `mono`: seconds of now.

    The wall clock may jump, forward or back. Then a daily job runs once too often, or a day
    without it goes by; nothing waits for a day that is far away.
    """

    def __init__(self, job: Job, ran: Ran, wall: datetime, mono: float) -> None:
        self.job = job
        self.ran = ran
        self._not_before = mono
        if job.daily_at is None and ran.last_at:
            age = (wall - clock.parse(ran.last_at)).total_seconds()
            self._not_before += min(max(job.every - age, 0.0), job.every)

    def is_due(self, wall: datetime, mono: float) -> bool:
        if mono < self._not_before:
            return False
        if self.job.daily_at is None:
            return True
        today = clock.timestamp(wall)
        last_day = (self.ran.last_at or "never")[: len("2026-06-29")]
        return today[len("2026-06-29T") :] >= self.job.daily_at and not today.startswith(last_day)

    def begin(self, wall: datetime) -> None:
        self.ran.began_at = clock.timestamp(wall)

    def end(self, error: str | None, wall: datetime, mono: float) -> float:
        """Note how the run went; the seconds until the next may begin."""
        self.ran.error = error
        if error is None:
            self.ran.done_at, self.ran.last_at = clock.timestamp(wall), self.ran.began_at
            self.ran.failures = 0
            pause = self.job.every if self.job.daily_at is None else 0.0
        else:
            most = self.job.most_retry or MOST_RETRY
            pause = min(RETRY * 2 ** min(self.ran.failures, 10), most)
            self.ran.failures += 1
        self._not_before = mono + pause
        return pause
