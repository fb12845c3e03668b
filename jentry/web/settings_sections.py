"""The list at the side of all settings: of project, organization, server and person."""

from dataclasses import dataclass
from typing import Any

from flask import g, request, url_for

from jentry.app.address import local
from jentry.app.db import reading
from jentry.store import projects
from jentry.vocabulary import ROLES
from jentry.web import session, shell

ADMINS = ROLES[:2]

OF_PROJECT = (  # title, endpoint
    ("General", "web.project_settings.general"),
    ("Client keys (DSN)", "web.client_keys.page"),
    ("Inbound filters", "web.project_settings.filters"),
    ("Quotas", "web.project_settings.quotas"),
    ("Ownership rules", "web.ownership.page"),
    ("Grouping", "web.fingerprint_rules.page"),
    ("Source maps", "web.artifacts.page"),
)
OF_ORGANIZATION = (  # and who gets an answer
    ("Projects", "web.organization_settings.page", ROLES),
    ("Members", "web.members.page", ADMINS),
    ("API tokens", "web.api_tokens.page", ADMINS),
    ("Audit log", "web.audit_log.page", ADMINS),
    ("Deletions", "web.deletion.progress", ADMINS),
    ("Alert rules", "web.alert_rules.page", ROLES),
    ("Alert channels", "web.alert_channels.page", ROLES),
    ("Alert deliveries", "web.alert_deliveries.page", ROLES),
    ("Saved views", "web.views.page", ROLES),
    ("Usage", "web.usage.page", ROLES),
)
OF_SERVER = (("Server", "web.server.page"),)
OF_PERSON = (("Account", "web.account.page"),)
TO_READ = (("Documentation", "web.docs.contents"), ("API reference", "web.docs.api"))


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    links: list[dict[str, Any]]  # `title`, `href`, `is_current`


def sections() -> list[Section]:
    """For templates. The project is that of the page, else the one seen last."""
    known = session.required()
    found = []
    if known.organization is not None:
        project = g.get("project") or _last()
        if project is not None:
            links = [_link(*entry, project_id=project["id"]) for entry in OF_PROJECT]
            found.append(Section(project["name"], links))
        links = [_link(*entry) for *entry, roles in OF_ORGANIZATION if known.may(*roles)]
        found.append(Section(known.organization["name"], links))
    if known.is_operator:
        found.append(Section("This server", [_link(*entry) for entry in OF_SERVER]))
    found.append(Section("You", [_link(*entry) for entry in OF_PERSON]))
    found.append(Section("To read", [_link(*entry) for entry in TO_READ]))
    return found


def _last() -> dict[str, Any] | None:
    project_id = shell.last_project()
    return None if project_id is None else projects.get(reading(), session.actor(), project_id)


def _link(title: str, endpoint: str, **values: Any) -> dict[str, Any]:
    href, here = url_for(endpoint, **values), local(request.path)
    return {"title": title, "href": href, "is_current": f"{here}/".startswith(f"{href}/")}
