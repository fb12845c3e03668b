"""Asks a server's REST API, from another process or machine."""

import json
import time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

SECONDS = 30.0  # for an answer
TRIES = 4
LONGEST_PAUSE = 30.0  # seconds, whatever Retry-After says


class Refused(Exception):
    """The sentence of the answer; `status` is None when there was none."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """`url`: the base address; `direct`: by no proxy, since it is on this machine."""

    def __init__(self, url: str, token: str, *, direct: bool = False) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self._opener: OpenerDirector = build_opener(*([ProxyHandler({})] if direct else []))

    def send(self, path: str, method: str = "GET", body: object = None) -> Any:
        """The JSON that `/api/v1{path}` answers; asked again when it says so. Raises Refused."""
        for last in (*[False] * (TRIES - 1), True):
            try:
                return self._send(path, method, body)
            except HTTPError as error:
                with error:
                    pause = error.headers.get("Retry-After", "") if error.code in (429, 503) else ""
                    if last or not pause.isdigit():
                        raise Refused(_sentence(error.read()), error.code) from None
                time.sleep(min(float(pause), LONGEST_PAUSE))
            except (URLError, OSError) as error:
                reason = getattr(error, "reason", error)
                raise Refused(f"{self.url} cannot be reached: {reason}.") from None
        raise AssertionError("the last try returns or raises")

    def all(self, path: str, **query: object) -> list[dict[str, Any]]:
        """Of a list, all pages. Raises Refused."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            wanted = query | {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = self.send(f"{path}?{urlencode(wanted)}")
            found += page["data"]
            cursor = page["nextCursor"]
        return found

    def _send(self, path: str, method: str, body: object) -> Any:
        request = Request(  # noqa: S310 - whoever runs it says where
            f"{self.url}/api/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "User-Agent": "jentry"},
            method=method,
        )
        with self._opener.open(request, timeout=SECONDS) as answer:
            try:
                return json.load(answer)
            except ValueError:
                raise Refused(f"{self.url} does not answer as jentry does.") from None


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode("utf-8", "replace")
