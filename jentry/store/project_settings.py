"""What a project may change about its ingestion. Kept as JSON; absent members have defaults."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
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
    retention_days: int | None = None  # these three are never more than the server's settings
    events_per_issue: int | None = None
    events_per_project: int | None = None
    code_link: str = ""  # address of a line in the code host, with {release}, {path} and {line}
    filters: Filters = field(default_factory=Filters)

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Self:
        values = _known(cls, stored)
        values["filters"] = Filters(**_known(Filters, stored.get("filters", {})))
        return cls(**values)

    def flat(self) -> dict[str, Any]:
        """All members by the names that the API gives them: `quotaHour`, `filters.ips`."""
        values = asdict(self)
        filters = values.pop("filters")
        values |= {f"filters.{name}": value for name, value in filters.items()}
        return {wire_name(name): value for name, value in values.items()}


DEFAULTS: dict[str, Any] = json.loads(json.dumps(asdict(ProjectSettings())))


def changed(
    stored: Mapping[str, Any],
    change: Mapping[str, Any] | None,
    defaults: Mapping[str, Any] = DEFAULTS,
) -> dict[str, Any]:
    """What to store once some members are changed; None sets them, or all, back to the default.

    Nested as the classes above. Members that a newer version has stored stay.
    """
    after = dict(stored)
    for name, value in (dict.fromkeys(defaults) if change is None else change).items():
        default = defaults[name]
        if isinstance(default, dict):
            value, default = changed(stored.get(name, {}), value, default), {}
        if value is None or value == default:
            after.pop(name, None)
        else:
            after[name] = value
    return after


def _known(kind: type, stored: dict[str, Any]) -> dict[str, Any]:
    """Members the class has, lists as tuples: a newer version may have stored others."""
    names = {item.name for item in fields(kind)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in stored.items()
        if name in names
    }


def wire_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
