"""What a source yields, whichever tracker it is: rows of a plan, issues, pages of events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from jentry import clock
from jentry.errors import BadRequest
from jentry.store import names

Line = dict[str, Any]
YES, CHANGED, NO = "yes", "changed", "no"  # whether a thing comes along
LONGEST_TEXT = 10_000  # characters of a comment
ROLES = {"owner": "owner", "manager": "admin", "admin": "member", "member": "member"}


@dataclass(frozen=True, slots=True)
class Item:
    """A thing over there: a line as an export has it, or None for what stays behind, and why."""

    kind: str
    name: str
    line: Line | None = None
    comes: str = YES
    why: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    id: int
    slug: str  # there


@dataclass(frozen=True, slots=True)
class FoundIssue:
    """Times are timestamps. `key` is its id there, `id` a number that stands for it."""

    id: int
    key: str
    label: str
    project: Project
    count: int
    first_seen: str
    last_seen: str
    status: str = "unresolved"
    substatus: str | None = "ongoing"
    assignee: str | None = None
    comments: int | None = 0  # None: nobody says, so ask
    changed: str = ""  # what of its state has no counterpart


@dataclass(frozen=True, slots=True)
class Page:
    """Events as an SDK might have sent them, each with its time of receipt, newest first."""

    events: list[tuple[Line, datetime]]
    next: str | None


@dataclass
class Tenant:
    """An organization there: its line, and what it holds but for issues."""

    line: Line
    items: list[Item] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)


class Source(Protocol):
    """Reads one server. Whatever it cannot read is an Item that does not come, never an error."""

    def organizations(self) -> list[Line]: ...

    def tenant(self, org: Line) -> Tenant: ...

    def issues(self, org: Line, project: Project) -> Iterator[FoundIssue | Item]: ...

    def events(self, org: Line, issue: FoundIssue, cursor: str, most: int) -> Page: ...

    def comments(self, org: Line, issue: FoundIssue) -> list[Line]: ...


def moment(value: Any) -> datetime | None:
    """Of ISO text; without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def timestamp(value: Any, default: str | None = None) -> str:
    found = moment(value)
    return clock.timestamp(found) if found else default or clock.timestamp(clock.now())


def text(value: Any, longest: int = names.LONGEST_NAME) -> str:
    """On one line."""
    return " ".join(str(value or "").split())[:longest]


def number(value: Any) -> int:
    """A whole number that is not below 0; of ids, too."""
    try:
        found = int(value)
    except (TypeError, ValueError):
        return 0
    return found if 0 <= found < 2**63 else 0


def objects(value: Any) -> list[Line]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def organization(slug: Any, name: Any) -> Line:
    """A line, with a slug that may stand here; `theirs` is what they call it."""
    return {
        "type": "organization",
        "slug": valid_slug(slug, "organization", set()),
        "name": text(name) or text(slug) or "organization",
        "theirs": str(slug),
    }


def valid_slug(slug: Any, fallback: str, taken: set[str]) -> str:
    found = text(slug)
    try:
        if found not in taken and found not in names.RESERVED_SLUGS:
            return names.slug(found)
    except BadRequest:
        pass
    return names.slug_from(found, fallback, lambda one: one in taken | names.RESERVED_SLUGS)


def member(email: Any, name: Any, role: Any, joined: Any) -> Item:
    kept = str(email or "").strip().lower()
    try:
        kept = names.email(kept)
    except BadRequest:
        return Item("member", kept or text(name), None, NO, "it has no email address")
    ours = ROLES.get(str(role), "member")
    line = {
        "type": "member", "email": kept, "name": text(name) or None, "role": ours,
        "joinedAt": timestamp(joined),
    }  # fmt: skip
    if role == ours:
        return Item("member", kept, line, YES, "without a password, as " + ours)
    return Item("member", kept, line, CHANGED, f"{text(role) or 'no role'} becomes {ours}")


def key(project: Project, public: Any, name: Any, *, active: bool, created: Any) -> Item:
    kept = str(public or "").replace("-", "").lower()
    label = f"{project.slug}: {kept}"
    if len(kept) != 32 or not kept.isalnum():
        return Item("key", label, None, NO, "a key has 32 hex digits: its DSN has to be changed")
    at = timestamp(created)
    line = {
        "type": "key", "project": project.id, "publicKey": kept, "name": text(name) or "Default",
        "createdAt": at, "disabledAt": None if active else at,
    }  # fmt: skip
    return Item("key", label, line, YES, "" if active else "switched off, as it is there")


def unread(kind: str, name: str, error: Exception) -> Item:
    return Item(kind, name, None, NO, f"cannot be read: {error}")


def absent(kinds: Iterable[tuple[str, str]]) -> list[Item]:
    """What never comes along from a source: names and reasons."""
    return [Item(kind, "all", None, NO, why) for kind, why in kinds]
