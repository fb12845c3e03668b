"""A client that reads over one keep-alive connection, and how long each answer took."""

import http.client
import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from jentry.web.session import COOKIE


@dataclass(frozen=True)
class Timing:
    """Milliseconds over `requests` answers, and the bytes of the longest."""

    name: str
    requests: int
    p50: float
    p99: float
    slowest: float
    bytes: int = 0


class Reader:
    def __init__(self, url: str, headers: dict[str, str], prefix: str = "") -> None:
        target = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            target.hostname or "127.0.0.1", target.port, timeout=30
        )
        self._headers, self._prefix = headers, prefix

    @classmethod
    def of_api(cls, url: str, token: str) -> Self:
        return cls(url, {"Authorization": f"Bearer {token}"}, "/api/v1")

    @classmethod
    def of_pages(cls, url: str, session: str) -> Self:
        """As the person whose browser has this secret of a session."""
        return cls(url, {"Cookie": f"{COOKIE}={session}"})

    def get(self, path: str) -> bytes:
        """Raises RuntimeError for an answer that is not 200."""
        self._connection.request("GET", f"{self._prefix}{path}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return body

    def time(self, name: str, path: str, *, times: int, pause: float = 0.0) -> Timing:
        """The first answer, for which templates may be compiled and files read, is left out."""
        taken, longest = [], len(self.get(path))
        for _ in range(times):
            before = time.perf_counter()
            longest = max(longest, len(self.get(path)))
            taken.append(1000 * (time.perf_counter() - before))
            time.sleep(pause)
        return summary(name, taken, longest)

    def close(self) -> None:
        self._connection.close()


def summary(name: str, taken: list[float], longest: int = 0) -> Timing:
    ordered = sorted(taken)
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99)]
    p50, p99, slowest = (round(ms, 1) for ms in (*at, ordered[-1]))
    return Timing(name, len(ordered), p50, p99, slowest, longest)
