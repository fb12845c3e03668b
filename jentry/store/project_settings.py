"""What a project may change about its ingestion. Kept as JSON; absent members have defaults."""

from dataclasses import dataclass, field, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Filters:
    """Inbound filters: events that match are counted and dropped. All off by default."""

    browser_extensions: bool = False
    localhost: bool = False
    legacy_browsers: bool = False
    web_crawlers: bool = False
    releases: tuple[str, ...] = ()  # patterns with * and ?, without regard to case
    environments: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()  # of the title or the whole message
    ips: tuple[str, ...] = ()  # addresses or networks in CIDR form


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    allowed_origins: tuple[str, ...] = ("*",)  # of browsers
    store_ips: bool = True
    sensitive_fields: tuple[str, ...] = ()  # scrubbed besides the default list
    safe_fields: tuple[str, ...] = ()  # never scrubbed
    quota_5min: int | None = None  # None: the server's setting; 0: no limit
    quota_hour: int | None = None
    filters: Filters = field(default_factory=Filters)

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Self:
        values = _known(cls, stored)
        values["filters"] = Filters(**_known(Filters, stored.get("filters", {})))
        return cls(**values)


def _known(kind: type, stored: dict[str, Any]) -> dict[str, Any]:
    """Members the class has, lists as tuples: a newer version may have stored others."""
    names = {item.name for item in fields(kind)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in stored.items()
        if name in names
    }
