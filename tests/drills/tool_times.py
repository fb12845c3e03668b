"""How fast `/api/0` answers on a large file, beside the plain list of issues of `/api/v1`, in one
run: each kind of list and detail that tools ask for.

The file is one of `jentry bench fill`; an owner with a token is added to it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from jentry.bench import server
from jentry.bench.pages import Largest
from jentry.bench.reader import Reader, Timing
from jentry.cli.base import answer, json_option, table

LIST_MS = 25.0  # the p99 of a list may be so much over the plain list's
DETAIL_MS = 100.0  # the p99 of a detail
PLAIN = "plain list of /api/v1"
COLUMNS = ("kind", "name", "p50", "p99", "slowest", "bytes", "over")


def asked(largest: Largest, org: str, slug: str, event: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and address: on the project with most issues and its issue with most events."""
    own, project, issue = f"/organizations/{org}", f"/projects/{org}/{slug}", largest.issue
    every, of_issue = f"{own}/issues/", f"{own}/issues/{largest.issue}"
    release = quote(largest.release, safe="")
    lists = {
        **{f"issues by {sort}": f"{every}?sort={sort}" for sort in ("date", "new", "freq", "user")},
        "issues, 10 of 30 days": f"{every}?limit=10&sort=date&statsPeriod=30d&query=is:unresolved",
        "issues, all": f"{every}?query=",
        "issues, page 20": f"{every}?cursor=0:1900:0",
        "issues, words": f"{every}?query=is:unresolved+payment+host",
        "issues, no such words": f"{every}?query=zebra+crossing",
        "issues, of a project": f"{every}?project={largest.project}&statsPeriod=14d",
        "issues, environment": f"{every}?project={largest.project}&environment=staging",
        "issues, first seen": f"{every}?query=firstSeen:-24h",
        "issues, an event's": f"{every}?query={event}",
        "issues of the project": f"{project}/issues/?query=&cursor=",
        "events of an issue": f"{of_issue}/events/",
        "events of an issue, whole": f"{of_issue}/events/?full=true&per_page=10",
        "events of an issue, searched": f"{of_issue}/events/?query=environment:staging&per_page=50",
        "tags of an issue": f"{of_issue}/tags/",
        "values of a tag of an issue": f"{of_issue}/tags/environment/values/",
        "hashes": f"{of_issue}/hashes/",
        "notes": f"{of_issue}/notes/",
        "activities": f"{of_issue}/activities/",
        "user reports": f"{of_issue}/user-reports/",
        "attachments of an issue": f"{of_issue}/attachments/",
        "events of the project": f"{project}/events/?cursor=",
        "events of the project, whole": f"{project}/events/?full=true&per_page=10",
        "events, fields": f"{own}/events/?field=issue&field=title&field=timestamp&per_page=10",
        "events, level": f"{own}/events/?field=title&query=level:error&per_page=10",
        "events, count by title, 24 hours": f"{own}/events/?field=title&field=count%28%29"
        f"&project={largest.project}&statsPeriod=24h",
        "events, count by title, 14 days": f"{own}/events/?field=title&field=count%28%29"
        f"&project={largest.project}&statsPeriod=14d",
        "events over time, 24 hours": f"{own}/events-stats/?yAxis=count%28%29&statsPeriod=24h",
        "events over time, 30 days": f"{own}/events-stats/?yAxis=count%28%29&statsPeriod=30d"
        f"&interval=1d&project={largest.project}",
        "events over time, top 5": f"{own}/events-stats/?yAxis=count%28%29&statsPeriod=24h"
        f"&field=title&topEvents=5&project={largest.project}",
        "statistics": f"{own}/stats_v2/?groupBy=outcome&statsPeriod=24h",
        "statistics of a project": f"{project}/stats/?stat=received&resolution=1h",
        "tags": f"{own}/tags/",
        "values of a tag": f"{own}/tags/environment/values/",
        "environments": f"{project}/environments/",
        "releases": f"{own}/releases/?per_page=26",
        "releases of the project": f"{project}/releases/",
        "releases, searched": f"{own}/releases/?query=1",
        "commits": f"{own}/releases/{release}/commits/",
        "deploys": f"{own}/releases/{release}/deploys/",
        "monitors": f"{own}/monitors/",
        "projects": f"{own}/projects/",
        "teams": f"{own}/teams/",
        "members": f"{own}/members/",
        "keys": f"{project}/keys/",
    }
    details = {
        "token": "/",
        "organization": f"{own}/",
        "project": f"{project}/",
        "issue": f"{of_issue}/",
        "issue by short id": f"{own}/shortids/{slug.upper()}-{issue}/",
        "latest event": f"{of_issue}/events/latest/",
        "oldest event": f"{of_issue}/events/oldest/",
        "event in the middle": f"{of_issue}/events/{largest.middle}/",
        "event of the project": f"{project}/events/{event}/",
        "event's id": f"{own}/eventids/{event}/",
        "a tag of an issue": f"{of_issue}/tags/environment/",
        "release": f"{own}/releases/{release}/",
        "validate": f"{own}/events/validate/?dataset=errors&query=level:error&field=title",
    }
    for kind, found in (("list", lists), ("detail", details)):
        yield from ((kind, name, path) for name, path in found.items())


def measure(path: Path, times: int) -> Iterator[tuple[str, Timing]]:
    """Kind and timing, the plain list's first and last."""
    token = server.make_token(path)
    with server.running(path) as running:
        plain = Reader.of_api(running.url, token)
        tools = Reader(running.url, {"Authorization": f"Bearer {token}"}, "/api/0")
        largest = Largest.find(plain)
        (org,) = _json(tools, "/organizations/")
        slug = _json(tools, f"/projects/{org['slug']}/{largest.project}/")["slug"]
        event = _json(tools, f"/issues/{largest.issue}/events/latest/")["id"]
        address = f"/projects/{largest.project}/issues"
        yield "plain", plain.time(PLAIN, address, times=times)
        for kind, name, asks in asked(largest, org["slug"], slug, event):
            yield kind, tools.time(name, asks, times=times)
        yield "plain", plain.time(PLAIN, address, times=times)
        tools.close()
        plain.close()


def _json(reader: Reader, path: str) -> Any:
    return json.loads(reader.get(path))


@click.command()
@click.option("--db", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--times", type=click.IntRange(1), default=60, show_default=True, help="Of each.")
@json_option
@click.pass_context
def command(ctx: click.Context, db: Path, times: int, as_json: bool) -> None:
    """Time what tools ask for. Exit 1 when a list takes 25 ms more than the plain one, or a detail
    100 ms, in the p99; that says something on a quiet machine only.
    """
    found = []
    for kind, timing in measure(db, times):
        found.append((kind, timing))
        click.echo(f"{timing.name}: {timing.p50} {timing.p99}", err=True)
    plain = max(timing.p99 for kind, timing in found if kind == "plain")
    most = {"list": plain + LIST_MS, "detail": DETAIL_MS, "plain": plain}
    rows = [
        (kind, one.name, one.p50, one.p99, one.slowest, one.bytes,
         "over" if one.p99 > most[kind] else "")
        for kind, one in found
    ]  # fmt: skip
    over = [row for row in rows if row[-1]]
    answer(
        as_json,
        {"plain_p99": plain, "rows": [dict(zip(COLUMNS, row, strict=True)) for row in rows]},
        *table([COLUMNS, *rows], ""),
        f"{len(rows)} kinds, {len(over)} over; ms over {times} answers of each",
    )
    ctx.exit(1 if over else 0)


if __name__ == "__main__":
    command()
