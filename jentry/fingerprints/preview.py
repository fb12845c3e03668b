"""What would become of stored events if they came now, under given rules. Nothing is changed."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jentry.ingest.grouping import former_hashes, group, rules
from jentry.ingest.grouping.rules import Rule
from jentry.ingest.stored import parsed
from jentry.ingest.titles import describe
from jentry.store import grouping_events, parts
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.grouping_events import Grouped

MOST_GROUPS, MOST_SOURCES, MOST_EXAMPLES = 100, 20, 3

Place = Hashable  # the id of an issue, or what will make one
Named = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is looked at; None: all there is."""

    events: int | None = 1000
    bytes: int = 32 * 1024 * 1024
    seconds: float = 3.0


@dataclass(slots=True)
class Tally:
    """What was seen so far."""

    flows: Counter[tuple[int, Place]] = field(default_factory=Counter)
    titles: dict[Place, str] = field(default_factory=dict)  # of the newest event
    lines: dict[Place, int] = field(default_factory=dict)
    of_rules: Counter[int] = field(default_factory=Counter)
    examples: dict[int, list[Named]] = field(default_factory=lambda: defaultdict(list))

    def count(self, kept: Grouped, place: Place, rule: Rule | None, was: str, title: str) -> None:
        self.titles.setdefault(kept.issue_id, was)
        self.titles.setdefault(place, title)
        self.flows[kept.issue_id, place] += 1
        if rule is None:
            return
        self.lines.setdefault(place, rule.line)
        self.of_rules[rule.line] += 1
        if len(self.examples[rule.line]) < MOST_EXAMPLES:
            example = {"event_id": kept.event_id.hex(), "issue_id": kept.issue_id, "title": title}
            self.examples[rule.line].append(example)

    def rename(self, of: Callable[[Place], Place]) -> None:
        """Places by what turned out later of them."""
        flows = Counter[tuple[int, Place]]()
        for (source, place), number in self.flows.items():
            flows[source, of(place)] += number
        self.flows = flows
        for place, title in list(self.titles.items()):
            self.titles.setdefault(of(place), title)
        for place, line in list(self.lines.items()):
            self.lines.setdefault(of(place), line)


class Looking:
    """The newest events of a project, each with what it says, as far as the bounds allow."""

    def __init__(self, db: Connection, actor: Actor, project_id: int, most: Bounds) -> None:
        self.is_complete = True
        self.events = 0
        self._found = grouping_events.newest(db, actor, project_id)
        self._most = most

    def __iter__(self) -> Iterator[tuple[Grouped, Named]]:
        most, left, began = self._most, self._most.bytes, time.monotonic()
        for kept in self._found:
            is_over = left <= 0 or time.monotonic() - began > most.seconds
            if most.events is not None and (is_over or self.events == most.events):
                self.is_complete = False
                return
            left -= len(kept.payload)
            self.events += 1
            if (event := parsed(kept.payload)) is not None:
                yield kept, event


def preview(
    db: Connection, actor: Actor, project_id: int, written: str, bounds: Bounds | None = None
) -> Named:
    """Of the newest events: `events` looked at, `is_complete` unless there are more, `moved` to
    another issue, `by_rule`, `groups` that events would come to, `issues` that they would leave,
    and the numbers of groups that join and of issues that are split. Raises NotFound.
    """
    oldest = grouping_events.oldest_hashes(db, actor, project_id)
    looking, tally = Looking(db, actor, project_id, bounds or Bounds()), Tally()
    for kept, event in looking:
        was = str(event.get("title") or "")
        rule = rules.apply(written, event)
        place = _place(db, actor, project_id, oldest, kept, event)
        tally.count(kept, place, rule, was, describe(event).title)
    return told(tally, written, looking)


def _place(
    db: Connection,
    actor: Actor,
    project_id: int,
    oldest: int | None,
    kept: Grouped,
    event: dict[str, Any],
) -> Place:
    """Where the event would come to."""
    found = group(event)
    if (found.version, found.hash) == (kept.version, kept.hash):
        return kept.issue_id
    hashes = ((found.version, found.hash), *former_hashes(event, oldest))
    known = grouping_events.leading(db, actor, project_id, hashes)
    return found.hash if known is None else parts.led_to(db, actor, known)


def told(tally: Tally, written: str, looking: Looking) -> Named:
    places: dict[int, set[Place]] = defaultdict(set)
    for source, place in tally.flows:
        places[source].add(place)
    groups, issues = _groups(tally), _issues(tally)
    return {
        "events": looking.events,
        "is_complete": looking.is_complete,
        "moved": sum(each["leaving"] for each in issues),
        "joined": sum(len(each["sources"]) > 1 for each in groups),
        "split": sum(len(found) > 1 for found in places.values()),
        "by_rule": [
            {
                "line": rule.line, "rule": rule.written, "events": tally.of_rules[rule.line],
                "examples": tally.examples[rule.line],
            }
            for rule in rules.compiled(written)
        ],
        "groups": groups[:MOST_GROUPS],
        "issues": issues[:MOST_GROUPS],
    }  # fmt: skip


def _groups(tally: Tally) -> list[Named]:
    """To which events of other issues would come; that of most events first."""
    sources: dict[Place, list[Named]] = defaultdict(list)
    for (source, place), number in tally.flows.most_common():
        about = {"issue_id": source, "title": tally.titles[source], "events": number}
        sources[place].append(about)
    found = [
        {
            "issue_id": place if isinstance(place, int) else None, "title": tally.titles[place],
            "line": tally.lines.get(place), "events": sum(each["events"] for each in those),
            "sources": those[:MOST_SOURCES], "source_count": len(those),
        }
        for place, those in sources.items()
        if any(each["issue_id"] != place for each in those)
    ]  # fmt: skip
    return sorted(found, key=lambda each: -each["events"])


def _issues(tally: Tally) -> list[Named]:
    """Which events would leave; that of most of them first."""
    totals, leaving = Counter[int](), Counter[int]()
    for (source, place), number in tally.flows.items():
        totals[source] += number
        leaving[source] += number if source != place else 0
    return [
        {
            "issue_id": source, "title": tally.titles[source], "events": totals[source],
            "leaving": number,
        }
        for source, number in leaving.most_common()
        if number
    ]  # fmt: skip
