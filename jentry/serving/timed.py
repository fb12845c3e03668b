"""How long requests take, by family and outcome, where a server is watched."""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any, Protocol, Self

from jentry.settings import Settings

# The first that fits; all others are pages.
FAMILIES = {
    "ingest": re.compile(
        r"/api/(?:[0-9]+/(?:envelope|store|security|csp-report|nel|cron)\b|store\b|tunnel\b)|/tunnel\b"
    ),
    "api": re.compile(r"/api(?:/|$)"),
    "health": re.compile(r"/(?:healthz|readyz|metrics)$"),
    "assets": re.compile(r"/assets/"),
}

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Metrics(Protocol):
    """What `jentry.health.metrics` counts."""

    def request_ended(self, family: str, status: int, seconds: float) -> None: ...

    def batch_stored(self, submissions: int, waiting: int, seconds: float) -> None: ...


def metrics_of(settings: Settings) -> Metrics | None:
    """None, and nothing is loaded, unless somebody may ask for them."""
    if settings.metrics_token is None:
        return None
    from jentry.health import metrics  # noqa: PLC0415

    return metrics


def family(path: str) -> str:
    return next((name for name, found in FAMILIES.items() if found.match(path)), "pages")


class Timed:
    """In the block an answer is sent by `send`."""

    def __init__(self, metrics: Metrics, path: str, send: Send) -> None:
        self.metrics = metrics
        self.path = path
        self.status = 0
        self._send = send
        self._began = time.monotonic()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        seconds = time.monotonic() - self._began
        self.metrics.request_ended(family(self.path), self.status, seconds)
