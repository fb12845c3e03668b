"""The files stay within the disk budget: what tells least goes, of whoever holds most.

In rounds: one begins when little room is left and ends with some to spare, so that the next one
is not due at once. Files are bounded meanwhile by the number of pages that writers may use.
"""

import logging
from dataclasses import dataclass, field

from jentry import clock
from jentry.store import disk, eviction, levels, usage
from jentry.store.backup import upgrade
from jentry.store.disk import MIB, Disk
from jentry.store.levels import Chooser
from jentry.upkeep.caps import GRACE, cut
from jentry.upkeep.job import Work
from jentry.upkeep.retention import delete, parts

log = logging.getLogger(__name__)

ENOUGH = 24 * MIB  # of room, or
ENOUGH_SHARE = 0.02  # of the budget; a round also takes at least that share of what is held
OVERHEAD = 1.5  # bytes of pages for one of a packed payload
FILES = 20  # attachments in a transaction


@dataclass
class Round:
    """What it did; `levels`: by organization the events that its issues keep."""

    events: int = 0
    attachments: int = 0
    levels: dict[int, int] = field(default_factory=dict)


def run(work: Work) -> None:
    now = _measure(work)
    if now.budget is None:
        _bound(work, now)
        return
    if now.free < disk.LEAST_FREE or now.log > now.margin:
        _make_way(work, now)
        now = _measure(work)
    while now.is_short and now.former:
        _give_way_back_up(work)
        now = _measure(work)
    _bound(work, now)
    if now.is_short:
        evict(work)
    _keep_reserve(work)
    shrink(work)


def note(work: Work) -> None:
    """The figures of the hour, for the forecast."""
    db = work.reading()
    used = _measure(work).used if disk.has_files(db) else disk.server_bytes(db)
    with work.writing() as (db, at):
        usage.note(db, used, at)


def evict(work: Work) -> Round:
    """One round: until there is enough room, or nothing left that may go."""
    done = Round()
    while True:
        now = _measure(work)
        if now.budget is None:
            return done
        enough = min(max(ENOUGH, int(ENOUGH_SHARE * now.budget)), now.budget // 8)
        wanted = enough - now.room - (now.former if work.is_dry else 0)
        if wanted <= 0:
            return done
        if now.former and not work.is_dry:
            _give_way_back_up(work)
            continue
        if now.log > now.margin and not work.is_dry:
            with work.outside() as db:
                disk.shorten_log(db)
        before = done.events, done.attachments
        _take(work, int(wanted / OVERHEAD), done)
        if (done.events, done.attachments) == before:
            log.warning("the disk budget leaves no room, and nothing is left that may go")
            return done
        if work.is_dry:
            return done


def _take(work: Work, surplus: int, done: Round) -> None:
    """Bytes of payloads, at first of the organization that holds most, down to what others hold."""
    held = levels.organizations(work.reading())
    total = sum(size for _, _, size in held)
    surplus = max(surplus, int(ENOUGH_SHARE * total))
    height = levels.level((size for _, _, size in held), surplus, 0)
    for org_id, events, size in held:
        if size > height:
            _take_of(work, org_id, events, size, size - height, done)


def _take_of(work: Work, org_id: int, events: int, size: int, surplus: int, done: Round) -> None:
    db = work.reading()
    young = clock.timestamp(clock.now() - GRACE)
    for files in parts(levels.surplus_files(db, org_id, young), FILES):
        if surplus <= 0:
            return
        if work.is_dry:
            done.attachments += len(files)
        else:
            with work.writing() as (writer, _):
                done.attachments += eviction.delete_files(writer, [file for file, _ in files])
        surplus -= sum(file_size for _, file_size in files)
    wanted = max(surplus * max(events, 1) // max(size, 1), 1)
    kept = {
        project_id: levels.kept_of_project(db, project_id, levels.LANDMARKS)
        for project_id in levels.projects_of(db, org_id)
    }
    height = levels.level(
        (n for found in kept.values() for _, n in found), wanted, levels.LANDMARKS
    )
    chooser = Chooser(db, young, takes_young=True)
    gone = sum(
        cut(work, chooser, project_id, found, height, "budget")
        for project_id, found in kept.items()
    )
    if gone < wanted // 2:
        gone += _landmarks(work, chooser, org_id, wanted - gone)
        height = min(height, 1)
    done.events += gone
    done.levels[org_id] = height
    if not work.is_dry:
        with work.writing() as (writer, _):
            usage.set_level(writer, org_id, height)


def _landmarks(work: Work, chooser: Chooser, org_id: int, wanted: int) -> int:
    """Of issues unseen for longest all but the latest event; when that is not enough, that too."""
    gone = 0
    issues = levels.unseen_longest(work.reading(), org_id)
    for height in (1, 0):
        for project_id, issue_id in issues:
            if gone >= wanted:
                return gone
            work.check()
            going = chooser.surplus(project_id, issue_id, height)
            gone += delete(work, [(issue_id, event_id) for event_id in going], "budget")
    return gone


def _measure(work: Work) -> Disk:
    return disk.measure(work.reading(), work.settings.disk_budget, work.settings.disk_reserve)


def _bound(work: Work, now: Disk) -> None:
    """Tell all who write how large the file may get, when that has changed enough."""
    told, wanted = usage.most_pages(work.reading()), now.most_pages
    if told == wanted:
        return
    if told is None or wanted is None or abs(told - wanted) > wanted // 200:
        with work.writing() as (db, _):
            usage.set_most_pages(db, wanted)


def _make_way(work: Work, now: Disk) -> None:
    """When the disk is full, even to delete takes some of it; a long log needs not be."""
    if now.free < disk.LEAST_FREE:
        disk.drop_reserve(work.settings.file)
    with work.outside() as db:
        disk.shorten_log(db)


def _give_way_back_up(work: Work) -> None:
    """The file of a former version goes before any event does."""
    path = upgrade.remove_oldest(work.settings.file)
    if path is not None:
        log.warning("the disk budget takes the file of a former version file=%s", path.name)


def _keep_reserve(work: Work) -> None:
    size = work.settings.disk_reserve
    if disk.has_reserve(work.settings.file, size):
        return
    shrink(work, size + disk.LEAST_FREE)
    if _measure(work).free > size + disk.LEAST_FREE:
        disk.make_reserve(work.settings.file, size)


def shrink(work: Work, wanted: int = 0) -> None:
    """Give free pages back while the files are over the budget, or less than `wanted` is free."""
    freed = 1
    while freed:
        now = _measure(work)
        is_over = now.budget is not None and now.files > now.budget + now.margin // 4
        if not now.reusable or not (is_over or now.free < wanted):
            return
        with work.outside() as db:
            freed = disk.give_back(db)
        with work.outside() as db:
            disk.shorten_log(db)
