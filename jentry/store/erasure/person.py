"""One person in events and texts: whole values and whole words, in any case."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

import orjson

from jentry.errors import BadRequest
from jentry.search import facets
from jentry.store.sql import fold

ERASED = "[erased]"
NAMES = ("user_id", "email", "username", "ip")
MEMBERS = {"user_id": "id", "email": "email", "username": "username", "ip": "ip_address"}
IDENTITIES = {"user_id": "id", "email": "email", "username": "username", "ip": "ip"}
SHORTEST = 6  # characters of an id or a user name that is looked for in texts
LONGEST = 200

# What must not stand beside a word: then it is part of another one.
SIDES = {
    "email": (r"(?<![\w.+-])", r"(?!\w|[.-]\w)"),
    "ip": (r"(?<![\w.])(?<![0-9a-fA-F]:)(?<!::)", r"(?!\w|\.\w|:[0-9a-fA-F]*:)"),
    "name": (r"(?<!\w)", r"(?!\w)"),
}
ENCODED = r"(?<=%[0-9a-fA-F]{2})"  # a sign that an address bar has encoded


@dataclass(frozen=True)
class Person:
    """Identifiers by NAMES; those that are not known are left out."""

    known: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str | None]) -> "Person":
        """Raises BadRequest."""
        known = {name: text.strip() for name in NAMES if (text := given.get(name) or "").strip()}
        if not known:
            raise BadRequest("Name the person by userId, email, username or ip.")
        if any(len(text) > LONGEST for text in known.values()):
            raise BadRequest(f"An identifier has at most {LONGEST} characters.")
        if "email" in known and not re.fullmatch(r"[^\s@]+@[^\s@]+", known["email"]):
            raise BadRequest("The email is not an address such as jane@example.com.")
        if "ip" in known:
            try:
                known["ip"] = str(ip_address(known["ip"]))
            except ValueError:
                raise BadRequest("The ip is not an address such as 192.0.2.7.") from None
        return cls(known)

    @property
    def identities(self) -> list[str]:
        """As `identity_hash` takes them, of a user and of a session's device."""
        own = [f"{IDENTITIES[name]}:{text}" for name, text in self.known.items()]
        return own + [f"did:{text}" for text in self.known.values()]

    @property
    def fields(self) -> list[tuple[str, str]]:
        """As `person_hashes` takes them."""
        return [(facets.MEMBERS[MEMBERS[name]], fold(text)) for name, text in self.known.items()]

    @cached_property
    def words(self) -> dict[str, str]:
        """What is looked for in texts; the rest counts only as the user's own member."""
        return {
            name: text
            for name, text in self.known.items()
            if name in ("email", "ip") or (len(text) >= SHORTEST and not text.isdecimal())
        }

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        parts = []
        for name, word in self.words.items():
            left, right = SIDES.get(name, SIDES["name"])
            spellings = sorted({word, quote(word, safe=""), quote(word, safe="@")})
            either = "|".join(map(re.escape, spellings))
            parts.append(f"(?:{left}|{ENCODED})(?:{either}){right}")
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    @cached_property
    def _needles(self) -> tuple[str, ...]:
        """As JSON writes them, in lower case."""
        found = set()
        for name, word in self.known.items():
            inner = orjson.dumps(word).decode()
            found.add(inner.lower() if name not in self.words else inner[1:-1].lower())
        return tuple(sorted(found | {quote(word, safe="").lower() for word in self.words.values()}))

    @cached_property
    def _raw_needles(self) -> tuple[bytes, ...]:
        return tuple(needle.encode() for needle in self._needles)

    def may_be_in(self, raw: bytes) -> bool:
        """Whether it is worth to look closer: cheap, and never wrongly False."""
        if all(needle.isascii() for needle in self._needles):
            text = raw.lower()
        else:
            text = raw.decode("utf-8", "replace").lower().encode()
        return any(needle in text for needle in self._raw_needles)

    def is_word_in(self, raw: bytes) -> bool:
        """Of bytes that are no text as a whole, whatever stands beside the word."""
        text = raw.lower()
        words = (word.lower().encode() for word in self.words.values())
        return any(word in text for word in words)

    def owns(self, event: Mapping[str, Any]) -> bool:
        """Whether the event is about the person: a member of its user is equal. An address alone
        may be shared: it counts where the event knows nothing else of its user.
        """
        user = event.get("user")
        if not isinstance(user, dict):
            return False
        for name, member in MEMBERS.items():
            held = user.get(member)
            if name != "ip" and name in self.known and _same(name, held, self.known[name]):
                return True
        nothing_else = not any(user.get(MEMBERS[name]) for name in NAMES if name != "ip")
        return nothing_else and self.known.get("ip") == user.get("ip_address") is not None

    def mentioned(self, value: Any) -> bool:
        return bool(self.cleaned(value) != value)

    def cleaned(self, value: Any) -> Any:
        """The value with `[erased]` for each word."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self._pattern.sub(ERASED, value)
        if isinstance(value, list):
            return [self.cleaned(item) for item in value]
        if isinstance(value, dict):
            return {self.cleaned(key): self.cleaned(item) for key, item in value.items()}
        return value

    def kind_of(self, raw: bytes) -> str | None:
        """Of an event's payload: `event` when it is the person's, `mention` of a word, None."""
        if not self.may_be_in(raw):
            return None
        try:
            event = orjson.loads(raw)
        except ValueError:
            return None
        if self.owns(event):
            return "event"
        return "mention" if self.mentioned(event) else None


def _same(name: str, held: Any, wanted: str) -> bool:
    if held is None:
        return False
    text = str(held)
    return text.lower() == wanted.lower() if name == "email" else text == wanted
