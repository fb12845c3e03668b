"""While all is well somebody outside is called each minute, and misses us when we are gone."""

from urllib.request import ProxyHandler, Request, build_opener, urlopen

from jentry.health.report import report
from jentry.store import serving
from jentry.upkeep.job import Work

SECONDS = 10.0


class Unwell(Exception):
    """Nobody is called; the log says why."""


def run(work: Work) -> None:
    """Raises Unwell, or OSError when the server does not answer or whoever is called."""
    settings = work.settings
    if problems := report(settings, whole=False).texts("problem"):
        raise Unwell(problems[0])
    if address := serving.address(settings.db) or settings.url:
        with build_opener(ProxyHandler({})).open(f"{address}/readyz", timeout=SECONDS):
            pass
    work.check()
    if settings.heartbeat_url is not None:
        request = Request(settings.heartbeat_url, headers={"User-Agent": "jentry"})  # noqa: S310
        with urlopen(request, timeout=SECONDS):  # noqa: S310 - an operator's choice
            pass
