"""Bundles that are being put together: small ones at once, large ones beside the requests."""

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from jentry.artifacts.assembly import Order, assemble
from jentry.errors import Refusal, Unavailable
from jentry.settings import Settings
from jentry.store.connection import Target

log = logging.getLogger(__name__)

AT_ONCE = 64  # chunks of a bundle that is put together within its request
MOST_RUNNING = 2
MOST_FAILED = 100  # whose refusals are remembered

Key = tuple[int, bytes, str, str]


@dataclass
class _Register:
    """Of this process. Any thread may ask."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    running: set[Key] = field(default_factory=set)
    failed: OrderedDict[Key, Refusal] = field(default_factory=OrderedDict)


_register = _Register()


def state_of(order: Order) -> str:
    """`assembling`, or `` when nothing is known of it."""
    with _register.lock:
        return "assembling" if _key(order) in _register.running else ""


def start(settings: Settings, order: Order) -> str:
    """`ok`, or `assembling` for a large one: ask again. Raises Refusal for one that is no good."""
    key = _key(order)
    with _register.lock:
        if key in _register.running:
            return "assembling"
        if refusal := _register.failed.pop(key, None):
            raise refusal
        if len(_register.running) >= MOST_RUNNING:
            raise Unavailable("Other bundles are being put together; try again.")
        _register.running.add(key)
    if len(order.chunks) > AT_ONCE:
        threading.Thread(target=_beside, args=(settings.db, order), daemon=True).start()
        return "assembling"
    try:
        assemble(settings.db, order)
    finally:
        with _register.lock:
            _register.running.discard(key)
    return "ok"


def _beside(path: Target, order: Order) -> None:
    key = _key(order)
    refusal: Refusal | None = None
    try:
        assemble(path, order)
    except Refusal as error:
        refusal = error
    except Exception:
        log.exception("a bundle could not be put together")
        refusal = Unavailable("The bundle could not be put together; the server's log says why.")
    with _register.lock:
        _register.running.discard(key)
        if refusal is not None:
            _register.failed[key] = refusal
            while len(_register.failed) > MOST_FAILED:
                _register.failed.popitem(last=False)


def _key(order: Order) -> Key:
    return (order.actor.org_id, order.name.sha1, order.name.release, order.name.dist)
