"""What a process knows of artifacts: which maps belong to which scripts, and places of scripts.

An event whose places are all known is mapped at once. For others it has to be asked: the database,
in a thread, and for places that nobody has looked up yet the child process that reads maps.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from jentry.artifacts.locate import Miss, Pair, locate
from jentry.byte_cache import Recent
from jentry.ingest.symbolication.frames import source_of
from jentry.ingest.symbolication.work import UNREAD, Symbolicated, Work, work_of
from jentry.mapper.master import CannotMap, Mapper, Place, is_there
from jentry.store import artifact_lookup, artifacts
from jentry.store.artifact_lookup import FoundFile, Owner, Result
from jentry.store.client_keys import ProjectConfig
from jentry.store.connection import Connection, Target, transaction
from jentry.store.database import open_database
from jentry.store.kept import KeptReader

log = logging.getLogger(__name__)

LOCATED = 4 * 1024 * 1024  # bytes
PLACES = 8 * 1024 * 1024
FAILED = 256 * 1024
MOST_PLACES = 200  # of an event that are looked up at once

Answer = Result | CannotMap | None
Key = tuple[int, str, str, bytes, str]  # project, release, dist, debug id, address


class Unmapped(Exception):
    """There are places to be looked up first."""

    def __init__(self, places: dict[Pair, list[Place]]) -> None:
        super().__init__()
        self.places = places


class NotInLoop(Exception):
    """The database has to be asked."""


class Symbols:
    """One for each process. Any thread may ask."""

    def __init__(self, path: Target, keys: KeptReader, mapper: Mapper) -> None:
        self._path = path
        self._keys = keys
        self._mapper = mapper
        self._located: Recent[Key, Pair | Miss] = Recent(LOCATED)
        self._places: Recent[tuple[int | str, ...], Any] = Recent(PLACES)
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
        work = work_of(event, Owner(config.org_id, config.project_id))
        urls = work.urls() if work else []
        if work is None or not urls:
            return Symbolicated()
        if not config.has_artifacts:
            return Symbolicated("unmapped", work.wants(urls))
        work.locate(self._pairs(work, urls, in_loop))
        wanted = self._look_up(work, in_loop)
        if wanted and not is_final:
            raise Unmapped(wanted)
        return work.applied()

    def explain(
        self, event: dict[str, Any], owner: Owner, seconds: float
    ) -> list[tuple[Pair | Miss | None, Answer]]:
        """Of each frame of the event, as it came: its pair, or why there is none (None: it is in
        no file), and what the map says of its place, looked up anew.
        """
        work = work_of(event, owner)
        if work is None:
            return []
        work.locate(self._pairs(work, work.urls(), in_loop=False))
        wait(self.start(self._look_up(work, in_loop=False)), seconds)
        self._look_up(work, in_loop=False)
        unread = CannotMap("pending" if is_there() else "mapper_missing")
        return [
            (spot.pair, unread if spot.answer is UNREAD else spot.answer) for spot in work.spots
        ]

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

    def _pairs(self, work: Work, urls: Sequence[str], in_loop: bool) -> dict[str, Pair | Miss]:
        """By address."""
        found = {url: self._located.get(self._key(work, url)) for url in urls}
        missing = [url for url, pair in found.items() if pair is None]
        if not missing:
            return found
        if in_loop:
            raise NotInLoop
        with self._keys.reading() as db:
            for url in missing:
                found[url] = pair = _locate_in(db, work, url)
                self._located.put(self._key(work, url), pair)
        return found

    def _key(self, work: Work, url: str) -> Key:
        build = work.build
        debug_id = build.debug_ids.get(url, b"")
        return work.owner.project_id, build.release, build.dist, debug_id, url

    # -- Places --

    def _look_up(self, work: Work, in_loop: bool) -> dict[Pair, list[Place]]:
        """Answer the spots of the event; what nobody has looked up yet is left."""
        wanted = self._answer(work)
        if not wanted:
            return {}
        if in_loop:
            raise NotInLoop
        with self._keys.reading() as db:
            for pair, places in wanted.items():
                if pair.kind == "source_map":
                    stored = artifact_lookup.positions(db, pair.script_id, pair.map_id, places)
                    self._learn(pair, stored)
        return self._answer(work)

    def _answer(self, work: Work) -> dict[Pair, list[Place]]:
        """By what the process knows. What is left, as much as an event may ask for at once."""
        left: dict[Pair, dict[Place, None]] = {}
        number = 0
        for spot, pair, place in work.unread():
            answer = self._places.get((pair.script_id, pair.map_id, *place), UNREAD)
            if answer is UNREAD:
                answer = self._failed.get(pair.name, UNREAD)
            if answer is UNREAD and number < MOST_PLACES:
                left.setdefault(pair, {})[place] = None
                number += 1
            spot.answer = answer
        return {pair: list(places) for pair, places in left.items()}

    def _learn(self, pair: Pair, results: dict[Place, Result | None]) -> None:
        is_frame = pair.kind == "source_map"
        for place, result in results.items():
            answer = source_of(result) if result and is_frame else result
            self._places.put((pair.script_id, pair.map_id, *place), answer)

    # -- The child --

    def _ask(self, pair: Pair, places: list[Place]) -> None:
        try:
            contents = partial(self._contents, pair)
            found = self._mapper.look_up(pair.name, places, contents, pair.kind)
        except CannotMap as error:
            if error.reason not in ("mapper_missing", "pending"):
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
                if pair.kind == "source_map":
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


def _locate_in(db: Connection, work: Work, url: str) -> Pair | Miss:
    by_debug_id: Callable[[bytes], list[FoundFile]] = partial(
        artifact_lookup.by_debug_id, db, work.owner
    )
    return locate(url, work.build, by_debug_id, partial(artifact_lookup.by_url, db, work.owner))
