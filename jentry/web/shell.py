"""What the frame around every page shows: the bar, the project chosen, the theme."""

from typing import Any

from flask import g, request

from jentry.app.db import reading, settings
from jentry.errors import NotFound
from jentry.store import alert_channels, instance, projects
from jentry.vocabulary import THEMES
from jentry.web import cookies, session, status

THEME = "jentry_theme"
LAST_PROJECT = "jentry_project"
OWN = ("Feedback", "Monitors")  # sections that only a project has


def context() -> dict[str, Any]:
    """For templates: `person`, `project`, `projects`, `tabs`, `theme`, `alert_trouble`.

    Pages of errors ask for no person: nothing is read from the database for them.
    """
    person = g.get("person")
    return {
        "person": person,
        "project": g.get("project"),
        "projects": projects.list_for(reading(), session.actor()) if _has_organization() else [],
        "tabs": _tabs() if person else [],
        "alert_trouble": _alert_trouble(),
        "theme": theme(),
    }


def theme() -> str:
    """`light`, `dark`, or nothing: as the system has it."""
    chosen = cookies.get(THEME)
    return chosen if chosen in THEMES[1:] else ""


def choose_theme(chosen: str) -> None:
    """Our script may set this cookie too."""
    cookies.put(THEME, "" if chosen == THEMES[0] else chosen, is_readable=True)


def enter(project_id: int) -> dict[str, Any]:
    """The project that a page is about, as `projects.get` has it, shown in the bar from now on.

    One of another organization that the person belongs to makes that the organization shown, and
    says so. Raises NotFound for everything else.
    """
    g.project = _find(project_id)
    if cookies.get(LAST_PROJECT) != str(project_id):
        cookies.put(LAST_PROJECT, str(project_id))
    found: dict[str, Any] = g.project
    return found


def last_project() -> int | None:
    """That which this browser saw last, if the organization shown still has it."""
    number = cookies.get(LAST_PROJECT)
    if not number.isdigit() or len(number) > 18:
        return None
    try:
        found: int = projects.get(reading(), session.actor(), int(number))["id"]
    except NotFound:
        return None
    return found


def initials(name: str) -> str:
    """`Mara Lindqvist` -> `ML`, `mara@acme.test` -> `M`."""
    words = [word for word in name.split("@")[0].replace(".", " ").split() if word[:1].isalnum()]
    chosen = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper() or "?"


def _find(project_id: int) -> dict[str, Any]:
    try:
        return projects.get(reading(), session.actor(), project_id)
    except NotFound:
        for organization in session.required().organizations:
            if projects.belongs_to(reading(), organization["id"], project_id):
                session.show(organization["id"])
                status.say(f"You see {organization['name']} now.")
                return projects.get(reading(), session.actor(), project_id)
        raise


def _has_organization() -> bool:
    person = g.get("person")
    return person is not None and person.organization is not None


def _alert_trouble() -> dict[str, Any] | None:
    """What keeps alerts from people, for owners; None while all is well, as in an invented
    organization.
    """
    if not _has_organization() or not session.required().may("owner"):
        return None
    if instance.get(reading())["is_demo"]:
        return None
    has_mail = settings().smtp_url is not None
    found = alert_channels.trouble(reading(), session.actor(), has_mail=has_mail)
    is_silent = found["is_silent"] or not settings().alerts
    if not is_silent and not found["failing"]:
        return None
    return found | {"is_silent": is_silent, "has_mail": has_mail, "is_off": not settings().alerts}


def _tabs() -> list[dict[str, Any]]:
    """The sections of the project, or of all projects; `g.counts` has the number beside a title."""
    project = g.get("project")
    base = f"/projects/{project['id']}" if project else ""
    counts, path = g.get("counts", {}), request.path
    tabs = [("Issues", f"{base}/issues", f"{base}/issues", "g i")]
    if project:
        tabs.append(("Releases", f"{base}/releases", f"{base}/releases", "g r"))
        tabs.append(("Overview", base, "", "g o"))
        tabs += [(title, f"{base}/{title.lower()}", f"{base}/{title.lower()}", "") for title in OWN]
        tabs.append(("Settings", f"{base}/settings/general", f"{base}/settings/", ""))
    else:
        tabs.append(("Projects", "/projects", "", "g p"))
        tabs.append(("Settings", "/settings/projects", "/settings/", ""))
    return [
        {
            "title": title,
            "href": href,
            "key": key,
            "is_current": path.startswith(section) if section else path == href,
            "count": counts.get(title),
        }
        for title, href, section, key in tabs
    ]
