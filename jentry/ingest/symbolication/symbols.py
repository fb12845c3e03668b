"""What a process knows of artifacts: which maps belong to which scripts, and places of scripts.

An event whose places are all known is mapped at once. For others it has to be asked: the database,
in a thread, and for places that nobody has looked up yet the child process that reads maps.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from jentry.artifacts.locate import Build, Miss, Pair, build_of, locate, script_of
from jentry.byte_cache import Recent
from jentry.ingest.symbolication import frames
from jentry.mapper.master import CannotMap, Mapper, is_there
from jentry.store import artifact_lookup, artifacts
from jentry.store.artifact_lookup import FoundFile, Owner, Place, Result
from jentry.store.client_keys import ProjectConfig
from jentry.store.connection import Connection, transaction
from jentry.store.database import open_database
from jentry.store.kept import KeptReader
from jentry.store.remapping import PENDING, want_of_debug_id, want_of_release

log = logging.getLogger(__name__)

LOCATED = 4 * 1024 * 1024  # bytes
PLACES = 8 * 1024 * 1024
FAILED = 256 * 1024
MOST_WANTS = 10  # of an event
MOST_PLACES = 200  # of an event that are looked up
UNKNOWN: Any = object()  # of a place: None says that its map has nothing there

Key = tuple[int, str, str, bytes, str]  # project, release, dist, debug id, address


class Unmapped(Exception):
    """There are places to be looked up first."""

    def __init__(self, places: dict[Pair, list[Place]]) -> None:
        super().__init__()
        self.places = places


class NotInLoop(Exception):
    """The database has to be asked."""


@dataclass(slots=True)
class Symbolicated:
    """`status` as the column of events has it; `wants` are what the event lacked."""

    status: str | None = None
    wants: tuple[str, ...] = ()


@dataclass
class _Work:
    """One event."""

    owner: Owner
    build: Build
    holders: list[frames.Holder]
    pairs: dict[str, Pair | Miss] = field(default_factory=dict)  # by address
    known: dict[tuple[Pair, Place], Result | None] = field(default_factory=dict)
    failed: set[Pair] = field(default_factory=set)

    @classmethod
    def of(cls, event: dict[str, Any], owner: Owner) -> "_Work":
        return cls(owner, build_of(event), list(frames.holders(event)))

    def raw_frames(self) -> Iterator[frames.Frame]:
        """As they came."""
        return (frame for holder in self.holders for frame in frames.original(holder)["frames"])

    def urls(self) -> list[str]:
        """Of their scripts, each once."""
        return list(dict.fromkeys(url for frame in self.raw_frames() if (url := script_of(frame))))

    def spot(self, frame: frames.Frame) -> tuple[Pair | Miss | None, Place | None]:
        """Its pair, or why there is none (None: it is in no file), and its place."""
        return self.pairs.get(script_of(frame) or ""), place_of(frame)


class Symbols:
    """One for each process. Any thread may ask."""

    def __init__(self, path: Path, keys: KeptReader, mapper: Mapper) -> None:
        self._path = path
        self._keys = keys
        self._mapper = mapper
        self._located: Recent[Key, Pair | Miss] = Recent(LOCATED)
        self._places: Recent[tuple[int, int, int, int], Any] = Recent(PLACES)
        self._failed: Recent[str, CannotMap] = Recent(FAILED)
        self._threads = ThreadPoolExecutor(1, "maps")
        self._running: dict[tuple[str, tuple[Place, ...]], Future[None]] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Artifacts came or went."""
        self._located.clear()

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._mapper.close()

    def symbolicate(
        self, event: dict[str, Any], config: ProjectConfig, *, in_loop: bool, is_final: bool
    ) -> Symbolicated:
        """Map the frames of the event, in place.

        Raises NotInLoop when it is, and the database has to be asked; Unmapped unless it is the
        last attempt.
        """
        if event["platform"] not in frames.PLATFORMS:
            return Symbolicated()
        work = _Work.of(event, Owner(config.org_id, config.project_id))
        urls = work.urls()
        if not urls:
            return Symbolicated()
        if not config.has_artifacts:
            return Symbolicated("unmapped", _wants(work.build, urls))
        self._locate(work, urls, in_loop)
        wanted = self._look_up(work, in_loop)
        if wanted and not is_final:
            raise Unmapped(wanted)
        return _applied(work)

    def explain(
        self, event: dict[str, Any], owner: Owner, seconds: float
    ) -> list[tuple[Pair | Miss | None, Result | CannotMap | None]]:
        """Of each frame of the event, as it came: its pair, or why there is none (None: it is in
        no file), and what the map says of its place, looked up anew.
        """
        work = _Work.of(event, owner)
        self._locate(work, work.urls(), in_loop=False)
        wait(self.start(self._look_up(work, in_loop=False)), seconds)
        self._look_up(work, in_loop=False)
        found: list[tuple[Pair | Miss | None, Result | CannotMap | None]] = []
        for frame in work.raw_frames():
            pair, place = work.spot(frame)
            result: Result | CannotMap | None = None
            if isinstance(pair, Pair) and place is not None:
                if (pair, place) in work.known:
                    result = work.known[pair, place]
                else:
                    unread = CannotMap("pending" if is_there() else "mapper_missing")
                    result = self._failed.get(pair.name) or unread
            found.append((pair, result))
        return found

    def start(self, places: dict[Pair, list[Place]]) -> list[Future[None]]:
        """Have the child look up places: done when they are known. The same are asked for once."""
        found, new = [], []
        with self._lock:
            for pair, wanted in places.items():
                key = pair.name, tuple(wanted)
                future = self._running.get(key)
                if future is None:
                    future = self._running[key] = self._threads.submit(self._ask, pair, wanted)
                    new.append((key, future))
                found.append(future)
        for key, future in new:  # not under the lock, which `_done` takes
            future.add_done_callback(partial(self._done, key))
        return found

    # -- Pairs --

    def _locate(self, work: _Work, urls: Iterable[str], in_loop: bool) -> None:
        missing = []
        for url in urls:
            found = self._located.get(self._key(work, url))
            if found is None:
                missing.append(url)
            else:
                work.pairs[url] = found
        if not missing:
            return
        if in_loop:
            raise NotInLoop
        with self._keys.reading() as db:
            for url in missing:
                work.pairs[url] = found = _locate_in(db, work, url)
                self._located.put(self._key(work, url), found)

    def _key(self, work: _Work, url: str) -> Key:
        build = work.build
        debug_id = build.debug_ids.get(url, b"")
        return work.owner.project_id, build.release, build.dist, debug_id, url

    # -- Places --

    def _look_up(self, work: _Work, in_loop: bool) -> dict[Pair, list[Place]]:
        """Fill `work.known`; what nobody has looked up yet is left."""
        wanted: dict[Pair, list[Place]] = {}
        for pair, place in _places(work):
            found = self._places.get((pair.script_id, pair.map_id, *place), UNKNOWN)
            if found is not UNKNOWN:
                work.known[pair, place] = found
            elif self._failed.get(pair.name):
                work.failed.add(pair)
            else:
                wanted.setdefault(pair, []).append(place)
        if not wanted:
            return {}
        if in_loop:
            raise NotInLoop
        with self._keys.reading() as db:
            for pair, places in wanted.items():
                stored = artifact_lookup.positions(db, pair.script_id, pair.map_id, places)
                self._learn(pair, stored)
                work.known |= {(pair, place): result for place, result in stored.items()}
        return {
            pair: left
            for pair, places in wanted.items()
            if (left := [place for place in places if (pair, place) not in work.known])
        }

    def _learn(self, pair: Pair, results: dict[Place, Result | None]) -> None:
        for place, result in results.items():
            self._places.put((pair.script_id, pair.map_id, *place), result)

    # -- The child --

    def _ask(self, pair: Pair, places: list[Place]) -> None:
        try:
            found = self._mapper.look_up(pair.name, places, partial(self._contents, pair))
        except CannotMap as error:
            if error.reason != "mapper_missing":
                self._failed.put(pair.name, error)
            return
        except Exception:
            log.exception("places of a script could not be looked up")
            return
        results = dict(zip(places, found, strict=True))
        self._learn(pair, results)
        db = open_database(self._path, write=True)
        try:
            with transaction(db) as at:
                artifact_lookup.remember(db, pair.script_id, pair.map_id, results)
                artifact_lookup.touch(db, [pair.bundle_id], at)
        finally:
            db.close()

    def _contents(self, pair: Pair) -> tuple[bytes, bytes]:
        with self._keys.reading() as db:
            script = artifacts.content(db, pair.script_id) if pair.script_id else b""
            return script, artifacts.content(db, pair.map_id)

    def _done(self, key: tuple[str, tuple[Place, ...]], _: Future[None]) -> None:
        with self._lock:
            self._running.pop(key, None)


def _locate_in(db: Connection, work: _Work, url: str) -> Pair | Miss:
    by_debug_id: Callable[[bytes], list[FoundFile]] = partial(
        artifact_lookup.by_debug_id, db, work.owner
    )
    return locate(url, work.build, by_debug_id, partial(artifact_lookup.by_url, db, work.owner))


def place_of(frame: frames.Frame) -> Place | None:
    line, column = frame.get("lineno"), frame.get("colno")
    return (line, column) if line and column else None


def _places(work: _Work) -> Iterable[tuple[Pair, Place]]:
    """Each once, as many as an event may ask for."""
    found: dict[tuple[Pair, Place], None] = {}
    for frame in work.raw_frames():
        pair, place = work.spot(frame)
        if isinstance(pair, Pair) and place is not None and len(found) < MOST_PLACES:
            found[pair, place] = None
    return found


def _applied(work: _Work) -> Symbolicated:
    tally: Counter[str] = Counter()
    for holder in work.holders:
        raw = frames.original(holder)
        present = holder["stacktrace"]["frames"]
        if len(present) != len(raw["frames"]):  # a client's own
            present = raw["frames"]
        kept = []
        for frame, shown in zip(raw["frames"], present, strict=True):
            new, state = _frame(work, frame, shown)
            tally[state] += 1
            kept.append(new)
        if kept != present:
            holder["raw_stacktrace"] = raw
            holder["stacktrace"] = {"frames": kept}
    lacking = [url for url, pair in work.pairs.items() if isinstance(pair, Miss)]
    wants = _wants(work.build, lacking)
    if tally["waiting"]:
        return Symbolicated("pending", (PENDING, *wants))
    return Symbolicated(_status(tally), wants)


def _frame(work: _Work, frame: frames.Frame, shown: frames.Frame) -> tuple[frames.Frame, str]:
    """What is shown of a frame from now on; mapped before it stays so, whatever has gone since."""
    pair, place = work.spot(frame)
    if pair is None:
        return shown, "skipped"
    if isinstance(pair, Pair) and place is not None:
        result = work.known.get((pair, place))
        if result is not None:
            return frames.mapped(frame, result, pair.url), "mapped"
        if (pair, place) not in work.known and pair not in work.failed:
            return shown, "waiting"
    return shown, "missed" if shown is frame or shown == frame else "mapped"


def _status(tally: Counter[str]) -> str:
    if not tally["missed"]:
        return "mapped"
    return "partial" if tally["mapped"] else "unmapped"


def _wants(build: Build, urls: Iterable[str]) -> tuple[str, ...]:
    """The names under which an event waits for artifacts."""
    found: dict[str, None] = {}
    for url in urls:
        if debug_id := build.debug_ids.get(url):
            found[want_of_debug_id(debug_id)] = None
        if build.release:
            found[want_of_release(build.release, build.dist)] = None
        if len(found) >= MOST_WANTS:
            break
    return tuple(found)[:MOST_WANTS]
