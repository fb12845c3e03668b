"""What grouping a project's stored events again would do. Nothing is changed."""

from collections import Counter
from functools import partial

from jentry.fingerprints.preview import Bounds, Looking, Named, Place, Tally, told
from jentry.ingest.grouping import group, rules
from jentry.ingest.titles import describe
from jentry.store import grouping_events, merge_operations, parts, rule_texts
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.regroup_plan import Flow, choose, place
from jentry.store.rule_texts import FINGERPRINTS

Name = tuple[int, int, int, int, bytes]  # what a Flow has but for the number of events


def preview(db: Connection, actor: Actor, project_id: int, bounds: Bounds | None = None) -> Named:
    """As that of rules, of those that are saved. Raises NotFound."""
    written = rule_texts.get(db, actor, FINGERPRINTS, project_id)
    looking, tally = Looking(db, actor, project_id, bounds or Bounds()), Tally()
    flows, same = Counter[Name](), set[Name]()
    for kept, event in looking:
        was = str(event.get("title") or "")
        rule = rules.apply(written, event)
        if kept.hash is None or kept.hash_id is None or kept.version is None:
            tally.count(kept, kept.issue_id, None, was, was)
            continue
        found = group(event)
        name = (kept.part_id, kept.hash_id, kept.version, found.version, found.hash)
        flows[name] += 1
        if (found.version, found.hash) == (kept.version, kept.hash):
            same.add(name)
        tally.count(kept, (found.version, found.hash), rule, was, describe(event).title)
    chosen = choose(Flow(*name, number, name in same) for name, number in flows.items())
    is_put_together = partial(merge_operations.is_put_together, db)
    is_open = partial(merge_operations.is_open, db)
    places: dict[Place, Place] = {}
    for named, choice in chosen.items():
        known = grouping_events.leading(db, actor, project_id, (named,))
        found_id = place(choice, known, is_put_together, is_open)
        places[named] = named if found_id is None else parts.led_to(db, actor, found_id)
    tally.rename(lambda one: places.get(one, one))
    return told(tally, written, looking)
