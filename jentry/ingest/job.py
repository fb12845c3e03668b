"""The work on one request: what is known about it, and the submission it fills."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from jentry.ingest.normalise import Context
from jentry.ingest.scrubbing import Policy
from jentry.ingest.stored_facts import StoredFacts
from jentry.ingest.symbolication.symbols import Symbols
from jentry.ingest.symbolication.work import Symbolicated
from jentry.quotas import LIMITS
from jentry.search.facets import people
from jentry.settings import Settings
from jentry.store.client_keys import ProjectConfig
from jentry.store.identity import identity_hash, person_hashes
from jentry.store.rows import Outcome, Submission
from jentry.store.sql import fold

BELIEVED_DAYS = 90  # an event's own time, at most


@dataclass
class Job:
    """`event_id` is the id to answer with: 32 hex digits, or None while nothing needs one."""

    settings: Settings
    salt: bytes
    config: ProjectConfig
    received: datetime
    submission: Submission
    sent_at: datetime | None = None
    event_id: str | None = None
    client_ip: str | None = None
    user_agent: str | None = None
    taken: Counter[str] = field(default_factory=Counter)  # of what a request may hold so many
    is_dropped: bool = False  # the event was filtered: what belongs to it goes too
    symbols: Symbols | None = None  # None: frames stay as they came
    stored: StoredFacts | None = None  # None: whoever stores it does not have it prepared again
    in_loop: bool = False
    is_final: bool = True  # nothing is waited for any more

    def takes(self, name: str, quantity: int = 1) -> int:
        """How many more of a thing the request may hold, of so many; the rest is counted."""
        limit = LIMITS[name]
        if limit.most is None:
            raise ValueError(f"{name} is no limit of a request")
        taken = min(quantity, limit.most - self.taken[name])
        self.taken[name] += taken
        if taken < quantity:
            self.count(limit.categories[0], "invalid", limit.reason, quantity - taken)
        return taken

    def count(self, category: str, outcome: str, reason: str = "", quantity: int = 1) -> None:
        self.submission.outcomes.append(Outcome(category, outcome, reason, quantity))

    def symbolicate(self, event: dict[str, Any]) -> Symbolicated:
        """Raises NotInLoop, Unmapped."""
        if self.symbols is None:
            return Symbolicated()
        return self.symbols.symbolicate(
            event, self.config, in_loop=self.in_loop, is_final=self.is_final
        )

    def identity_hash(self, identity: str) -> bytes:
        """A user or device, salted: of this database and project only."""
        return identity_hash(self.salt, self.config.project_id, identity)

    def person_hashes(self, event: Mapping[str, Any]) -> tuple[bytes, ...]:
        """Of each thing that the event's user is known by."""
        known = [(field, fold(value)) for field, value in people(event)]
        return person_hashes(self.salt, self.config.project_id, known)

    @cached_property
    def context(self) -> Context:
        return Context(
            received=self.received,
            sent_at=self.sent_at,
            client_ip=self.client_ip if self.config.settings.store_ips else None,
            user_agent=self.user_agent,
            retention_days=min(self.settings.retention_days, BELIEVED_DAYS),
            event_id=self.event_id,
        )

    @cached_property
    def policy(self) -> Policy:
        settings = self.config.settings
        return Policy(
            keep_ip=settings.store_ips,
            sensitive=settings.sensitive_fields,
            safe=settings.safe_fields,
        )


def text(value: Any, limit: int) -> str | None:
    """A trimmed, non-empty string cut at `limit` characters; None for anything else."""
    if not isinstance(value, str):
        return None
    return value.strip()[:limit] or None
