"""The pages that are measured, on whatever is largest in a file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from jentry.bench.reader import Reader


@dataclass(frozen=True)
class Largest:
    """The project with most issues, and its issue with most events."""

    project: int
    issues: int
    issue: int
    middle: str  # an event of it, as far as its events can be read from the newest by pages
    release: str

    @classmethod
    def find(cls, api: Reader) -> Self:
        def data(path: str) -> Any:
            return json.loads(api.get(path))

        totals = {
            p["id"]: data(f"/projects/{p['id']}/issues?status=all&limit=1")["total"]
            for p in data("/projects")["data"]
        }
        project = max(totals, key=lambda project_id: totals[project_id])
        busiest = data(f"/projects/{project}/issues?sort=events&status=all&limit=1")["data"][0]
        page = max(1, min(10_000, busiest["count"]) // 200)
        events = data(f"/issues/{busiest['id']}/events?limit=100&page={page}")["data"]
        newest = data(f"/projects/{project}/releases?limit=1")["data"][0]["release"]
        return cls(project, totals[project], busiest["id"], events[-1]["id"], newest)


def pages_of(largest: Largest) -> Iterator[tuple[str, str]]:
    """Name and address of every kind of page."""
    project = f"/projects/{largest.project}"
    issue = f"{project}/issues/{largest.issue}"
    yield from (
        ("issues", f"{project}/issues?period=14d"),
        ("issues, all time by events", f"{project}/issues?period=all&status=all&sort=events"),
        ("issues, by users", f"{project}/issues?period=14d&sort=users"),
        ("issues, 24 hours", f"{project}/issues?period=24h"),
        ("issues, last page", f"{project}/issues?period=all&page={max(1, largest.issues // 25)}"),
        ("issues, text", f"{project}/issues?period=14d&query=payment+host"),
        ("issues, nothing matches", f"{project}/issues?period=14d&query=zebra+crossing"),
        ("issues, environment", f"{project}/issues?period=14d&environment=staging"),
        ("issues, tag", f"{project}/issues?period=14d&tag[page]=order"),
        ("issues of all projects", "/issues?period=14d"),
        ("issues of all projects, text", "/issues?period=all&query=order"),
        ("issue", issue),
        ("issue, first event", f"{issue}/events/first"),
        ("issue, event in the middle", f"{issue}/events/{largest.middle}"),
        ("issue, events", f"{issue}/events"),
        ("issue, events by tag", f"{issue}/events?environment=staging&tag[shard]=7"),
        ("issue, tags", f"{issue}/tags"),
        ("issue, activity", f"{issue}/activity"),
        ("projects", "/projects"),
        ("project", project),
        ("project, set-up", f"{project}/setup"),
        ("releases", f"{project}/releases"),
        ("release", f"{project}/releases/{quote(largest.release, safe='')}"),
        ("feedback", f"{project}/feedback"),
        ("monitors", f"{project}/monitors"),
        *((f"project settings, {name}", f"{project}/settings/{name}") for name in PROJECT),
        *((f"settings, {name}", f"/settings/{name}") for name in ORGANIZATION),
        ("where is my event", f"/settings/usage?event={largest.middle}"),
        ("account", "/account"),
        ("server", "/server"),
        ("documentation of the API", "/docs/api"),
    )


PROJECT = ("general", "keys", "filters", "quotas")
ORGANIZATION = (
    "projects", "members", "api", "audit", "usage", "alerts/rules", "alerts/channels",
    "alerts/deliveries",
)  # fmt: skip
