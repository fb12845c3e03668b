"""Runs each job when it is due, as long as this process is the one that looks after the file."""

import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from jentry import clock
from jentry.settings import Settings
from jentry.store import connection, trouble, upkeep
from jentry.upkeep.job import Job, Stopped, Turn, Work
from jentry.upkeep.timer import Timer

log = logging.getLogger(__name__)

TICK = 1.0  # seconds
JUMP = 3600.0  # seconds by which the wall clock leaves the monotonic one
DOUBT_SECONDS = 24 * 3600.0  # after a jump
LEAVE_SECONDS = 5.0  # for runs to end; those that do not are given up, as by kill -9


class Keeper:
    def __init__(self, settings: Settings, jobs: Sequence[Job]) -> None:
        self.settings = settings
        self.jobs = jobs
        self._turn = Turn()
        self._file = upkeep.place(settings.db)
        self._timers: list[Timer] = []
        self._running: list[tuple[Timer, threading.Thread]] = []
        self._told: queue.SimpleQueue[None] = queue.SimpleQueue()  # a signal may put to it
        self._trouble = ""
        self._offset = clock.now().timestamp() - time.monotonic()
        self._doubt_until = 0.0

    def stop(self) -> None:
        """For signals and other threads: `run` returns soon."""
        self._told.put(None)

    def run(self, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Until it is told to stop, or nobody wants it any more."""
        while is_wanted():
            try:
                self._told.get(timeout=TICK)
                break
            except queue.Empty:
                self.tick()
        self._turn.stopping.set()
        deadline = time.monotonic() + LEAVE_SECONDS
        for _, thread in self._running:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._take_ended()
        self._file.close()

    def tick(self) -> None:
        """Begin what is due, if this process is the one."""
        self._take_ended()
        if not self._is_elected():
            self._give_up()
            return
        wall, mono = clock.now(), time.monotonic()
        self._watch_clock(wall.timestamp() - mono, mono)
        if not self._timers:
            ran = upkeep.read(self.settings.db)
            self._timers = [
                Timer(job, ran.get(job.name, upkeep.Ran()), wall, mono) for job in self.jobs
            ]
        busy = {timer.job.name for timer, _ in self._running}
        for timer in self._timers:
            if timer.job.name not in busy and timer.is_due(wall, mono):
                self._begin(timer)

    def _give_up(self) -> None:
        """Another one may have begun: what runs here ends with its chunk."""
        self._timers = []
        if self._running:
            self._turn.stopping.set()
            self._turn = Turn()

    def _watch_clock(self, offset: float, mono: float) -> None:
        """Whether it was right before a jump, or is now, nobody here can tell."""
        if abs(offset - self._offset) > JUMP:
            log.warning("the clock has jumped by %.0f s", offset - self._offset)
            self._doubt_until = mono + DOUBT_SECONDS
            self._offset = offset
        self._turn.trusts_clock = mono >= self._doubt_until

    def _begin(self, timer: Timer) -> None:
        timer.begin(clock.now())
        name = f"upkeep {timer.job.name}"
        thread = threading.Thread(target=self._run, args=(timer,), name=name, daemon=True)
        self._running.append((timer, thread))
        thread.start()

    def _take_ended(self) -> None:
        """Write down how the runs went that have ended."""
        alive = [(timer, thread) for timer, thread in self._running if thread.is_alive()]
        if len(alive) < len(self._running):
            self._running = alive
            self._file.write({timer.job.name: timer.ran for timer in self._timers})

    def _is_elected(self) -> bool:
        try:
            is_elected, problem = self._file.take(), ""
        except connection.errors(OSError) as error:
            is_elected, problem = False, str(error)
        if problem not in ("", self._trouble):
            log.error("upkeep cannot begin: %s", problem)
        self._trouble = problem
        return is_elected

    def _run(self, timer: Timer) -> None:
        """In a thread of its own."""
        error = None
        try:
            with closing(Work(self.settings, self._turn)) as work:
                timer.job.run(work)
        except Stopped:
            return
        except Exception as caught:
            error = _words(caught)
        pause = timer.end(error, clock.now(), time.monotonic())
        if error:
            name = timer.job.name
            log.error("upkeep job=%s failed, next try in %.0f s: %s", name, pause, error)


def _words(error: Exception) -> str:
    """One line: the reason when it is the disk's or the file's; else also where it happened."""
    if reason := trouble.reason(error):
        return reason
    (frame,) = traceback.extract_tb(error.__traceback__)[-1:]
    text = f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
    return " ".join(text.split())[:500]
