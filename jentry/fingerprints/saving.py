"""Fingerprint rules are kept when each line is one."""

from jentry.errors import BadRequest
from jentry.ingest.grouping import rules
from jentry.matching.lines import MOST_TOLD
from jentry.store import rule_texts
from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.rule_texts import FINGERPRINTS


def save(db: Connection, actor: Actor, project_id: int, written: str, at: str) -> None:
    """Raises Forbidden, NotFound; BadRequest with what is wrong, line by line."""
    require(written)
    lines = len(rules.parse(written)[0])
    rule_texts.put(db, actor, FINGERPRINTS, project_id, written, lines, at)


def require(written: str) -> None:
    """Raises BadRequest."""
    if wrong := problems(written):
        raise BadRequest(f"rules: {' '.join(wrong)}")


def problems(written: str) -> list[str]:
    """`line 3: …`, each a sentence; the first of them."""
    return rules.parse(written)[1][:MOST_TOLD]
