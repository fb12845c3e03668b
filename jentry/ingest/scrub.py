"""Secrets are taken out of an event before anything is stored. PROTOCOL section 12.1."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from jentry.ingest.secret_looks import FILTERED, LOOKS, Rule, folded, is_card
from jentry.ingest.secret_names import is_secret_name, is_session_cookie, squashed
from jentry.ingest.secret_pairs import Pairs

MOST_NAMES = 20_000  # names whose verdict is remembered
MOST_FRAMES = 20_000  # frames that are remembered as harmless
TRACE_IDS = frozenset(("trace_id", "span_id", "parent_span_id", "type"))
ADDRESS_HEADERS = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Client-Ip", "Cf-Connecting-Ip",
                   "True-Client-Ip", "X-Cluster-Client-Ip", "Fastly-Client-Ip")  # fmt: skip
ADDRESS_ENV = ("REMOTE_ADDR", "REMOTE_HOST")
ADDRESS_CONTEXTS = ("ip_address", "client_ip", "remote_addr", "ip", "client.address")
# Attributes that are text as a whole, and those that may hold anything.
TEXTS = ("transaction", "culprit")
BAGS = ("logentry", "request", "extra", "contexts", "tags", "breadcrumbs", "fingerprint", "errors",
        "template", "debug_meta", "csp", "hpkp", "expectct", "expectstaple", "nel")  # fmt: skip
LINES = ("abs_path", "filename", "context_line", "pre_context", "post_context", "data")
SHORTEST = 6  # characters of a text that can hold a name and a value

Bag = dict[str, Any]
IsSecret = Callable[[str], bool]


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
    scrubber = _scrubber(policy)
    scrubber.hide_by_name(event)
    scrubber.hide_by_looks(event)
    if not policy.keep_ip:
        _forget_addresses(event)


@lru_cache(maxsize=256)
def _scrubber(policy: Policy) -> "_Scrubber":
    return _Scrubber(policy)


class _Names:
    """Which names are secret. Verdicts are remembered, and asked for many names at once."""

    def __init__(self, judge: IsSecret) -> None:
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


class _Scrubber:
    def __init__(self, policy: Policy) -> None:
        self.more = tuple(filter(None, map(squashed, policy.sensitive)))
        self.safe = frozenset(name.lower() for name in policy.safe)
        self.paths = frozenset(name for name in self.safe if "." in name)
        self.names = _Names(self._is_secret)
        self.cookies = _Names(lambda name: self.names(name) or self._is_secret_cookie(name))
        pairs = Pairs(self.names, policy.sensitive)
        self.in_text = (*LOOKS, pairs.in_text)
        self.in_source = (*LOOKS, pairs.in_source)
        self.harmless_frames: set[int] = set()

    def _is_secret(self, name: str) -> bool:
        if name.lower() in self.safe:
            return False
        if is_secret_name(name):
            return True
        return bool(self.more) and any(word in squashed(name) for word in self.more)

    def _is_secret_cookie(self, name: str) -> bool:
        return name.lower() not in self.safe and is_session_cookie(name)

    # By name

    def hide_by_name(self, event: Bag) -> None:
        names = self.names
        for attribute in ("extra", "tags"):
            if attribute in event:
                self._bag(event[attribute], names, attribute)
        if "request" in event:
            self._request(event["request"])
        self._contexts(event["contexts"])
        if data := event.get("user", {}).get("data"):
            self._bag(data, names, "user.data")
        for crumb in event.get("breadcrumbs", {}).get("values", ()):
            if "data" in crumb:
                self._bag(crumb["data"], names, "breadcrumbs.data")
        params = event.get("logentry", {}).get("params")
        if params:
            self._any(params, names, "logentry.params")
        for exception in event.get("exception", {}).get("values", ()):
            if "mechanism" in exception:
                self._bag(exception["mechanism"], names, "exception.mechanism")
        for frame in _frames(event):
            if "vars" in frame:
                self._bag(frame["vars"], names, "vars")
        for error in event["errors"]:
            if "value" in error and any(names(part) for part in error["name"].split(".")):
                error["value"] = FILTERED

    def _request(self, request: Bag) -> None:
        names = self.names
        for attribute in ("headers", "env"):
            if attribute in request:
                self._bag(request[attribute], names, f"request.{attribute}")
        if "cookies" in request:
            self._bag(request["cookies"], self.cookies, "request.cookies")
        for attribute in ("data", "query_string"):
            if isinstance(request.get(attribute), (dict, list)):
                self._any(request[attribute], names, f"request.{attribute}")

    def _contexts(self, contexts: Bag) -> None:
        """A context stays an object, even one that has to be hidden altogether."""
        for name, context in contexts.items():
            if self.names(name) and not self._is_safe_path("contexts", name):
                contexts[name] = {"type": context.get("type", name), "value": FILTERED}
            else:
                self._bag(context, self.names, "contexts." + name)

    def _is_safe_path(self, path: str, name: str) -> bool:
        return bool(self.paths) and f"{path}.{name}".lower() in self.paths

    def _bag(self, bag: Bag, names: _Names, path: str) -> None:
        if not names.harmless.issuperset(bag):
            self._hide_members(bag, names, path)
        for name, value in bag.items():
            kind = type(value)
            if kind is dict or kind is list:
                inner = self.cookies if name == "cookies" else names
                self._any(value, inner, f"{path}.{name}" if self.paths else path)

    def _hide_members(self, bag: Bag, names: _Names, path: str) -> None:
        for name, value in bag.items():
            is_kept = value is None or type(value) is bool or self._is_safe_path(path, name)
            if names(name) and not is_kept:
                bag[name] = FILTERED

    def _any(self, value: Any, names: _Names, path: str) -> None:
        if type(value) is dict:
            self._bag(value, names, path)
        elif type(value) is list:
            self._list(value, names, path)

    def _list(self, values: list[Any], names: _Names, path: str) -> None:
        """Also pairs, as in `[["token", "x"]]`, and options, as in `["--password", "x"]`."""
        for index, value in enumerate(values):
            kind = type(value)
            if kind is dict:
                self._bag(value, names, path)
            elif kind is list:
                if len(value) == 2 and type(value[0]) is str and names(value[0]):
                    if not self._is_safe_path(path, value[0]):
                        value[1] = FILTERED
                else:
                    self._list(value, names, path)
            elif kind is str and value[:1] == "-" and "=" not in value and names(value):
                values[index + 1 : index + 2] = [FILTERED] * len(values[index + 1 : index + 2])

    # By looks

    def hide_by_looks(self, event: Bag) -> None:
        """Most events hold nothing of the kind, which their JSON as a whole tells much faster."""
        frames = list(_frames(event))
        if rules := _applicable(self.in_text, orjson.dumps(_loose(event, frames))):
            self._hide_in_event(event, frames, _Rewriter(rules))
        for frame in frames:
            self._hide_in_frame(frame)

    def _hide_in_event(self, event: Bag, frames: list[Bag], rewriter: "_Rewriter") -> None:
        trace = event["contexts"].get("trace", {})
        ids = {name: trace[name] for name in TRACE_IDS if name in trace}
        rewriter.members(event, (*TEXTS, *BAGS))
        trace |= ids
        rewriter.members(event.get("user", {}), ("data",))
        for exception in event.get("exception", {}).get("values", ()):
            rewriter.members(exception, ("value", "mechanism"))
        for frame in frames:
            rewriter.members(frame, ("vars",))

    def _hide_in_frame(self, frame: Bag) -> None:
        """Frames come again and again with the same lines: those found harmless are remembered."""
        variables = frame.pop("vars", None)
        dumped = orjson.dumps(frame)
        if hash(dumped) not in self.harmless_frames:
            if rules := _applicable(self.in_source, dumped):
                _Rewriter(rules).members(frame, LINES)
            if not rules or orjson.dumps(frame) == dumped:
                if len(self.harmless_frames) >= MOST_FRAMES:
                    self.harmless_frames.clear()
                self.harmless_frames.add(hash(dumped))
        if variables is not None:
            frame["vars"] = variables


class _Rewriter:
    """Applies rules to every text inside a container, and hides every number that is a card's."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.hides = [rule.hide for rule in rules]

    def members(self, bag: Bag, names: Iterable[str]) -> None:
        for name in names:
            if name in bag:
                bag[name] = self.rewritten(bag[name])

    def rewritten(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            if len(value) >= SHORTEST:
                for hide in self.hides:
                    value = hide(value)
        elif kind is dict:
            for key, member in value.items():
                value[key] = self.rewritten(member)
        elif kind is list:
            value[:] = [self.rewritten(member) for member in value]
        elif kind is int and value >= 10**12 and is_card(str(value)):
            return FILTERED
        return value


def _applicable(rules: tuple[Rule, ...], dumped: bytes) -> tuple[Rule, ...]:
    lower = folded(dumped)
    return tuple([rule for rule in rules if rule.hint(dumped, lower)])


def _loose(event: Bag, frames: list[Bag]) -> list[Any]:
    """Everything that is looked through for secrets, but for the fixed members of frames."""
    loose = [event[name] for name in (*TEXTS, *BAGS) if name in event and name != "breadcrumbs"]
    for crumb in event.get("breadcrumbs", {}).get("values", ()):
        loose += (crumb.get("message"), crumb.get("data"), crumb.get("category"))
    for exception in event.get("exception", {}).get("values", ()):
        loose += (exception.get("value"), exception.get("mechanism"))
    loose += [frame["vars"] for frame in frames if "vars" in frame]
    loose.append(event.get("user", {}).get("data"))
    return loose


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
