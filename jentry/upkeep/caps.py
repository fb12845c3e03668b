"""Issues and projects keep so many events at the most."""

from datetime import timedelta

from jentry import clock
from jentry.store import levels, retention
from jentry.store.levels import Chooser
from jentry.upkeep.job import Work
from jentry.upkeep.retention import delete

GRACE = timedelta(minutes=10)  # a client may send an event again for so long


def run(work: Work) -> None:
    db, settings = work.reading(), work.settings
    per_issue = _caps(work, "events_per_issue", settings.events_per_issue)
    per_project = _caps(work, "events_per_project", settings.events_per_project)
    young = clock.timestamp(clock.now() - GRACE)
    chooser = Chooser(db, young, takes_young=False)
    for project_id, cap in sorted(per_issue.items()):
        cut(
            work, chooser, project_id, levels.kept_of_project(db, project_id, cap), cap, "issue_cap"
        )
    for project_id, cap in sorted(per_project.items()):
        total = levels.all_projects(db)[project_id]
        if total > cap:
            kept = levels.kept_of_project(db, project_id, levels.LANDMARKS)
            height = levels.level([n for _, n in kept], total - cap, levels.LANDMARKS)
            cut(work, chooser, project_id, kept, height, "project_cap")


def cut(
    work: Work,
    chooser: Chooser,
    project_id: int,
    kept: list[levels.Kept],
    height: int,
    reason: str,
) -> int:
    """Those that are taller, to a height: the number of events that went."""
    done = 0
    for issue_id, number in kept:
        if number > height:
            work.check()
            going = chooser.surplus(project_id, issue_id, height)
            done += delete(work, [(issue_id, event_id) for event_id in going], reason)
    return done


def _caps(work: Work, name: str, most: int) -> dict[int, int]:
    """By project; none is above that of the instance. 0, no cap, is left out."""
    own = retention.own_settings(work.reading(), name)
    caps = {}
    for project_id in levels.all_projects(work.reading()):
        wanted = [cap for cap in (most, own.get(project_id, 0)) if cap]
        if wanted:
            caps[project_id] = min(wanted)
    return caps
