"""An agent's session against hostile events: each is sent with its orders in every place that a
stranger fills, then every tool is asked about it, by `jentry mcp`, by `POST /mcp` and by Sentry's
server before the same jentry. The transcript is printed.

Nothing of theirs may stand outside of what our answers report; Sentry's server is only shown.
"""

import json
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import click

from jentry import clock
from jentry.bench import server
from jentry.cli.base import answer, json_option
from jentry.mcp import catalog
from jentry.mcp.event import PARTS
from tests.agents import agent
from tests.drills.members import install
from tests.hostile_events import MARK, ORDERS, escapes, payload, split
from tests.sentry_tools import call_mcp, mcp_command
from tests.servers import command as jentry
from tests.servers import environment

Call = Callable[[str, dict[str, Any]], str]  # a tool and its arguments -> the answer's text
OPEN = build_opener(ProxyHandler({}))
SHOWN = 1500  # characters of an answer in the transcript


@dataclass
class Session:
    """What one way of asking came to."""

    name: str
    calls: int = 0
    marked: int = 0  # answers that had text of a stranger
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """A server with the hostile events. `address`: where they are sent; `token`: of an owner."""

    url: str
    token: str
    address: str


def send(place: Place, text: str) -> str:
    """One event with its files, its report and a job of the same name: the event's id."""
    event_id, at = uuid.uuid4().hex, clock.timestamp(clock.now())
    event = payload(text, at) | {"event_id": event_id, "timestamp": at}
    report = {"event_id": event_id, "name": text[:100], "email": text[:70], "comments": text[:900]}
    check_in = {"check_in_id": uuid.uuid4().hex, "monitor_slug": text[:50], "status": "error"}
    items: list[tuple[dict[str, Any], Any]] = [
        ({"type": "event"}, event),
        ({"type": "attachment", "filename": text[:200]}, {"text": text[:500]}),
        ({"type": "user_report"}, report),
        ({"type": "check_in"}, check_in),
    ]
    lines = [json.dumps({"event_id": event_id})]
    for header, body in items:
        written = json.dumps(body)
        lines += [json.dumps(header | {"length": len(written)}), written]
    OPEN.open(Request(place.address, "\n".join(lines).encode(), method="POST")).close()
    return event_id


def questions(event_id: str, issue: str, project: str) -> list[tuple[str, dict[str, Any]]]:
    """Each of our reading tools."""
    about = {"issue": issue}
    return [
        ("find_issues", {"search": MARK, "max_bytes": 16_384}),
        ("find_issues", {"project": project, "status": "all", "sort": "first_seen", "limit": 3}),
        ("get_issue", about),
        ("get_event", about | {"show": list(PARTS), "max_bytes": 32_768}),
        ("get_event", about | {"event": event_id}),
        ("list_events", about),
        ("history", about),
        ("releases", {"project": project}),
        ("where_is_my_event", {"event": event_id}),
    ]


def echoes(text: str) -> list[tuple[str, dict[str, Any]]]:
    """What an agent asks that took the order for its own."""
    orders = {"issue": text[:90], "project": text[:90], "event": text[:90], "search": text[:400]}
    found = []
    for tool in catalog.TOOLS:
        known = {name: orders[name] for name in orders.keys() & tool.arguments.keys()}
        found += [(tool.name, {name: value}) for name, value in known.items()]
    return [*found, (text[:60], {}), ("get_issue", {text[:60]: text[:60]})]


@contextmanager
def by_stdio(place: Place) -> Iterator[Call]:
    settings = environment(JENTRY_URL=place.url, JENTRY_TOKEN=place.token)
    with agent(*jentry("mcp"), env=settings, patience=3600) as ours:

        def call(tool: str, arguments: dict[str, Any]) -> str:
            try:
                text: str = ours.call(tool, **arguments)[0]
            except AssertionError as error:
                return str(error)
            return text

        yield call


@contextmanager
def by_http(place: Place) -> Iterator[Call]:
    def call(tool: str, arguments: dict[str, Any]) -> str:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                   "params": {"name": tool, "arguments": arguments}}  # fmt: skip
        headers = {"Authorization": f"Bearer {place.token}"}
        sent = Request(f"{place.url}/mcp", json.dumps(message).encode(), headers)
        try:
            answer = OPEN.open(sent)
        except HTTPError as refused:
            answer = refused
        with answer:
            body = json.load(answer)
        return body["result"]["content"][0]["text"] if "result" in body else str(body["error"])

    yield call


def session(name: str, call: Call, asked: list[tuple[str, dict[str, Any]]], out: Any) -> Session:
    found = Session(name)
    for tool, arguments in asked:
        text = call(tool, arguments)
        found.calls += 1
        found.marked += MARK in text
        problems = [] if name == SENTRY else escapes(text)
        found.wrong += [f"{name}, {tool} {ascii(arguments)[:100]}: {said}" for said in problems]
        cut = text if len(text) <= SHOWN else f"{text[:SHOWN]} … {len(text) - SHOWN} more"
        out.write(f"> {name}: {ascii(tool)[1:-1]} {ascii(arguments)[:300]}\n{cut}\n\n")
    return found


SENTRY = "sentry-mcp 0.39"
OURS = {"jentry mcp": by_stdio, "POST /mcp": by_http}


def sentrys_questions(event_id: str, issue: str) -> list[tuple[str, dict[str, Any]]]:
    org = {"organizationSlug": "benchmark"}
    about = org | {"issueId": issue}
    return [
        ("search_issues", org | {"query": MARK, "sort": "date"}),
        ("get_issue_details", about),
        ("get_issue_tag_values", about | {"tagKey": "environment"}),
        ("search_issue_events", about),
        ("get_issue_breadcrumbs", about),
        ("get_event_stacktrace", about | {"eventId": event_id}),
        ("get_event_attachment", org | {"projectSlug": "load", "eventId": event_id}),
        ("find_releases", org),
        ("find_monitors", org),
    ]


def play(place: Place, programs: Path | None, out: Any) -> list[Session]:
    """Sends everything, then asks; one Session for each way."""
    events = [(text, send(place, text)) for text in ORDERS]
    with by_http(place) as look:
        issues = [_issue_of(look("where_is_my_event", {"event": event})) for _, event in events]
    asked: list[tuple[str, dict[str, Any]]] = []
    for (text, event), issue in zip(events, issues, strict=True):
        asked += questions(event, issue, "load") + echoes(text)
    found = []
    for name, way in OURS.items():
        with way(place) as call:
            found.append(session(name, call, asked, out))
    if programs is not None:
        theirs = [
            question
            for (_, event), issue in zip(events, issues, strict=True)
            for question in sentrys_questions(event, f"LOAD-{issue}")
        ]
        with _sentrys(place, programs) as call:
            found.append(session(SENTRY, call, theirs, out))
    return found


def _issue_of(text: str) -> str:
    outside, _ = split(text)
    said = json.loads(outside.removeprefix("server:\n").partition("\n\nreported")[0])
    return str(said["found"][0]["issue"])


@contextmanager
def _sentrys(place: Place, programs: Path) -> Iterator[Call]:
    command = mcp_command(programs, "@sentry/mcp-server", place.url, place.token)
    with agent(*command, env=environment(), patience=3600) as theirs:
        tools = theirs.tools()

        def call(tool: str, arguments: dict[str, Any]) -> str:
            found = call_mcp(theirs, tools, tool, arguments)
            return found[0] if found else ""

        yield call


def _line(one: Session) -> str:
    met = f"{one.name}: {one.calls} answers about {len(ORDERS)} hostile events, {one.marked} with "
    if one.name == SENTRY:
        return f"{met}their text, printed as it came"
    return f"{met}their text, {len(one.wrong)} of them not only inside of the fence"


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The transcript.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="The programs.")
@click.option("--ours", is_flag=True, help="Without Sentry's server, which needs node and npm.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, out: Path | None, folder: Path | None, ours: bool, as_json: bool
) -> None:
    """Ask every tool about events that give orders; exit 1 when one gets out of the fence."""
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        programs = None if ours else folder or room / "programs"
        if programs is not None:
            programs.mkdir(exist_ok=True)
            install(programs)
        path = room / "jentry.db"
        target, token = server.make_target(path), server.make_token(path)
        running = stack.enter_context(server.running(path))
        key = quote(target.public_key)
        address = f"{running.url}/api/{target.project_id}/envelope/?sentry_key={key}"
        written = stack.enter_context(out.open("w", encoding="utf-8")) if out else sys.stdout
        found = play(Place(running.url, token, address), programs, written)
    wrong = [line for one in found for line in one.wrong]
    answer(
        as_json,
        {"events": len(ORDERS), "sessions": [vars(one) for one in found]},
        *map(_line, found),
        *wrong,
    )
    is_met = all(one.marked > one.calls // 4 for one in found)
    ctx.exit(1 if wrong or not is_met else 0)


if __name__ == "__main__":
    command()
