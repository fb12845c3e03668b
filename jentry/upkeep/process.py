"""The process that looks after a database: its signals, its log, and its end."""

import ctypes
import gc
import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from jentry.app import logs
from jentry.settings import Settings
from jentry.upkeep.job import Job
from jentry.upkeep.jobs import jobs
from jentry.upkeep.keeper import Keeper

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
IGNORED = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU)
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
NAME = b"jentry-upkeep"  # as `ps` and `top` show it, so that a worker is told from it


def run(
    settings: Settings,
    is_wanted: Callable[[], bool] = lambda: True,
    only: Sequence[Job] | None = None,
) -> None:
    """Until SIGTERM or SIGINT, or nobody wants it any more. `only`: not all jobs."""
    _log_to_stderr(settings.log)
    keeper = Keeper(settings, jobs(settings) if only is None else only)
    for each in SIGNALS:
        signal.signal(each, lambda *_: keeper.stop())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    keeper.run(is_wanted)


def fork(settings: Settings, leave: Callable[[], Any]) -> int:
    """A child that ends with this process, in which no other thread may run: its id.

    The child first calls `leave`, to close what is open and none of its business.
    """
    parent = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until the child has handlers of its own
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return pid
    try:
        gc.freeze()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for each in IGNORED:
            signal.signal(each, signal.SIG_IGN)
        _set(PR_SET_NAME, NAME)
        _set(PR_SET_PDEATHSIG, signal.SIGKILL)  # elsewhere than on Linux, within a tick
        leave()
        run(settings, lambda: os.getppid() == parent)
    except BaseException:
        log.exception("upkeep has ended")
    finally:
        os._exit(0)  # what a process does at its end is the parent's


def _set(option: int, value: int | bytes) -> None:
    """An attribute of this process, on Linux."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(option, value)


def _log_to_stderr(kind: str) -> None:
    logger = logging.getLogger("jentry")
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler())
    logs.shape(logger, kind)
