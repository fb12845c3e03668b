"""A client that reads the API over one keep-alive connection, and how long each answer took."""

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Timing:
    """Milliseconds over `requests` answers."""

    name: str
    requests: int
    p50: float
    p99: float
    slowest: float


class Reader:
    def __init__(self, url: str, token: str) -> None:
        target = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            target.hostname or "127.0.0.1", target.port, timeout=30
        )
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> bytes:
        """Raises RuntimeError for an answer that is not 200."""
        self._connection.request("GET", f"/api/v1{path}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return body

    def time(self, name: str, path: str, *, times: int, pause: float = 0.0) -> Timing:
        taken = []
        for _ in range(times):
            before = time.perf_counter()
            self.get(path)
            taken.append(1000 * (time.perf_counter() - before))
            time.sleep(pause)
        return summary(name, taken)

    def close(self) -> None:
        self._connection.close()


def summary(name: str, taken: list[float]) -> Timing:
    ordered = sorted(taken)
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99)]
    return Timing(name, len(ordered), *(round(ms, 1) for ms in (*at, ordered[-1])))
