"""Asks another server's API: paced as it wishes, patient with its faults, answers bounded."""

import http.client
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
    build_opener,
)

from jentry import clock
from jentry.errors import BadRequest
from jentry.ingest import jsontext

SECONDS = 60.0  # for an answer
TRIES = 6
FIRST_PAUSE = 1.0  # seconds; each is twice the one before
LONGEST_PAUSE = 3600  # a server that wants a longer rest is asked another day
MOST_BYTES = 64 * 1024 * 1024  # of an answer, unpacked
MOST_REASON = 4096  # of what a refusal says
BLOCK = 256 * 1024
PASSING = frozenset({429, 500, 502, 503, 504, 520, 522, 524})
HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "jentry-import"}

Told = Callable[[str], object]


class NoAnswer(BadRequest):
    """What the server says instead, as a sentence; `status` is None when it said nothing."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.answered = status


class TooLong(BadRequest):
    """An answer of more than MOST_BYTES: less has to be asked for at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    body: Any
    headers: Mapping[str, str]


class _SameOrigin(HTTPRedirectHandler):
    """The token goes nowhere but where it was meant for."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        target = urljoin(req.full_url, newurl)
        if origin(target) != origin(req.full_url):
            fp.close()
            raise NoAnswer(
                f"{origin(req.full_url)} sends us to {origin(target)}. If that is your server, say "
                f"--url {origin(target)}."
            )
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        if found is not None:
            found.add_unredirected_header("Authorization", req.get_header("Authorization") or "")
        return found


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Client:
    """`told` is given a sentence when there is a pause of some length."""

    def __init__(
        self,
        url: str,
        token: str,
        told: Told = lambda _: None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadRequest(f"{url!r} is no address like https://sentry.example.com.")
        if parts.username or parts.password:
            raise BadRequest("The address must not hold a user or a password.")
        self.url = url.rstrip("/")
        self.requests = 0
        self._token = token
        self._told = told
        self._sleep = sleep
        self._opener: OpenerDirector = build_opener(
            _SameOrigin(), HTTPHandler(), HTTPSHandler(context=ssl.create_default_context())
        )

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Answer:
        """The JSON at a path, asked again while that may help. Raises NoAnswer, TooLong."""
        address = f"{self.url}{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        pause = FIRST_PAUSE
        for is_last in (*[False] * (TRIES - 1), True):
            try:
                return self._get(address)
            except HTTPError as error:
                with error:
                    if is_last or error.code not in PASSING:
                        raise NoAnswer(*_refusal(error, path)) from None
                    self._rest(_wish(dict(error.headers)) or pause, f"{error.code}")
            except (URLError, OSError, http.client.HTTPException) as error:
                reason = getattr(error, "reason", None) or error
                if is_last or isinstance(reason, ssl.SSLCertVerificationError):
                    raise NoAnswer(f"{self.url} cannot be reached: {reason}.") from None
                self._rest(pause, str(reason))
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _get(self, address: str) -> Answer:
        self.requests += 1
        request = Request(address, headers=HEADERS)  # noqa: S310 - http or https, see above
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        with self._opener.open(request, timeout=SECONDS) as answer:
            raw = _read(answer, answer.headers.get("Content-Encoding") == "gzip")
            headers = {name.lower(): value for name, value in answer.headers.items()}
        found = Answer(jsontext.loads(raw), headers)
        if headers.get("x-sentry-rate-limit-remaining") == "0":
            self._rest(_reset(headers) or FIRST_PAUSE, "the limit of requests is used up")
        return found

    def _rest(self, seconds: float, why: str) -> None:
        if seconds > LONGEST_PAUSE:
            raise NoAnswer(
                f"{self.url} wants to be left alone for {seconds / 3600:.1f} hours ({why}). Say "
                "the same again then: it goes on where it ended."
            )
        if seconds >= 2:
            self._told(f"{self.url} is given {seconds:.0f} s of rest: {why}.")
        self._sleep(seconds)


def _read(answer: Any, is_packed: bool) -> bytes:
    unpacker = zlib.decompressobj(wbits=31) if is_packed else None
    parts: list[bytes] = []
    size = 0
    while block := answer.read(BLOCK):
        while block:
            plain = block
            if unpacker is not None:
                plain = unpacker.decompress(block, MOST_BYTES)
            block = unpacker.unconsumed_tail if unpacker is not None else b""
            parts.append(plain)
            size += len(plain)
            if size > MOST_BYTES:
                raise TooLong(f"An answer is longer than {MOST_BYTES >> 20} MB.")
    if unpacker is not None and not unpacker.eof:
        raise http.client.IncompleteRead(b"".join(parts))
    return b"".join(parts)


def _wish(headers: Mapping[str, str]) -> float | None:
    """Seconds for which the server wants to be left alone."""
    text = headers.get("Retry-After", "")
    if text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - clock.now()).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return _reset({name.lower(): value for name, value in headers.items()})


def _reset(headers: Mapping[str, str]) -> float | None:
    """Until the window ends: `X-Sentry-Rate-Limit-Reset` is an epoch in seconds."""
    text = headers.get("x-sentry-rate-limit-reset", "")
    if not text.replace(".", "", 1).isdigit():
        return None
    return max(float(text) - clock.now().timestamp(), 0.0) + 0.1


def _refusal(error: HTTPError, path: str) -> tuple[str, int]:
    if error.code == 401:
        return "The token is not accepted there; was it copied as a whole?", 401
    if error.code == 403:
        return f"The token may not read {path}: {_said(error)}", 403
    if error.code == 404:
        return f"There is no {path} for this token.", 404
    return f"{path} answered {error.code}: {_said(error)}", error.code


def _said(error: HTTPError) -> str:
    """What stands in the body, in part."""
    try:
        raw = error.read(MOST_REASON)
        if error.headers.get("Content-Encoding") == "gzip":
            raw = zlib.decompressobj(wbits=31).decompress(raw, MOST_REASON)
        body = jsontext.loads_or_none(raw)
    except (OSError, http.client.HTTPException, zlib.error):
        body = None
    detail = body.get("detail") if isinstance(body, dict) else None
    return str(detail)[:200] if isinstance(detail, str) else error.reason or "no reason given"
