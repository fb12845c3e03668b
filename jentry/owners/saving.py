"""Ownership rules are kept when each line is one, of members."""

from jentry.errors import BadRequest
from jentry.matching import lines
from jentry.owners import rules
from jentry.store import ownership, rule_texts
from jentry.store.audit import Actor
from jentry.store.connection import Connection


def save(db: Connection, actor: Actor, project_id: int, written: str, at: str) -> None:
    """Raises Forbidden, NotFound; BadRequest with what is wrong, line by line."""
    if wrong := problems(db, actor, written):
        raise BadRequest(f"rules: {' '.join(wrong)}")
    found, _ = rules.parse(written)
    rule_texts.put(db, actor, rule_texts.OWNERSHIP, project_id, written, len(found), at)


def problems(db: Connection, actor: Actor, written: str) -> list[str]:
    """`line 3: …`, each a sentence; the first of them."""
    found, wrong = rules.parse(written)
    members = ownership.members(db, actor.org_id)
    strangers = [
        (rule.line, f"line {rule.line}: {address} is no member of this organization.")
        for rule in found
        for address in rule.addresses
        if address not in members
    ]
    malformed = [(lines.number_of(line), line) for line in wrong]
    return [sentence for _, sentence in sorted(malformed + strangers)][: lines.MOST_TOLD]
