"""Secrets are taken out of an event before anything is stored. PROTOCOL section 12.1."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from jentry.ingest import sensitive
from jentry.ingest.sensitive import FILTERED, TextRules, is_card, squashed

MOST_NAMES = 20_000  # names whose verdict is remembered
MOST_FRAMES = 20_000  # frames that are remembered as harmless
TRACE_IDS = frozenset(("trace_id", "span_id", "parent_span_id", "type"))
ADDRESS_HEADERS = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Client-Ip", "Cf-Connecting-Ip",
                   "True-Client-Ip", "X-Cluster-Client-Ip", "Fastly-Client-Ip")  # fmt: skip
ADDRESS_ENV = ("REMOTE_ADDR", "REMOTE_HOST")
ADDRESS_CONTEXTS = ("ip_address", "client_ip", "remote_addr", "ip", "client.address")
# Attributes that are text as a whole, and those that may hold anything.
TEXTS = ("transaction", "culprit")
BAGS = ("logentry", "request", "extra", "contexts", "tags", "breadcrumbs", "fingerprint", "template",
        "debug_meta", "csp", "hpkp", "expectct", "expectstaple", "nel", "errors")  # fmt: skip
SOURCE = ("pre_context", "post_context")

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


class _Names(dict[str, bool]):
    """Name -> whether it is secret, remembered."""

    def __init__(self, judge: IsSecret) -> None:
        super().__init__()
        self.judge = judge

    def __missing__(self, name: str) -> bool:
        if len(self) >= MOST_NAMES:
            self.clear()
        verdict = self[name] = self.judge(name)
        return verdict


class _Scrubber:
    def __init__(self, policy: Policy) -> None:
        self.more = tuple(filter(None, map(squashed, policy.sensitive)))
        self.safe = frozenset(name.lower() for name in policy.safe)
        self.paths = frozenset(name for name in self.safe if "." in name)
        self.names = _Names(self._is_secret)
        self.cookies = _Names(lambda name: self.names[name] or sensitive.is_secret_cookie(name))
        self.rules = TextRules(self.names.__getitem__, policy.sensitive)
        self.harmless: set[int] = set()

    def _is_secret(self, name: str) -> bool:
        if name.lower() in self.safe:
            return False
        if sensitive.is_secret_name(name):
            return True
        return bool(self.more) and any(word in squashed(name) for word in self.more)

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
            if "value" in error and any(names[part] for part in error["name"].split(".")):
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
            if self.names[name] and not self._is_safe_path("contexts", name):
                contexts[name] = {"type": context.get("type", name), "value": FILTERED}
            else:
                self._bag(context, self.names, "contexts." + name)

    def _is_safe_path(self, path: str, name: str) -> bool:
        return bool(self.paths) and f"{path}.{name}".lower() in self.paths

    def _bag(self, bag: Bag, names: _Names, path: str) -> None:
        for name, value in bag.items():
            kind = type(value)
            if names[name]:
                if value is not None and kind is not bool and not self._is_safe_path(path, name):
                    bag[name] = FILTERED
            elif kind is dict or kind is list:
                inner = self.cookies if name in ("cookies", "COOKIES") else names
                self._any(value, inner, f"{path}.{name}" if self.paths else path)
        if "value" in bag and any(
            type(bag.get(key)) is str and names[bag[key]] for key in ("name", "key")
        ):
            bag["value"] = FILTERED

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
                if len(value) == 2 and type(value[0]) is str and names[value[0]]:
                    if not self._is_safe_path(path, value[0]):
                        value[1] = FILTERED
                else:
                    self._list(value, names, path)
            elif kind is str and value[:1] == "-" and "=" not in value and names[value]:
                if index + 1 < len(values) and type(values[index + 1]) is str:
                    values[index + 1] = FILTERED

    # By looks

    def hide_by_looks(self, event: Bag) -> None:
        """Most events hold nothing of the kind, which their JSON as a whole tells much faster."""
        loose = [event[name] for name in (*TEXTS, *BAGS) if name in event]
        loose += [event.get("user", {}).get("data")]
        for exception in event.get("exception", {}).get("values", ()):
            loose += [exception.get("value"), exception.get("mechanism")]
        frames = list(_frames(event))
        loose += [frame["vars"] for frame in frames if "vars" in frame]
        if self.rules.may_apply(orjson.dumps(loose)):
            self._hide_in_event(event, frames)
        for frame in frames:
            self._hide_in_source(frame)

    def _hide_in_event(self, event: Bag, frames: list[Bag]) -> None:
        for name in TEXTS:
            if name in event:
                event[name] = self.rules.hide(event[name])
        trace = event["contexts"].get("trace", {})
        ids = {name: trace[name] for name in TRACE_IDS if name in trace}
        for name in BAGS:
            if name in event:
                self._rewrite(event[name])
        trace |= ids
        if data := event.get("user", {}).get("data"):
            self._rewrite(data)
        for exception in event.get("exception", {}).get("values", ()):
            if "value" in exception:
                exception["value"] = self.rules.hide(exception["value"])
            self._rewrite(exception.get("mechanism"))
        for frame in frames:
            self._rewrite(frame.get("vars"))

    def _rewrite(self, value: Any) -> None:
        """Rewrite every text inside a container, and every number that is a card's."""
        if type(value) is dict:
            for key, member in value.items():
                value[key] = self._rewritten(member)
        elif type(value) is list:
            for index, member in enumerate(value):
                value[index] = self._rewritten(member)

    def _rewritten(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self.rules.hide(value)
        if kind is dict or kind is list:
            self._rewrite(value)
        elif kind is int and value >= 10**12 and is_card(str(value)):
            return FILTERED
        return value

    def _hide_in_source(self, frame: Bag) -> None:
        """Frames come again and again with the same lines: those found harmless are remembered."""
        variables = frame.pop("vars", None)
        dumped = orjson.dumps(frame)
        if hash(dumped) not in self.harmless:
            if self.rules.may_apply(dumped):
                self._hide_in_frame(frame)
            if orjson.dumps(frame) == dumped:
                if len(self.harmless) >= MOST_FRAMES:
                    self.harmless.clear()
                self.harmless.add(hash(dumped))
        if variables is not None:
            frame["vars"] = variables

    def _hide_in_frame(self, frame: Bag) -> None:
        for name in ("abs_path", "filename"):
            if name in frame:
                frame[name] = self.rules.hide(frame[name])
        if "context_line" in frame:
            frame["context_line"] = self.rules.hide_in_source(frame["context_line"])
        for name in SOURCE:
            if name in frame:
                frame[name] = [self.rules.hide_in_source(line) for line in frame[name]]
        self._rewrite(frame.get("data"))


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
