"""`jentry gate`: may this release go on? Asked by a pipeline, over the API."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import click

from jentry import clock
from jentry.cli.base import Refused, answer, json_option
from jentry.client import Client
from jentry.client import Refused as NotAnswered

PASSED, FAILED, UNKNOWN = 0, 1, 3
SHOWN = 20  # issues of a kind
AGES = {"m": "minutes", "h": "hours", "d": "days"}


class Since(click.ParamType[str]):
    """An instant, or an age such as 30m, 2h or 1d."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        age = re.fullmatch(r"([0-9]{1,6})([mhd])", str(value))
        if age:
            return clock.timestamp(clock.now() - timedelta(**{AGES[age[2]]: int(age[1])}))
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is neither a time like 2026-06-29T12:30Z nor an age like 30m.")
        return clock.timestamp(found.astimezone())


@click.command()
@click.option("--release", required=True, help="The version, as the SDK sends it.")
@click.option("--project", "slug", help="Only this project's.  [default: all that know it]")
@click.option("--since", type=Since(), help="What was seen before does not count: 30m, or a time.")
@click.option(
    "--environment", default="", help="Only issues that were seen there, such as production."
)
@click.option("--max-new", default=0, show_default=True, help="New issues that are let pass.")
@click.option(
    "--max-regressed", default=0, show_default=True, help="Regressed issues that are let pass."
)
@click.option(
    "--max-drop",
    default=1.0,
    show_default=True,
    help="Points by which the crash-free rate may be lower than the release's before.",
)
@click.option(
    "--min-sessions", default=100, show_default=True, help="With fewer, the rate is not judged."
)
@click.option("--url", envvar="JENTRY_URL", required=True, help="The server.  [env: JENTRY_URL]")
@click.option(
    "--token",
    envvar="JENTRY_TOKEN",
    required=True,
    help="With project:read and issue:read.  [env: JENTRY_TOKEN]",
)
@json_option
@click.pass_context
def gate(ctx: click.Context, /, url: str, token: str, as_json: bool, **wanted: Any) -> None:
    """Tell a pipeline whether a release brought new or regressed issues, or more crashes.

    Exit 0: it may go on. 1: it should not, and the lines say why. 3: that cannot be told: the
    server does not answer, or knows no such release.
    """
    client = Client(url, token)
    try:
        known = _releases(client, wanted["release"], wanted["slug"])
        found = [_judged(client, each, **wanted) for each in known]
    except NotAnswered as refused:
        raise Untold(str(refused)) from None
    if not found:
        raise Untold(
            f"No project has a release {wanted['release']}: nothing was sent or registered."
        )
    failures = [f"{each['project']}: {why}" for each in found for why in each["failures"]]
    lines = [line for each in found for line in _lines(each)]
    verdict = f"{wanted['release']} should not go on." if failures else "It may go on."
    answer(as_json, {"passed": not failures, "projects": found}, *lines, verdict)
    ctx.exit(FAILED if failures else PASSED)


class Untold(Refused):
    exit_code = UNKNOWN


def _releases(client: Client, version: str, slug: str | None) -> list[dict[str, Any]]:
    """The projects that know the release, each with it and the one before."""
    projects = client.send("/projects")["data"]
    if slug is not None:
        projects = [each for each in projects if each["slug"] == slug]
        if not projects:
            raise NotAnswered(f"There is no project {slug}.")
    found = []
    for project in projects:
        path = f"/projects/{project['id']}/releases"
        try:
            release = client.send(f"{path}/{quote(version, safe='')}")["data"]
        except NotAnswered as refused:
            if refused.status != 404:
                raise
            continue
        listed = client.send(path)["data"]
        names = [each["release"] for each in listed]
        older = listed[names.index(version) + 1 :] if version in names else []
        before = next((each for each in older if each["sessions"]), None)
        found.append({"project": project, "release": release, "before": before})
    return found


def _judged(
    client: Client, found: dict[str, Any], *, max_new: int, max_regressed: int, **wanted: Any
) -> dict[str, Any]:
    new, regressed = _issues(client, found["project"]["id"], **wanted)
    drop = _drop(found["release"], found["before"], wanted["min_sessions"])
    rate, before = found["release"]["crashFreeRate"], found["before"]
    failures = []
    if len(new) > max_new:
        failures.append(f"{_number(new, 'new issue')}, {max_new} may be")
    if len(regressed) > max_regressed:
        failures.append(f"{_number(regressed, 'regressed issue')}, {max_regressed} may be")
    if drop is not None and drop > wanted["max_drop"]:
        lower = f"{drop:.2f} points less than in {before['release']}"
        failures.append(f"{rate:.2f} % of sessions without a crash, {lower}")
    return {
        "project": found["project"]["slug"],
        "new": _shown(new),
        "regressed": _shown(regressed),
        "crashFreeRate": rate,
        "drop": drop,
        "failures": failures,
    }


def _issues(
    client: Client, project_id: int, *, release: str, since: str | None, environment: str, **_: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """New ones, and regressed ones."""
    query = {"status": "all", "release": release}
    if environment:
        query["environment"] = environment
    found = client.all(f"/projects/{project_id}/issues", **query)
    after = since or ""
    new = [each for each in found if each["firstRelease"] == release and each["firstSeen"] >= after]
    regressed = [
        each for each in found if each["substatus"] == "regressed" and each["lastSeen"] >= after
    ]
    return new, regressed


def _drop(release: dict[str, Any], before: dict[str, Any] | None, least: int) -> float | None:
    """Points of the crash-free rate; None where there are too few sessions."""
    if before is None or min(release["sessions"], before["sessions"]) < max(least, 1):
        return None
    drop: float = before["crashFreeRate"] - release["crashFreeRate"]
    return drop


def _number(issues: list[dict[str, Any]], what: str) -> str:
    return f"{len(issues)} {what}{'' if len(issues) == 1 else 's'}"


def _shown(issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: issue[name] for name in ("id", "title", "permalink")} for issue in issues]


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{found['project']}: {why}." for why in found["failures"]]
    for kind in ("new", "regressed"):
        lines += [
            f"  {kind}: {issue['title']}  {issue['permalink']}" for issue in found[kind][:SHOWN]
        ]
        if len(found[kind]) > SHOWN:
            lines.append(f"  and {len(found[kind]) - SHOWN} more {kind} ones")
    return lines or [f"{found['project']}: no new or regressed issue."]
