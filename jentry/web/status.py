"""What a form did, said on the page that follows: `Resolved 3 issues. Undo`.

It travels in a cookie for a minute, signed for the session that it belongs to.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from jentry.web import cookies, session

COOKIE = "jentry_status"
SECONDS = 60
LONGEST = 3000  # bytes of a cookie, which browsers drop above 4096


@dataclass(frozen=True, slots=True)
class Status:
    text: str
    operations: list[int]  # what Undo takes back


def say(text: str, operations: Iterable[int] = ()) -> None:
    """Shown once, by the next page."""
    data = urlsafe_b64encode(json.dumps([text, list(operations)]).encode()).decode()
    if len(data) > LONGEST:
        data = urlsafe_b64encode(json.dumps([text[:200], []]).encode()).decode()
    cookies.put(COOKIE, f"{data}.{_signature(data)}", seconds=SECONDS)


def status() -> Status | None:
    """For the page: what the form before it did. The cookie goes with the answer."""
    data, _, signature = cookies.get(COOKIE).partition(".")
    if not data:
        return None
    cookies.drop(COOKIE)
    if not hmac.compare_digest(signature.encode(), _signature(data).encode()):
        return None
    text, operations = json.loads(urlsafe_b64decode(data))
    return Status(text, operations)


def _signature(data: str) -> str:
    key = session.secret().encode()
    return hmac.new(key, b"status" + data.encode(), hashlib.sha256).hexdigest()[:32]
