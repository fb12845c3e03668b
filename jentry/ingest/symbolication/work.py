"""The frames of one event: what is to be looked up for them, and what they become."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jentry.artifacts.locate import MAPPING, Miss, Pair, address_of, build_of, is_script
from jentry.ingest.symbolication import frames, jvm
from jentry.mapper.master import CannotMap, Place
from jentry.store.artifact_lookup import Owner
from jentry.store.remapping import PENDING, want_of_debug_id, want_of_release

MOST_WANTS = 10  # of an event
UNREAD: Any = object()  # of a place: nobody has looked it up yet

Pairs = Mapping[str, Pair | Miss]  # by address


@dataclass(slots=True)
class Symbolicated:
    """`status` as the column of events has it; `wants` are what the event lacked."""

    status: str | None = None
    wants: tuple[str, ...] = ()


class Spot:
    """Of a frame as it came, or of an exception's class. No pair: it is in no file.

    `answer` is what the map says, None that it says nothing, or why it cannot be read.
    """

    __slots__ = ("answer", "pair", "place")

    def __init__(self, pair: Pair | Miss | None, place: Place | None) -> None:
        self.pair = pair
        self.place = place
        self.answer: Any = UNREAD if place is not None and isinstance(pair, Pair) else None


class Work:
    """An event of JavaScript."""

    def __init__(self, event: dict[str, Any], owner: Owner) -> None:
        self.owner = owner
        self.build = build_of(event)
        self.holders = list(frames.holders(event))
        self.frames = [
            frame for holder in self.holders for frame in frames.original(holder)["frames"]
        ]
        self.pairs: Pairs = {}
        self.spots: list[Spot] = []  # of the frames

    def urls(self) -> list[str]:
        """Of their scripts, each once."""
        return list(filter(is_script, dict.fromkeys(map(address_of, self.frames))))

    def locate(self, pairs: Pairs) -> None:
        """Each address has its pair, or why there is none."""
        self.pairs = pairs
        self.spots = list(map(self._spot, self.frames))

    def asked(self) -> Sequence[Spot]:
        """Those that maps can say something of."""
        return self.spots

    def unread(self) -> Iterator[tuple[Spot, Pair, Place]]:
        for spot in self.asked():
            if spot.answer is UNREAD and isinstance(spot.pair, Pair) and spot.place is not None:
                yield spot, spot.pair, spot.place

    def wants(self, urls: Iterable[str]) -> tuple[str, ...]:
        """The names under which the event waits for artifacts."""
        found: dict[str, None] = {}
        for url in urls:
            if debug_id := self.build.debug_ids.get(url):
                found[want_of_debug_id(debug_id)] = None
            if self.build.release and url != MAPPING:
                found[want_of_release(self.build.release, self.build.dist)] = None
            if len(found) >= MOST_WANTS:
                break
        return tuple(found)[:MOST_WANTS]

    def applied(self) -> Symbolicated:
        """What is known is put into the event."""
        states: set[str] = set()
        spots = iter(self.spots)
        for holder in self.holders:
            states |= self._apply(holder, spots)
        lacking = [url for url, pair in self.pairs.items() if isinstance(pair, Miss)]
        wants = self.wants(lacking)
        if "waiting" in states:
            return Symbolicated("pending", (PENDING, *wants))
        return Symbolicated(_status(states), wants)

    def _spot(self, frame: frames.Frame) -> Spot:
        return Spot(self.pairs.get(address_of(frame) or ""), place_of(frame))

    def _apply(self, holder: frames.Holder, spots: Iterator[Spot]) -> set[str]:
        """What became of its frames."""
        states = set()
        raw = frames.original(holder)
        kept, present = [], holder["stacktrace"]["frames"]
        for frame, shown in frames.both(holder):
            new, state = _frame(frame, frame if shown is None else shown, next(spots))
            states.add(state)
            kept.append(new)
        if kept not in (present, raw["frames"]):
            holder["raw_stacktrace"] = raw
            holder["stacktrace"] = {"frames": kept}
        return states


class JvmWork(Work):
    """An event of Java or Kotlin, whose names a mapping of the application has shortened."""

    classes: list[Spot]  # of each holder

    def urls(self) -> list[str]:
        return [MAPPING] if MAPPING in self.build.debug_ids and self.holders else []

    def locate(self, pairs: Pairs) -> None:
        super().locate(pairs)
        self.classes = [self._at(jvm.class_of(holder)) for holder in self.holders]

    def asked(self) -> Sequence[Spot]:
        return [*self.spots, *self.classes]

    def applied(self) -> Symbolicated:
        found = super().applied()
        for holder, spot in zip(self.holders, self.classes, strict=True):
            if isinstance(spot.answer, dict):
                jvm.rename(holder, spot.answer["module"])
        return found

    def _spot(self, frame: frames.Frame) -> Spot:
        return self._at(jvm.place_of(frame))

    def _at(self, place: Place | None) -> Spot:
        return Spot(self.pairs.get(MAPPING) if place else None, place)

    def _apply(self, holder: frames.Holder, spots: Iterator[Spot]) -> set[str]:
        states = set()
        raw = frames.original(holder)
        kept: list[frames.Frame] = []
        for frame in raw["frames"]:
            new, state = _expanded(frame, next(spots))
            states.add(state)
            kept += new
        if "mapped" in states and kept != holder["stacktrace"]["frames"]:
            holder["raw_stacktrace"] = raw
            holder["stacktrace"] = {"frames": kept}
        return states


def work_of(event: dict[str, Any], owner: Owner) -> Work | None:
    """None for platforms whose code is not made from other code."""
    if event["platform"] in frames.PLATFORMS:
        return Work(event, owner)
    if event["platform"] == jvm.PLATFORM and "debug_meta" in event:
        return JvmWork(event, owner)
    return None


def place_of(frame: frames.Frame) -> tuple[int, int] | None:
    line, column = frame.get("lineno"), frame.get("colno")
    return (line, column) if line and column else None


def _frame(frame: frames.Frame, shown: frames.Frame, spot: Spot) -> tuple[frames.Frame, str]:
    """What is shown of a frame from now on; mapped before it stays so, whatever has gone."""
    if isinstance(spot.answer, dict) and isinstance(spot.pair, Pair):
        return frames.mapped(frame, spot.answer, spot.pair.url), "mapped"
    if spot.answer is UNREAD:
        return shown, "waiting"
    if spot.pair is None:
        return shown, "skipped"
    return shown, "missed" if shown is frame or shown == frame else "mapped"


def _expanded(frame: frames.Frame, spot: Spot) -> tuple[list[frames.Frame], str]:
    """Those that a frame stands for, the oldest call first. What the mapping does not know is
    no failure: most frames are of libraries and of the platform.
    """
    answer = spot.answer
    if isinstance(answer, dict):
        return [jvm.mapped(frame, inlined) for inlined in reversed(answer["frames"])], "mapped"
    if answer is UNREAD:
        return [frame], "waiting"
    if isinstance(spot.pair, Miss) or isinstance(answer, CannotMap):
        return [frame], "missed"
    return [frame], "skipped"


def _status(states: set[str]) -> str:
    if "missed" not in states:
        return "mapped"
    return "partial" if "mapped" in states else "unmapped"
