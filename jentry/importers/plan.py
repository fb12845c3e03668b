"""What an import would bring, row by row, and what cannot come along. Nothing is written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jentry.importers.source import (
    CHANGED,
    NO,
    YES,
    FoundIssue,
    Item,
    Line,
    Project,
    Source,
    Tenant,
)
from jentry.store.connection import Connection
from jentry.store.transfer import foreseen


@dataclass(frozen=True)
class Scope:
    """`projects`: slugs there, none means all; `events`: of an issue, at most."""

    projects: tuple[str, ...] = ()
    events: int = 100

    def narrowed(self, tenant: Tenant) -> Tenant:
        """Only what belongs to the wanted projects, or to none."""
        if not self.projects:
            return tenant
        kept = [project for project in tenant.projects if project.slug in self.projects]
        ids = {project.id for project in kept}
        items = [item for item in tenant.items if item.line is None or _is_of(item.line, ids)]
        return Tenant(tenant.line, items, kept)


def _is_of(line: Line, ids: set[int]) -> bool:
    if line["type"] == "project":
        return line["id"] in ids
    if line["type"] == "rule":
        return bool(ids.intersection(line["projects"]))
    return "project" not in line or line["project"] in ids


def rows(db: Connection | None, source: Source, scope: Scope) -> Iterator[Item]:
    """`db` is None while there is no database."""
    for org in source.organizations():
        tenant = scope.narrowed(source.tenant(org))
        yield Item("organization", org["theirs"], org, YES, f"as {org['slug']}")
        lines = [item.line for item in tenant.items if item.line]
        slugs = {one["id"]: one["slug"] for one in lines if one["type"] == "project"}
        for item in tenant.items:
            if item.kind:
                yield item if db is None else _here(db, org["slug"], slugs, item)
        for project in tenant.projects:
            yield from _issues(source, org, project, scope)


def _here(db: Connection, org_slug: str, slugs: dict[int, str], item: Item) -> Item:
    """What this database already has in the way."""
    why = None
    if item.line is not None and item.kind == "project":
        why = foreseen.of_project(db, org_slug, item.line)
    elif item.line is not None and item.kind == "key":
        slug = slugs.get(item.line["project"], "")
        why = foreseen.of_key(db, org_slug, slug, item.line)
    if why is None:
        return item
    return replace(item, comes=CHANGED, why="; ".join(filter(None, (item.why, why))))


def _issues(source: Source, org: Line, project: Project, scope: Scope) -> Iterator[Item]:
    """Those that come as they are, together; each of the others."""
    number: Counter[str] = Counter()
    for found in source.issues(org, project):
        if isinstance(found, Item):
            yield found
            continue
        number["issues"] += 1
        number["events"] += min(found.count, scope.events)
        number["behind"] += max(found.count - scope.events, 0)
        if not found.count:
            yield Item("issue", found.label, None, NO, "it has no event to group it by")
        elif found.changed:
            yield Item("issue", found.label, {}, CHANGED, found.changed)
    why = f"with up to {number['events']:,} events"
    yield Item("issues", f"{project.slug}: {number['issues']:,}", {}, YES, why)
    if number["behind"]:
        name = f"{project.slug}: {number['behind']:,}"
        yield Item("events", name, None, NO, "counted only: --events says how many come")


def cannot_be_read(found: FoundIssue, error: Exception) -> Item:
    return Item("issue", found.label, None, NO, f"cannot be read: {error}")
