"""One pass over an event: every place where a secret may stand."""

from collections.abc import Iterator
from typing import Any

from jentry.ingest.scrubbing.caches import VALUES, Names
from jentry.ingest.scrubbing.commands import hide_options
from jentry.ingest.scrubbing.looks import is_card
from jentry.ingest.scrubbing.names import stays
from jentry.ingest.scrubbing.policy import Scrubber
from jentry.ingest.scrubbing.rows import FILTERED, Budget

TRACES = ("stacktrace", "raw_stacktrace")
MOST_NAMES = 2000  # of one event, not met before, that are judged: the others count as secret
MANY = 8  # members of an object, whose names are judged together
WORDS, LINE = 40, 450  # before an option, and their characters, among which its tool is looked for
SHORTEST = 6  # characters of a text that can hold a name and a value
# Attributes that are looked through as they are; the others have parts that are exempt.
ATTRIBUTES = (
    "transaction", "culprit", "logentry", "extra", "tags", "fingerprint", "errors", "template",
    "debug_meta", "csp", "hpkp", "expectct", "expectstaple", "nel", "server_name", "logger",
    "sdk",
)  # fmt: skip
CRUMB_TEXTS = ("message", "category")
EXCEPTION = ("value", "mechanism")
LOCATIONS = ("abs_path", "filename")
LINES = ("pre_context", "post_context")
USER = ("id", "username", "name", "email")
# Members that say what the value beside them is.
NAMED_BY = (
    "name", "Name", "key", "Key", "field", "label", "header", "property", "attribute", "param",
    "path", "k", "loc",
)  # fmt: skip
HEADERS = frozenset(("authorization", "proxy-authorization", "cookie", "set-cookie"))
HEADER_LENGTHS = frozenset(map(len, HEADERS))

Bag = dict[str, Any]
Place = tuple[str, Any, Any]  # a text that was not seen before, what holds it, its key or index

NO_NAMES = Names(lambda _: False)  # of packages: `passlib` is one of them


class Walk:
    """Hides by name at once, and collects the texts not seen before."""

    def __init__(self, scrubber: Scrubber) -> None:
        self.names = scrubber.names
        self.cookies = scrubber.cookies
        self.paths = scrubber.paths
        self.known = scrubber.texts.harmless
        self.known_lines = scrubber.source.harmless
        self.options = Budget(0)
        self.left = MOST_NAMES
        self.texts: list[Place] = []
        self.lines: list[Place] = []

    def event(self, event: Bag) -> None:
        for name in ATTRIBUTES:
            if name in event:
                self._member(event, name, self.names, name)
        if "request" in event:
            self._request(event["request"])
        self._contexts(event["contexts"])
        if "user" in event:
            self._user(event["user"])
        if "modules" in event and not self.known.issuperset(event["modules"].values()):
            self.bag(event["modules"], NO_NAMES, "modules")
        if "breadcrumbs" in event:
            self._crumbs(event["breadcrumbs"]["values"])
        for exception in event.get("exception", {}).get("values", ()):
            for name in EXCEPTION:
                if name in exception:
                    self._member(exception, name, self.names, f"exception.{name}")
        for thread in event.get("threads", {}).get("values", ()):
            if "name" in thread:
                self._member(thread, "name", self.names, "threads.name")
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
                self.bag(context, self.names, "contexts." + name)

    def _user(self, user: Bag) -> None:
        """A number that looks like a card is somebody's id all the same."""
        for name in USER:
            if name in user and (text := user[name]) not in self.known and not text.isdigit():
                self.texts.append((text, user, name))
        if "data" in user:
            self.bag(user["data"], self.names, "user.data")

    def _crumbs(self, crumbs: list[Bag]) -> None:
        known, names = self.known, self.names
        for crumb in crumbs:
            for name in CRUMB_TEXTS:
                if name in crumb and (text := crumb[name]) not in known:
                    self.texts.append((text, crumb, name))
            if "data" in crumb:
                self.bag(crumb["data"], names, "breadcrumbs.data")

    def _frame(self, frame: Bag) -> None:
        if "vars" in frame:
            self.bag(frame["vars"], self.names, "vars")
        if "data" in frame:
            self.bag(frame["data"], self.names, "frame.data")
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

    def bag(self, bag: Bag, names: Names, path: str) -> None:
        if not names.plain.issuperset(bag):
            self._hide_members(bag, names, path)
        known, fresh = self.known, self.texts
        for name, value in bag.items():
            kind = type(value)
            if kind is str:
                if len(value) >= SHORTEST and value is not FILTERED and value not in known:
                    fresh.append((value, bag, name))
            elif kind is dict or kind is list:
                inner = self.cookies if name == "cookies" else names
                path_of = f"{path}.{name}" if self.paths else path
                (self.bag if kind is dict else self._list)(value, inner, path_of)
            elif kind is int and value >= 10**12 and is_card(str(value)):
                bag[name] = FILTERED

    def _hide_field(self, bag: Bag) -> None:
        """As in `{"name": "password", "value": "x"}`."""
        for by in NAMED_BY:
            name = bag.get(by)
            if type(name) is list and name:
                name = name[-1]
            if type(name) is str and self.names(name):
                for key in VALUES.intersection(bag):
                    if not stays(name, bag[key]):
                        bag[key] = FILTERED

    def _hide_members(self, bag: Bag, names: Names, path: str) -> None:
        plain, secret = names.plain, names.secret
        harmless: frozenset[str] = frozenset()
        if len(bag) >= MANY and self.left > 0:
            fresh = [name for name in bag if name not in plain and name not in secret]
            harmless = frozenset(names.learn(fresh[: self.left]))
            self.left -= len(harmless)
        for name, value in bag.items():
            if name in plain or name in harmless:
                continue
            if name not in secret:
                self.left -= 1
            if self.left < 0:
                is_open = value is None or type(value) is bool
            else:
                is_open = not names(name) or stays(name, value)
            if not (is_open or (self.paths and self._is_safe_path(path, name))):
                bag[name] = FILTERED
        if not VALUES.isdisjoint(bag):
            self._hide_field(bag)

    def _member(self, holder: Bag, key: str, names: Names, path: str) -> None:
        value = holder[key]
        kind = type(value)
        if kind is dict:
            self.bag(value, names, path)
        elif kind is list:
            self._list(value, names, path)
        elif kind is str and value not in self.known:
            self.texts.append((value, holder, key))

    def _list(self, values: list[Any], names: Names, path: str) -> None:
        """Also pairs, as in `[["token", "x"]]`, and options, as in `["--password", "x"]`."""
        known = self.known
        for index, value in enumerate(values):
            kind = type(value)
            if kind is str:
                if len(value) >= SHORTEST and value is not FILTERED and value not in known:
                    self.texts.append((value, values, index))
                if value < "." and value[:1] == "-":
                    self._hide_argument(values, index, names)
                elif len(value) in HEADER_LENGTHS and self._is_header(values, index):
                    values[index + 1] = FILTERED
            elif kind is dict:
                self.bag(value, names, path)
            elif kind is list:
                if len(value) == 2 and type(value[0]) is str and names(value[0]):
                    if not self._is_safe_path(path, value[0]) and not stays(value[0], value[1]):
                        value[1] = FILTERED
                else:
                    self._list(value, names, path)
            elif kind is int and value >= 10**12 and is_card(str(value)):
                values[index] = FILTERED

    def _is_header(self, values: list[Any], index: int) -> bool:
        """As in `["Cookie", "x", "Host", "y"]`."""
        return not index % 2 and index + 1 < len(values) and values[index].lower() in HEADERS

    def _hide_argument(self, values: list[Any], index: int, names: Names) -> None:
        """Of an option. Those of one letter are found as they are in text: the tool decides."""
        option = values[index]
        if len(option) < 4 or option[1:2] == "p":
            self._hide_short(values, index)
        elif "=" not in option and names(option):
            for argument in values[index + 1 : index + 2]:
                if not str(argument).startswith("-"):
                    values[index + 1] = FILTERED

    def _hide_short(self, values: list[Any], index: int) -> None:
        if self.options.left > 0 and not self._gives_secret(values, index):
            return
        place = index if len(values[index]) > 3 else min(index + 1, len(values) - 1)
        whole = str(values[place])
        if place == index:
            kept = whole[:2]
        else:
            kept = whole.partition(":")[0] + ":" if ":" in whole else ""
        values[place] = kept + FILTERED

    def _gives_secret(self, values: list[Any], index: int) -> bool:
        words = [value for value in values[max(index - WORDS, 0) : index] if type(value) is str]
        before = " ".join(words)[-LINE:]
        argument = [value for value in values[index + 1 : index + 2] if type(value) is str]
        line = " ".join((before, values[index], *argument))
        return hide_options(line, self.options, len(before)) != line

    def _is_safe_path(self, path: str, name: str) -> bool:
        return bool(self.paths) and f"{path}.{name}".lower() in self.paths


def _frames(event: Bag) -> Iterator[Bag]:
    holders = [event]
    for name in ("exception", "threads"):
        if name in event:
            holders += event[name]["values"]
    for holder in holders:
        for name in TRACES:
            if name in holder:
                yield from holder[name]["frames"]
