"""Secrets are taken out of an event before anything is stored. PROTOCOL section 12.1."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jentry.ingest.secret_looks import FILTERED, LOOKS, Rule, folded, is_card
from jentry.ingest.secret_names import is_secret_name, is_session_cookie, squashed
from jentry.ingest.secret_pairs import Pairs

MOST_NAMES = 10_000  # whose verdict is remembered, of each policy
MOST_TEXT = 1_500_000  # characters of texts that are remembered as harmless
LONGEST_TEXT = 1024
SHORTEST = 6  # characters of a text that can hold a name and a value
TRACE_IDS = ("trace_id", "span_id", "parent_span_id")
ADDRESS_HEADERS = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Client-Ip", "Cf-Connecting-Ip",
                   "True-Client-Ip", "X-Cluster-Client-Ip", "Fastly-Client-Ip")  # fmt: skip
ADDRESS_ENV = ("REMOTE_ADDR", "REMOTE_HOST")
ADDRESS_CONTEXTS = ("ip_address", "client_ip", "remote_addr", "ip", "client.address")
# Attributes that are looked through as they are; the others have parts that are exempt.
ATTRIBUTES = (
    "transaction", "culprit", "logentry", "extra", "tags", "fingerprint", "errors", "template",
    "debug_meta", "csp", "hpkp", "expectct", "expectstaple", "nel",
)  # fmt: skip
CRUMB_TEXTS = ("message", "category")
EXCEPTION = ("value", "mechanism")
LOCATIONS = ("abs_path", "filename")
LINES = ("pre_context", "post_context")

Bag = dict[str, Any]
Place = tuple[str, Any, Any]  # a text that was not seen before, what holds it, its key or index


@dataclass(frozen=True)
class Policy:
    """What a project wants hidden.

    `sensitive` are more words that make a name secret; `safe` are names, or dotted paths such as
    `extra.token_name`, that stay as they are whatever they contain.
    """

    keep_ip: bool = True
    sensitive: tuple[str, ...] = ()
    safe: tuple[str, ...] = ()


def scrub(event: Bag, policy: Policy) -> None:
    """Replace every secret of a normalised event by `[Filtered]`, in place. Twice is once.

    By name, in request, extra, contexts, user data, tags, breadcrumbs, frame variables and message
    parameters: whatever goes by a secret name, whole objects included; true, false and null stay.
    By looks, in every text but ids, release, exception types and names of functions and modules.
    """
    _scrubber(policy).scrub(event)
    if not policy.keep_ip:
        _forget_addresses(event)


@lru_cache(maxsize=16)
def _scrubber(policy: Policy) -> "Scrubber":
    """Shared, for what it learns about names and texts."""
    return Scrubber(policy)


class _Names:
    """Which names are secret; verdicts are remembered, for the same names come with every event."""

    def __init__(self, judge: Callable[[str], bool]) -> None:
        self.judge = judge
        self.secret: set[str] = set()
        self.harmless: set[str] = set()

    def __call__(self, name: str) -> bool:
        if name in self.harmless:
            return False
        if name in self.secret:
            return True
        if len(self.harmless) + len(self.secret) >= MOST_NAMES:
            self.harmless.clear()
            self.secret.clear()
        verdict = self.judge(name)
        (self.secret if verdict else self.harmless).add(name)
        return verdict


class _Texts:
    """Which texts hold secrets. Those found harmless are remembered: most come again."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self.harmless: set[str] = set()
        self.size = 0  # characters, about: threads may count over one another

    def changes(self, fresh: list[str]) -> dict[str, str]:
        """Text -> what to write in its place, of those texts that hold a secret."""
        lines = "\n".join(fresh).encode()
        lower = folded(lines)
        changes: dict[str, str] = {}
        for rule in self.rules:
            if rule.hint(lines, lower):
                for text in fresh:
                    before = changes.get(text, text)
                    if (after := rule.hide(before)) != before:
                        changes[text] = after
        if self.size >= MOST_TEXT:
            self.harmless.clear()
            self.size = 0
        # At no time may a secret be in it: other threads look.
        self.harmless.update([t for t in fresh if len(t) < LONGEST_TEXT and t not in changes])
        self.size += len(lines)
        return changes


class Scrubber:
    """What one policy means, and what has been learned under it. Shared between threads."""

    def __init__(self, policy: Policy) -> None:
        self.more = tuple(filter(None, map(squashed, policy.sensitive)))
        self.safe = frozenset(name.lower() for name in policy.safe)
        self.paths = frozenset(name for name in self.safe if "." in name)
        self.names = _Names(self._is_secret)
        self.cookies = _Names(self._is_secret_cookie)
        pairs = Pairs(self.names, policy.sensitive)
        self.texts = _Texts((*LOOKS, pairs.in_text))
        self.source = _Texts((*LOOKS, pairs.in_source))

    def _is_secret(self, name: str) -> bool:
        if name.lower() in self.safe:
            return False
        if is_secret_name(name):
            return True
        return bool(self.more) and any(word in squashed(name) for word in self.more)

    def _is_secret_cookie(self, name: str) -> bool:
        return self.names(name) or (name.lower() not in self.safe and is_session_cookie(name))

    def scrub(self, event: Bag) -> None:
        trace = event["contexts"].get("trace", {})
        ids = {name: trace.pop(name) for name in TRACE_IDS if name in trace}
        walk = _Walk(self)
        walk.event(event)
        if walk.texts and (changes := self.texts.changes([text for text, _, _ in walk.texts])):
            if "params" in event.get("logentry", ()):
                _hide_params(event["logentry"], changes)
            _write(changes, walk.texts)
        if walk.lines and (changes := self.source.changes([line for line, _, _ in walk.lines])):
            _write(changes, walk.lines)
        trace |= ids


class _Walk:
    """One pass over an event: hides by name at once, and collects the texts not seen before."""

    def __init__(self, scrubber: Scrubber) -> None:
        self.names = scrubber.names
        self.cookies = scrubber.cookies
        self.paths = scrubber.paths
        self.known = scrubber.texts.harmless
        self.known_lines = scrubber.source.harmless
        self.texts: list[Place] = []
        self.lines: list[Place] = []

    def event(self, event: Bag) -> None:
        for name in ATTRIBUTES:
            if name in event:
                self._member(event, name, self.names, name)
        if "request" in event:
            self._request(event["request"])
        self._contexts(event["contexts"])
        if "data" in event.get("user", ()):
            self._bag(event["user"]["data"], self.names, "user.data")
        if "breadcrumbs" in event:
            self._crumbs(event["breadcrumbs"]["values"])
        for exception in event.get("exception", {}).get("values", ()):
            for name in EXCEPTION:
                if name in exception:
                    self._member(exception, name, self.names, f"exception.{name}")
        for frame in _frames(event):
            self._frame(frame)
        for error in event["errors"]:
            if "value" in error and any(map(self.names, error["name"].split("."))):
                error["value"] = FILTERED

    def _request(self, request: Bag) -> None:
        for name in request:
            names = self.cookies if name == "cookies" else self.names
            self._member(request, name, names, f"request.{name}")

    def _contexts(self, contexts: Bag) -> None:
        """A context stays an object, even one that has to be hidden altogether."""
        for name, context in contexts.items():
            if self.names(name) and not self._is_safe_path("contexts", name):
                contexts[name] = {"type": context.get("type", name), "value": FILTERED}
            else:
                self._bag(context, self.names, "contexts." + name)

    def _crumbs(self, crumbs: list[Bag]) -> None:
        known, names = self.known, self.names
        for crumb in crumbs:
            for name in CRUMB_TEXTS:
                if name in crumb and (text := crumb[name]) not in known:
                    self.texts.append((text, crumb, name))
            if "data" in crumb:
                self._bag(crumb["data"], names, "breadcrumbs.data")

    def _frame(self, frame: Bag) -> None:
        if "vars" in frame:
            self._bag(frame["vars"], self.names, "vars")
        if "data" in frame:
            self._bag(frame["data"], self.names, "frame.data")
        known = self.known
        for name in LOCATIONS:
            if name in frame and (text := frame[name]) not in known:
                self.texts.append((text, frame, name))
        known = self.known_lines
        if "context_line" in frame and (line := frame["context_line"]) not in known:
            self.lines.append((line, frame, "context_line"))
        for name in LINES:
            if name in frame and not known.issuperset(lines := frame[name]):
                self.lines += [(line, lines, index) for index, line in enumerate(lines)]

    def _bag(self, bag: Bag, names: _Names, path: str) -> None:
        if not names.harmless.issuperset(bag):
            self._hide_members(bag, names, path)
        known, fresh = self.known, self.texts
        for name, value in bag.items():
            kind = type(value)
            if kind is str:
                if len(value) >= SHORTEST and value not in known:
                    fresh.append((value, bag, name))
            elif kind is dict or kind is list:
                inner = self.cookies if name == "cookies" else names
                path_of = f"{path}.{name}" if self.paths else path
                (self._bag if kind is dict else self._list)(value, inner, path_of)
            elif kind is int and value >= 10**12 and is_card(str(value)):
                bag[name] = FILTERED
        if "value" in bag and self._is_secret_field(bag, names):
            bag["value"] = FILTERED

    def _is_secret_field(self, bag: Bag, names: _Names) -> bool:
        """As in `{"name": "password", "value": "x"}`."""
        return any(type(bag.get(key)) is str and names(bag[key]) for key in ("name", "key"))

    def _hide_members(self, bag: Bag, names: _Names, path: str) -> None:
        for name, value in bag.items():
            is_kept = value is None or type(value) is bool or self._is_safe_path(path, name)
            if names(name) and not is_kept:
                bag[name] = FILTERED

    def _member(self, holder: Bag, key: str, names: _Names, path: str) -> None:
        value = holder[key]
        kind = type(value)
        if kind is dict:
            self._bag(value, names, path)
        elif kind is list:
            self._list(value, names, path)
        elif kind is str and value not in self.known:
            self.texts.append((value, holder, key))

    def _list(self, values: list[Any], names: _Names, path: str) -> None:
        """Also pairs, as in `[["token", "x"]]`, and options, as in `["--password", "x"]`."""
        known = self.known
        for index, value in enumerate(values):
            kind = type(value)
            if kind is str:
                if len(value) >= SHORTEST and value not in known:
                    self.texts.append((value, values, index))
                if value < "." and value[:1] == "-" and "=" not in value and names(value):
                    values[index + 1 : index + 2] = [FILTERED] * len(values[index + 1 : index + 2])
            elif kind is dict:
                self._bag(value, names, path)
            elif kind is list:
                if len(value) == 2 and type(value[0]) is str and names(value[0]):
                    if not self._is_safe_path(path, value[0]):
                        value[1] = FILTERED
                else:
                    self._list(value, names, path)
            elif kind is int and value >= 10**12 and is_card(str(value)):
                values[index] = FILTERED

    def _is_safe_path(self, path: str, name: str) -> bool:
        return bool(self.paths) and f"{path}.{name}".lower() in self.paths


def _write(changes: dict[str, str], places: list[Place]) -> None:
    for text, holder, key in places:
        if text in changes and holder[key] == text:  # else it is hidden by its name
            holder[key] = changes[text]


def _hide_params(entry: Bag, changes: dict[str, str]) -> None:
    """What the text showed of its parameters and does not show any more: `token=%s`."""
    shown: str = entry["formatted"]
    left = changes.get(shown, shown)
    params = entry["params"]
    for key, value in list(params.items() if isinstance(params, dict) else enumerate(params)):
        text = str(value)
        if text in shown and text not in left:
            params[key] = FILTERED


def _frames(event: Bag) -> Iterator[Bag]:
    for name in ("exception", "threads"):
        if name in event:
            for value in event[name]["values"]:
                if "stacktrace" in value:
                    yield from value["stacktrace"]["frames"]
    if "stacktrace" in event:
        yield from event["stacktrace"]["frames"]


def _forget_addresses(event: Bag) -> None:
    event.get("user", {}).pop("ip_address", None)
    request = event.get("request", {})
    for name in ADDRESS_HEADERS:
        request.get("headers", {}).pop(name, None)
    for name in list(request.get("env", ())):
        is_header = name.startswith("HTTP_") and _title(name) in ADDRESS_HEADERS
        if is_header or name in ADDRESS_ENV:
            del request["env"][name]
    for context in event["contexts"].values():
        for name in ADDRESS_CONTEXTS:
            context.pop(name, None)


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.removeprefix("HTTP_").split("_"))
