"""The notifier: it runs as long as this process looks after the file."""

import logging

from jentry.store import connection
from jentry.upkeep.job import Work

log = logging.getLogger(__name__)


def run(work: Work) -> None:
    """A step each second. Ends by Stopped, when what is on its way has had time to arrive."""
    from jentry.alerts.notifier import TICK, Notifier  # noqa: PLC0415 - not in the server itself

    notifier = Notifier(work.settings)
    try:
        while True:
            try:
                notifier.step()
            except connection.errors(OSError) as error:
                log.warning("alerts wait: %s", error)
            work.pause(TICK)
    finally:
        notifier.close()
