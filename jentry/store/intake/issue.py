"""An issue as a batch of ingestion knows it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from jentry.store.rows import EventRow


@dataclass(slots=True)
class Issue:
    """An issue touched by this batch: what its row says, and what the batch changes."""

    project_id: int
    id: int
    status: str
    substatus: str | None
    status_events: int
    title: str
    culprit: str
    level: str
    first_seen: str
    last_seen: str
    event_count: int
    user_count: int
    first_release_at: str | None
    last_release_at: str | None
    is_new: bool = False
    is_quiet: bool = False  # what happens to it in this batch is no news
    first: EventRow | None = None  # of one that is new
    added: int = 0
    new_users: int = 0
    latest: EventRow | None = None
    condition: dict[str, Any] | None = None  # what it waits for, resolved or ignored
    returned_by: tuple[EventRow, int | None] | None = (
        None  # the first event that can bring it back, its release
    )
    first_release_id: int | None = None  # only when the batch sets it
    last_release_id: int | None = None
    seen_earlier: bool = False
    hours: Counter[str] = field(default_factory=Counter)
    users: set[bytes] = field(default_factory=set)
    releases: Counter[int] = field(default_factory=Counter)
    whole: "Issue | None" = None  # of a part: the merged issue, which has its state
    parts: tuple[int, ...] = ()  # of a merged issue
