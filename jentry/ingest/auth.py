"""Who sends: the DSN's key, wherever SDKs put it. README: Requests."""

import base64
import binascii
import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from jentry.byte_cache import bounded
from jentry.errors import BadRequest, Forbidden, Unauthorized
from jentry.vocabulary import MAX_ID

KEY = re.compile(r"[0-9a-f]{32}")
PROJECT_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
MAX_CLIENT = 200  # characters
MAX_ORIGIN = 4096  # of an Origin or Referer header


@dataclass(frozen=True, slots=True)
class Credentials:
    """`project_id` only when the DSN itself was sent; `client` is `name/version` of the SDK."""

    public_key: str
    project_id: int | None = None
    client: str | None = None


def credentials(
    headers: Mapping[str, str], query: Mapping[str, str], dsn: str | None = None
) -> Credentials:
    """From headers (lower-case names), the query string and the envelope's `dsn`.

    Several sources may speak when they agree. Raises Unauthorized when none does, when one is
    malformed or they differ, and BadRequest when the DSN is of another key than the request. A
    malformed DSN counts only when nothing else is there.
    """
    said = [
        pairs
        for pairs in (_x_sentry_auth(headers), _authorization(headers), query)
        if pairs.get("sentry_key")
    ]
    keys = {_key(pairs["sentry_key"]) for pairs in said}
    if len(keys) > 1:
        raise Unauthorized("multiple authorization payloads detected, and they differ")
    found = _dsn(dsn) if dsn else None
    if found and keys and found[0] not in keys:
        raise BadRequest("header mismatch: the DSN of the envelope has another key")
    if found:
        keys.add(found[0])
    if not keys:
        raise Unauthorized("no sentry_key: send the DSN's public key, as every Sentry SDK does")
    clients = [pairs["sentry_client"] for pairs in said if pairs.get("sentry_client")]
    client = next(iter(clients), headers.get("user-agent", "")).strip()[:MAX_CLIENT]
    return Credentials(keys.pop(), found[1] if found else None, client or None)


def check_origin(headers: Mapping[str, str], allowed: tuple[str, ...]) -> None:
    """Raises Forbidden for a browser page that the project does not expect. README: Requests."""
    origin = headers.get("origin") or headers.get("referer")
    if "*" in allowed or not origin:
        return
    with contextlib.suppress(ValueError):  # it is no address
        parts = urlsplit(origin[:MAX_ORIGIN])
        for pattern in allowed:
            host = pattern.removeprefix("*.")
            names = (parts.hostname, f"{parts.scheme}://{parts.netloc}")
            if pattern in names or (host != pattern and f".{parts.hostname}".endswith(f".{host}")):
                return
    raise Forbidden("this origin is not allowed for the project")


def _x_sentry_auth(headers: Mapping[str, str]) -> Mapping[str, str]:
    value = headers.get("x-sentry-auth", "").strip()
    if not value:
        return {}
    pairs = _sentry_pairs(value)
    if not pairs.get("sentry_key"):
        raise Unauthorized("the X-Sentry-Auth header is not `Sentry sentry_key=…, …`")
    return pairs


def _authorization(headers: Mapping[str, str]) -> Mapping[str, str]:
    """`Sentry`, or `Basic` with a key as its user. Others are for someone before us: ignored."""
    value = headers.get("authorization", "").strip()
    if not value:
        return {}
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "sentry":
        return _sentry_pairs(value)
    if scheme.lower() != "basic":
        return {}
    try:
        user = base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return {}
    return {"sentry_key": user} if KEY.fullmatch(_bare(user)) else {}


@bounded(256 * 1024)  # clients send the same with every request
def _sentry_pairs(value: str) -> Mapping[str, str]:
    scheme, *rest = value.split(None, 1)
    if scheme.lower() != "sentry" or not rest:
        return {}
    pairs = (pair.partition("=") for pair in rest[0].split(","))
    return {name.strip().lower(): content.strip() for name, _, content in pairs}


def _dsn(dsn: str) -> tuple[str, int] | None:
    """Key and project id; None when it is malformed. Host and secret are the client's business."""
    try:
        parts = urlsplit(dsn.strip())
        key, project = _bare(parts.username or ""), parts.path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return None
    is_valid = parts.scheme in ("http", "https") and KEY.fullmatch(key)
    if not is_valid or not PROJECT_ID.fullmatch(project) or int(project) > MAX_ID:
        return None
    return key, int(project)


def _key(text: str) -> str:
    key = _bare(text)
    if not KEY.fullmatch(key):
        raise Unauthorized("sentry_key is not a key of 32 hex digits")
    return key


def _bare(text: str) -> str:
    """Without the flags that may follow a dot, as in `<key>.no-cache`."""
    return text.partition(".")[0].strip().lower()
