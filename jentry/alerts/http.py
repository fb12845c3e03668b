"""One POST, to an address that was looked at, answered in time. No redirect is followed."""

import http.client
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from jentry.alerts import addresses
from jentry.alerts.deadline import Deadline, Expired
from jentry.settings import Network

SECONDS = 10.0
MOST = 4096  # bytes of the answer that are read
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Way:
    """How this server reaches others."""

    allowed: Sequence[Network] = ()
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    reason: str
    text: str
    retry_after: float | None


def post(
    url: str, body: bytes, headers: Mapping[str, str], way: Way, seconds: float = SECONDS
) -> Answer:
    """Raises OSError (Expired, NotPublic), HTTPException."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", _port(parts))
    with Deadline(seconds) as deadline:
        try:
            _connect(connection, parts, way, deadline)
            connection.request("POST", _target(parts, way), body, dict(headers))
            response = connection.getresponse()
            text = response.read(MOST)
            if deadline.is_over:  # a cut answer may look like a whole one
                raise Expired(deadline.words)
        except (OSError, http.client.HTTPException) as error:
            if deadline.is_over:
                raise Expired(deadline.words) from error
            raise
        finally:
            connection.close()
    return Answer(
        response.status,
        response.reason,
        text.decode("utf-8", "replace"),
        _seconds(response.headers.get("Retry-After")),
    )


def _connect(
    connection: http.client.HTTPConnection, parts: SplitResult, way: Way, deadline: Deadline
) -> None:
    """Open its socket; its name only serves for `Host` and TLS."""
    host, port = parts.hostname or "", _port(parts)
    if way.proxy is None:
        connection.sock = addresses.connect(host, port, deadline, way.allowed)
    else:
        proxy = urlsplit(way.proxy)
        connection.sock = addresses.connect(proxy.hostname or "", proxy.port or 80, deadline, None)
        if parts.scheme == "https":
            connection.set_tunnel(host, port)
            connection._tunnel()  # type: ignore[attr-defined]  # on the socket that is there
    if parts.scheme == "https":
        wrapped = ssl.create_default_context().wrap_socket(
            connection.sock, server_hostname=host, do_handshake_on_connect=False
        )
        connection.sock = wrapped
        deadline.watch(wrapped)
        wrapped.do_handshake()


def _port(parts: SplitResult) -> int:
    return parts.port or PORTS[parts.scheme]


def _target(parts: SplitResult, way: Way) -> str:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if way.proxy is not None and parts.scheme == "http":
        return f"http://{parts.netloc}{path}"
    return path


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
