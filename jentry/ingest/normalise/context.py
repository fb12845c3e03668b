"""What is known about an event besides its body."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Context:
    """`received` and `sent_at` are aware UTC instants; `client_ip` is None when not known.

    `event_id`, 32 hex digits, comes from the envelope's header and wins over the body's.
    """

    received: datetime
    sent_at: datetime | None = None
    client_ip: str | None = None
    user_agent: str | None = None
    retention_days: int = 90
    event_id: str | None = None
