"""Events that are stored are mapped again: what their frames lacked may be there now."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import orjson

from jentry.artifacts.locate import Pair
from jentry.ingest import jsontext
from jentry.ingest.grouping import former_hashes, group, rules
from jentry.ingest.scrubbing import Policy, scrub
from jentry.ingest.stored import parsed, said_by
from jentry.ingest.symbolication.symbols import Symbols, Unmapped
from jentry.ingest.symbolication.work import Symbolicated
from jentry.mapper.master import Place
from jentry.store import instance, regrouping, remapping
from jentry.store.audit import Actor
from jentry.store.client_keys import ProjectConfig, config_of_project
from jentry.store.connection import Connection
from jentry.store.payloads import pack
from jentry.store.remapping import CHUNK, Change, Kept

SECONDS = 25.0  # that all maps of a chunk may take to be read
TRACES = ("exception", "threads", "stacktrace", "raw_stacktrace")

Writing = Callable[[], AbstractContextManager[tuple[Connection, str]]]
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Events of a project, or of one of its releases: the newest `limit`."""

    actor: Actor
    project_id: int
    release: str | None
    limit: int


def changes(db: Connection, symbols: Symbols, project_id: int, ids: Sequence[int]) -> list[Change]:
    """What becomes of some events; those that stay as they are are left out."""
    config = config_of_project(db, project_id)
    if config is None:  # the project has gone
        return []
    found = remapping.read(db, project_id, ids)
    salt = instance.get(db)["secret"]
    events = [(kept, event) for kept in found if (event := parsed(kept.payload))]
    _look_up(symbols, config, [event for _, event in events])
    changed = []
    for kept, event in events:
        done = symbols.symbolicate(event, config, in_loop=False, is_final=True)
        if done.status != kept.symbolication or _traces(event) != _traces(
            parsed(kept.payload) or {}
        ):
            changed.append(_change(kept, event, done, config, salt))
    return changed


def reprocess(
    db: Connection, symbols: Symbols, wanted: Wanted, writing: Writing, *, is_dry: bool = False
) -> dict[str, int]:
    """Map the newest events again that have frames which are not mapped: how many `events` were
    looked at, `mapped`, and `moved` to other issues.

    `db` reads; each chunk is a transaction of `writing`, and others have their turn after it.
    Raises Forbidden, NotFound.
    """
    actor, project_id = wanted.actor, wanted.project_id
    remapping.require(db, actor)
    ids = remapping.unmapped(db, actor, project_id, wanted.release, wanted.limit)
    counts = Counter({"events": len(ids), "mapped": 0, "moved": 0})
    for start in range(0, len(ids), CHUNK):
        found = changes(db, symbols, project_id, ids[start : start + CHUNK])
        if is_dry:
            counts.update(regrouping.foreseen(db, project_id, found))
        elif found:
            with writing() as (out, at):
                began = time.monotonic()
                counts.update(regrouping.write(out, project_id, found, at))
            time.sleep(time.monotonic() - began)
    if counts["mapped"] and not is_dry:
        with writing() as (out, at):
            remapping.record(out, actor, project_id, dict(counts), at)
    return dict(counts)


def _look_up(symbols: Symbols, config: ProjectConfig, events: Sequence[Event]) -> None:
    """Have all places looked up that nobody has looked up yet, those of one script at once."""
    places: dict[Pair, dict[Place, None]] = {}
    for event in events:
        try:
            symbols.symbolicate(event, config, in_loop=False, is_final=False)
        except Unmapped as unmapped:
            for pair, wanted in unmapped.places.items():
                places.setdefault(pair, {}).update(dict.fromkeys(wanted))
    wait(symbols.start({pair: list(found) for pair, found in places.items()}), SECONDS)


def _change(
    kept: Kept, event: Event, done: Symbolicated, config: ProjectConfig, salt: bytes
) -> Change:
    settings = config.settings
    policy = Policy(keep_ip=True, sensitive=settings.sensitive_fields, safe=settings.safe_fields)
    scrub(_traces(event) | {"contexts": {}, "errors": []}, policy)
    rules.apply(config.fingerprint_rules, event)
    about, grouping = said_by(event, config.project_id, salt), group(event)
    return Change(
        before=kept,
        type=about.type,
        title=about.title,
        culprit=about.culprit,
        search=about.search,
        hash_version=grouping.version,
        hash=grouping.hash,
        components=orjson.dumps(grouping.components).decode(),
        payload=pack(jsontext.dumps(event | {"title": about.title}), config.dictionary),
        facets=about.facets,
        shape=about.shape,
        formers=former_hashes(event, config.oldest_hashes),
        symbolication=done.status,
        wants=done.wants,
        user_hash=about.user_hash,
        person=about.person,
        people=about.people,
    )


def _traces(event: Event) -> Event:
    return {name: event[name] for name in TRACES if name in event}
