"""The frames of one event: what is to be looked up for them, and what they become."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jentry.artifacts.locate import MAPPING, Build, Miss, Pair, build_of, script_of
from jentry.ingest.symbolication import frames, jvm
from jentry.mapper.master import Place
from jentry.store.artifact_lookup import Owner, Result
from jentry.store.remapping import PENDING, want_of_debug_id, want_of_release

MOST_WANTS = 10  # of an event
MOST_PLACES = 200  # of an event that are looked up

Spot = tuple[Pair | Miss | None, Place | None]


@dataclass(slots=True)
class Symbolicated:
    """`status` as the column of events has it; `wants` are what the event lacked."""

    status: str | None = None
    wants: tuple[str, ...] = ()


@dataclass
class Work:
    """An event of JavaScript."""

    owner: Owner
    build: Build
    holders: list[frames.Holder]
    pairs: dict[str, Pair | Miss] = field(default_factory=dict)  # by address
    known: dict[tuple[Pair, Place], Result | None] = field(default_factory=dict)
    failed: set[Pair] = field(default_factory=set)

    def raw_frames(self) -> Iterator[frames.Frame]:
        """As they came."""
        return (frame for holder in self.holders for frame in frames.original(holder)["frames"])

    def urls(self) -> list[str]:
        """Of their scripts, each once."""
        return list(dict.fromkeys(url for frame in self.raw_frames() if (url := script_of(frame))))

    def spot(self, frame: frames.Frame) -> Spot:
        """Its pair, or why there is none (None: it is in no file), and its place."""
        return self.pairs.get(script_of(frame) or ""), place_of(frame)

    def spots(self) -> Iterator[Spot]:
        return map(self.spot, self.raw_frames())

    def places(self) -> Iterable[tuple[Pair, Place]]:
        """Each once, as many as an event may ask for."""
        found: dict[tuple[Pair, Place], None] = {}
        for pair, place in self.spots():
            if isinstance(pair, Pair) and place is not None and len(found) < MOST_PLACES:
                found[pair, place] = None
        return found

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
        tally: Counter[str] = Counter()
        for holder in self.holders:
            tally += self._apply(holder)
        lacking = [url for url, pair in self.pairs.items() if isinstance(pair, Miss)]
        wants = self.wants(lacking)
        if tally["waiting"]:
            return Symbolicated("pending", (PENDING, *wants))
        return Symbolicated(_status(tally), wants)

    def _apply(self, holder: frames.Holder) -> Counter[str]:
        """How many frames became what."""
        tally: Counter[str] = Counter()
        raw = frames.original(holder)
        kept, present = [], holder["stacktrace"]["frames"]
        for frame, shown in frames.both(holder):
            new, state = self._frame(frame, frame if shown is None else shown)
            tally[state] += 1
            kept.append(new)
        if kept not in (present, raw["frames"]):
            holder["raw_stacktrace"] = raw
            holder["stacktrace"] = {"frames": kept}
        return tally

    def _frame(self, frame: frames.Frame, shown: frames.Frame) -> tuple[frames.Frame, str]:
        """What is shown of a frame from now on; mapped before it stays so, whatever has gone."""
        pair, place = self.spot(frame)
        if pair is None:
            return shown, "skipped"
        if isinstance(pair, Pair) and place is not None:
            result = self.known.get((pair, place))
            if result is not None:
                return frames.mapped(frame, result, pair.url), "mapped"
            if (pair, place) not in self.known and pair not in self.failed:
                return shown, "waiting"
        return shown, "missed" if shown is frame or shown == frame else "mapped"


class JvmWork(Work):
    """An event of Java or Kotlin, whose names a mapping of the application has shortened."""

    def urls(self) -> list[str]:
        return [MAPPING] if MAPPING in self.build.debug_ids and self.holders else []

    def spot(self, frame: frames.Frame) -> Spot:
        place = jvm.place_of(frame)
        return (self.pairs.get(MAPPING) if place else None), place

    def spots(self) -> Iterator[Spot]:
        yield from super().spots()
        for holder in self.holders:
            if place := jvm.class_of(holder):
                yield self.pairs.get(MAPPING), place

    def _apply(self, holder: frames.Holder) -> Counter[str]:
        tally: Counter[str] = Counter()
        raw = frames.original(holder)
        kept: list[frames.Frame] = []
        for frame in raw["frames"]:
            new, state = self._expanded(frame)
            tally[state] += 1
            kept += new
        if tally["mapped"] and kept != holder["stacktrace"]["frames"]:
            holder["raw_stacktrace"] = raw
            holder["stacktrace"] = {"frames": kept}
        pair, place = self.pairs.get(MAPPING), jvm.class_of(holder)
        if isinstance(pair, Pair) and place and (result := self.known.get((pair, place))):
            jvm.rename(holder, result["module"])
        return tally

    def _expanded(self, frame: frames.Frame) -> tuple[list[frames.Frame], str]:
        """Those that a frame stands for, the oldest call first. What the mapping does not know is
        no failure: most frames are of libraries and of the platform.
        """
        pair, place = self.spot(frame)
        if pair is None or place is None:
            return [frame], "skipped"
        if isinstance(pair, Miss) or pair in self.failed:
            return [frame], "missed"
        if (pair, place) not in self.known:
            return [frame], "waiting"
        result = self.known[pair, place]
        if result is None:
            return [frame], "skipped"
        return [jvm.mapped(frame, inlined) for inlined in reversed(result["frames"])], "mapped"


def work_of(event: dict[str, Any], owner: Owner) -> Work | None:
    """None for platforms whose code is not made from other code."""
    if event["platform"] in frames.PLATFORMS:
        return Work(owner, build_of(event), list(frames.holders(event)))
    if event["platform"] == jvm.PLATFORM and "debug_meta" in event:
        return JvmWork(owner, build_of(event), list(frames.holders(event)))
    return None


def place_of(frame: frames.Frame) -> tuple[int, int] | None:
    line, column = frame.get("lineno"), frame.get("colno")
    return (line, column) if line and column else None


def _status(tally: Counter[str]) -> str:
    if not tally["missed"]:
        return "mapped"
    return "partial" if tally["mapped"] else "unmapped"
