"""Which members of the answers of `/api/0` real clients need: each is taken away, made null, given
another type or form in turn, by a proxy between the program and a demo.

Needs node and npm. What is found must be what tests/sentry_members.json says; exit 1 otherwise.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby, product
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from jentry.cli.base import answer, json_option, table
from tests.agents import agent
from tests.drills.changing import WAYS, Pair, Proxy, changing_proxy
from tests.sentry_members import INSIDE, TABLE
from tests.sentry_tools import (
    ANY_TOOL,
    PYTHON,
    REFUSED,
    SENTRY,
    SENTRY_CLI,
    Demo,
    call_mcp,
    export_command,
    glitchtip_calls,
    glitchtip_command,
    glitchtip_settings,
    mcp_calls,
    mcp_command,
)
from tests.servers import environment, serving

Call = tuple[str, Callable[[], bool]]  # what is asked; whether the program could do it
Client = Callable[[Demo, Path], Any]  # a context with Calls
Need = tuple[str, str, str]  # kind, member, way

TOOLS = Path(__file__).parents[1] / "live" / "tools"
HOURS = 3600  # in seconds
PATIENCE = 120  # seconds, for a program that ends by itself
ONCE = ("create_project", "create_dsn", "add_issue_note", "update_project")  # more each time


@contextmanager
def sentry_mcp(package: str, demo: Demo, folder: Path) -> Iterator[list[Call]]:
    command = mcp_command(folder, package, demo.url, demo.token)
    with agent(*command, env=environment(), patience=4 * HOURS) as server:
        tools = server.tools()

        def call(tool: str, arguments: dict[str, Any]) -> bool:
            found = call_mcp(server, tools, tool, arguments)
            return found is not None and not found[1]

        yield [
            (
                f"{tool} {' '.join(map(str, arguments.values()))}",
                partial(_said, call, tool, arguments),
            )
            for tool, arguments in mcp_calls(demo, tools)
            if tool not in (*ONCE, *REFUSED) and (tool in tools or ANY_TOOL in tools)
        ]


@contextmanager
def glitchtip(demo: Demo, folder: Path) -> Iterator[list[Call]]:
    python = folder / "python"
    settings = environment(**glitchtip_settings(demo, python))
    with agent(*glitchtip_command(python), env=settings, patience=4 * HOURS) as server:

        def call(tool: str, arguments: dict[str, Any]) -> bool:
            text, is_error = server.call(tool, **arguments)
            return not is_error and not text.startswith("Error")

        yield [
            (tool, partial(_said, call, tool, arguments))
            for tool, arguments, _ in glitchtip_calls(demo)
        ]


def _said(
    call: Callable[[str, dict[str, Any]], bool], tool: str, arguments: dict[str, Any]
) -> bool:
    """An answer that the program's own rules refuse is an error of the protocol."""
    try:
        return call(tool, arguments)
    except AssertionError:
        return False


@contextmanager
def command_line(
    program: Sequence[str], every: Sequence[str], demo: Demo, folder: Path
) -> Iterator[list[Call]]:
    def run(words: str) -> bool:
        settings = {"SENTRY_URL": demo.url, "SENTRY_AUTH_TOKEN": demo.token, "SENTRY_ORG": "",
                    "SENTRY_PROJECT": ""}  # fmt: skip
        return _ends(folder.joinpath(*program), *map(demo.named, words.split()), **settings)

    yield [(words, partial(run, words)) for words in every]


@contextmanager
def export(demo: Demo, folder: Path) -> Iterator[list[Call]]:
    python = folder / "python"
    command = export_command(demo, python)
    said = b"Failed: 0"  # it ends well whatever happened
    yield [("export", partial(_ends, *command, said=said, PYTHONPATH=str(python)))]


def _ends(*command: str | Path, said: bytes = b"", **settings: str) -> bool:
    """Whether a program ends well, in an empty home, and says this."""
    with tempfile.TemporaryDirectory() as home:
        try:
            done = subprocess.run(
                command, env=environment(HOME=home, **settings), cwd=home, capture_output=True,
                timeout=PATIENCE,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0 and said in done.stdout


NPM = ("node_modules", ".bin")
PIP = ("python", "bin")
CLIENTS: dict[str, tuple[str, Client]] = {  # each with what the table calls it
    "sentry-mcp 0.39": ("sentry-mcp", partial(sentry_mcp, "@sentry/mcp-server")),
    "sentry-mcp 0.36": ("sentry-mcp", partial(sentry_mcp, "sentry-mcp-0-36")),
    "sentry-cli 3.8": ("sentry-cli", partial(command_line, (*NPM, "sentry-cli"), [*SENTRY_CLI])),
    "sentry-cli 2.58": ("sentry-cli", partial(command_line, (*PIP, "sentry-cli"), [*SENTRY_CLI])),
    "sentry 0.49": ("sentry", partial(command_line, (*NPM, "sentry"), SENTRY)),
    "export-sentry-issue 0.1": ("export-sentry-issue", export),
    "mcp-server-glitchtip 1.0": ("mcp-server-glitchtip", glitchtip),
}


def install(folder: Path) -> None:
    """The programs, from npm and the Python index, unless they are there."""
    npm = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    if not (folder / "node_modules").exists():
        for file in ("package.json", "package-lock.json"):
            shutil.copy(TOOLS / file, folder)
        subprocess.run(npm, cwd=folder, check=True, capture_output=True)
    python = folder / "python"
    if not python.exists():
        pip = (sys.executable, "-m", "pip", "install", "-q", "--target", str(python))
        subprocess.run([*pip, *PYTHON], check=True, capture_output=True)


@dataclass
class Counting:
    do: Callable[[], bool]
    number: int = 0

    def __call__(self) -> bool:
        self.number += 1
        return self.do()


def needs(call: Callable[[], bool], proxy: Proxy, known: frozenset[Need]) -> Iterator[Need]:
    """The members without which a call fails, but for those that are known to be. Several that
    matter only together are one text. Raises RuntimeError when it fails as it is.
    """
    proxy.seen.clear()
    proxy.asked.clear()
    if not call():
        raise RuntimeError("it fails as it is")
    for way, group in product(WAYS, _groups(proxy.seen)):

        def fails(some: Iterable[Pair], way: str = way) -> bool:
            with proxy.changing(some, way):
                return not call()

        rest = [pair for pair in group if (*pair, way) not in known]
        for (kind, member), *others in _mattering(rest, fails) if rest and fails(rest) else ():
            yield kind, " with ".join([member, *map(".".join, others)]), way


def _groups(seen: set[Pair]) -> list[list[Pair]]:
    """Members that hold others apart by their kinds: what is taken away hides what it holds."""
    inner = [pair for pair in seen if pair[1] in INSIDE.get(pair[0], ()) or pair[1] == "entries"]
    holding = [sorted(pairs) for _, pairs in groupby(sorted(inner), key=itemgetter(0))]
    return [sorted(seen - set(inner)), *holding]


def _mattering(pairs: Sequence[Pair], fails: Callable[[Sequence[Pair]], bool]) -> list[list[Pair]]:
    """Each that it fails by, of such that it fails by; several if it does only by all of these."""
    if len(pairs) == 1:
        return [list(pairs)]
    half = len(pairs) // 2
    parts = [part for part in (pairs[:half], pairs[half:]) if fails(part)]
    return [found for part in parts for found in _mattering(part, fails)] or [_least(pairs, fails)]


def _least(pairs: Sequence[Pair], fails: Callable[[Sequence[Pair]], bool]) -> list[Pair]:
    """As few as a call fails by, of such that it fails by."""
    needed: list[Pair] = []
    while pairs and not (needed and fails(needed)):
        low, high = 0, len(pairs)  # by the first `high` it fails, by the first `low` it does not
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if fails([*needed, *pairs[:middle]]) else (middle, high)
        needed.append(pairs[high - 1])
        pairs = pairs[: high - 1]
    return needed


def compare(found: dict[str, set[Need]], *, is_whole: bool) -> list[str]:
    """What the table says otherwise, of the programs that were asked; `is_whole`: all they can."""
    wrong = []
    for name in sorted({CLIENTS[client][0] for client in found}):
        mine = {need for client in found if CLIENTS[client][0] == name for need in found[client]}
        needed = {(kind, member) for kind, member, _ in mine if member in TABLE[kind]}
        said = {
            (kind, member)
            for kind, members in TABLE.items()
            for member, (_, *readers) in members.items()
            if readers and name in readers[0].split(", ")
        }
        wrong += [f"{name} needs {kind}.{member}" for kind, member in needed - said]
        every = [client for client, (one, _) in CLIENTS.items() if one == name]
        if is_whole and found.keys() >= set(every):
            wrong += [f"{name} does not need {kind}.{member}" for kind, member in said - needed]
        wrong += [
            f"{name} does not survive {kind}.{member} being null, which the table allows"
            for kind, member, way in mine
            if way == "null"
            and (kind, member) in needed
            and "null" in TABLE[kind][member][0].split("|")
        ]
    return sorted(wrong)


@click.command()
@click.option("--client", "clients", multiple=True, type=click.Choice([*CLIENTS]), help="Only it.")
@click.option("--only", default="", help="Only calls with this in their words.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="The programs.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, clients: tuple[str, ...], only: str, folder: Path | None, as_json: bool
) -> None:
    """Change each member of the answers in turn, and see which programs cannot go on."""
    found: dict[str, set[Need]] = {name: set() for name in clients or CLIENTS}
    figures, wrong = dict.fromkeys(found, 0), []
    asked: list[tuple[str, str, str]] = []
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        programs = folder or place / "programs"
        programs.mkdir(exist_ok=True)
        install(programs)
        settings = {"JENTRY_API_RATE": "0"}
        server = serving(place / "jentry.db", "--demo", lines=8, env=settings)
        _, url, printed = stack.enter_context(server)
        proxy = stack.enter_context(changing_proxy(url))
        demo = Demo(url, printed, proxy.url)
        demo.furnish()
        for client, known in found.items():
            with CLIENTS[client][1](demo, programs) as calls:
                for words, do in calls:
                    if only not in words:
                        continue
                    runs = Counting(do)
                    before = len(known)
                    try:
                        known.update(needs(runs, proxy, frozenset(known)))
                    except RuntimeError as error:
                        wrong.append(f"{client}: {words}: {error}")
                    figures[client] += runs.number
                    asked += _asked(client, words, proxy)
                    more = len(known) - before
                    click.echo(f"{client}: {words}: {runs.number} runs, {more} more", err=True)
    wrong += compare(found, is_whole=not only)
    rows = _rows(found)
    answer(
        as_json,
        {"calls": asked, "needs": rows, "runs": figures, "wrong": wrong},
        *table([("client", "call", "requests"), *asked], ""),
        *table([("client", "kind", "member", "ways"), *rows], ""),
        *(
            f"{client}: {number} runs, {len({need[:2] for need in found[client]})} members"
            for client, number in figures.items()
        ),
        *wrong,
    )
    ctx.exit(1 if wrong else 0)


def _asked(client: str, words: str, proxy: Proxy) -> list[tuple[str, str, str]]:
    """What a call came to as requests, with the status of each."""
    made = [f"{status} {method} {address}" for method, address, status in proxy.asked]
    return [(client, words, one) for one in made]


def _rows(found: dict[str, set[Need]]) -> list[tuple[str, str, str, str]]:
    rows = []
    for client, needed in found.items():
        for kind, member in sorted({(kind, member) for kind, member, _ in needed}):
            ways = [way for way in WAYS if (kind, member, way) in needed]
            rows.append((client, kind, member, " ".join(ways)))
    return rows


if __name__ == "__main__":
    command()
