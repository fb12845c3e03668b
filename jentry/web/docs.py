"""`/docs/<topic>`: documentation for whoever uses this server, without a sign-in.

A topic is a template `docs/<name>.html` and a line in TOPICS.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache, partial

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from jentry.app.address import base_url
from jentry.ingest.scrubbing.fill import MARKED, filled, unmarked
from jentry.ingest.scrubbing.table import TABLE
from jentry.mcp.catalog import TOOLS
from jentry.quotas import LIMITS
from jentry.resources import resource
from jentry.search.fields import FIELDS
from jentry.settings import NO_FILE, Settings, variable
from jentry.store import connection
from jentry.web import api_reference, session, shell
from jentry.web.api_reference import ANYWHERE

THEMELESS = b'<html lang="en"'
EXAMPLES = resource("testing") / "examples"
CODE = re.compile(r"`([^`]+)`")
HEADING = re.compile(
    r'<(section|article)(?: class="[^"]{1,40}")? id="([^"]{1,80})">\s{0,20}'
    r"<h[23]>((?:[^<]|<(?!/h[23]>)){1,400})</h[23]>"
)
INNER = re.compile(r"</?(?:a|code)\b[^>]{0,400}>")  # has no place in a link

METRICS = {
    "jentry_outcomes_total": "By `category` and `outcome`, what became of what SDKs sent. Read "
    "from the database; begins at 0 each day at 0:00 UTC, which `rate` knows to deal with.",
    "jentry_request_duration_seconds": "Histogram by `family` (ingest, api, pages, assets, "
    "health) and `status` (2xx … 5xx): from the head of a request to the end of its answer.",
    "jentry_batch_submissions": "Histogram: requests of SDKs in one transaction.",
    "jentry_commit_seconds": "Histogram: until such a transaction was on the disk.",
    "jentry_waiting_submissions": "Requests of SDKs that waited when the latest batch was taken.",
    "jentry_database_bytes": "Size of the database.",
    "jentry_wal_bytes": "Size of SQLite's write-ahead log beside it.",
    "jentry_disk_free_bytes": "What is free where it lies.",
    "jentry_disk_budget_bytes": "What all files may take; absent without a budget.",
    "jentry_disk_files_bytes": "What all files take.",
    "jentry_disk_used_bytes": "What is used inside the database file.",
    "jentry_disk_full_seconds": "In how long it will be full; absent while it does not grow.",
    "jentry_evicted_events_total": "By `reason`: events that are not kept any more.",
    "jentry_eviction_level": "Events that issues keep since the disk budget took some.",
    "jentry_deletions_running": "What was deleted and has not gone from the file yet.",
    "jentry_database_readable": "1 while the database can be read.",
    "jentry_oldest_event_timestamp_seconds": "When the oldest event arrived that is kept.",
    "jentry_backup_timestamp_seconds": "When the newest backup was taken.",
    "jentry_backup_duration_seconds": "How long it took.",
    "jentry_backup_bytes": "Its size.",
    "jentry_backup_failures": "Backups that failed since one succeeded.",
    "jentry_job_done_timestamp_seconds": "By `job`: when it last ended well.",
    "jentry_job_failures": "By `job`: failures since then.",
}

bp = Blueprint("docs", __name__)


@dataclass(frozen=True, slots=True)
class Topic:
    name: str  # of its address and its template
    title: str
    about: str
    text: Callable[[str], str] | None = None  # what to show at an address of the server, when
    # that is more than the template


def _scrubbing(_base: str) -> str:
    return render_template("docs/scrubbing.html", table=TABLE)


def _filters(_base: str) -> str:
    return render_template("docs/filters.html", limits=LIMITS, variable=variable)


def _testing(_base: str) -> str:
    names = ("test_shop_pytest.py", "test_shop_unittest.py", "shop.test.mjs")
    examples = {name: (EXAMPLES / name).read_text("utf-8").strip() for name in names}
    return render_template("docs/testing.html", examples=examples)


def _monitoring(_base: str) -> str:
    return render_template("docs/monitoring.html", metrics=METRICS)


def _self_hosting(_base: str) -> str:
    settings = [(variable(item.name), item.default, item.metadata) for item in fields(Settings)]
    return render_template("docs/self-hosting.html", settings=settings)


def _postgresql(_base: str) -> str:
    return render_template("docs/postgresql.html", no_file=NO_FILE)


def _search(_base: str) -> str:
    return render_template("docs/search.html", fields=FIELDS)


def _tools(base: str) -> str:
    return render_template("docs/tools.html", base=base, tools=TOOLS)


TOPICS = (
    Topic("first-error", "First error", "From an empty server to an error on screen."),
    Topic("moving-in", "Moving in", "From Sentry, GlitchTip or Bugsink, and back out."),
    Topic("search", "Search", "Find issues and events by what is remembered of them.", _search),
    Topic("grouping", "Grouping", "Which events are one issue, and rules that say otherwise."),
    Topic("filters", "Filters and limits", "What is dropped or refused on its way in.", _filters),
    Topic("scrubbing", "Scrubbing", "Which secrets are taken out before storing.", _scrubbing),
    Topic("alerts", "Alerts", "Who hears of an error, by what, and what is promised."),
    Topic("source-maps", "Source maps", "Minified stacks that read like their source."),
    Topic("releases", "Releases in CI", "Tell the server what was deployed, from a pipeline."),
    Topic("ci", "In pipelines", "Stop a release that brought new errors."),
    Topic("testing", "In test suites", "A throwaway server to test against.", _testing),
    Topic("tools", "Tools and agents", "What people own for Sentry, and tools for agents.", _tools),
    Topic("api", "REST API", "Every call, with a command to copy.", api_reference.text),
    Topic("keyboard", "Keyboard", "The keys of the pages."),
    Topic("monitoring", "Monitoring", "Probes, metrics, logs.", _monitoring),
    Topic("self-hosting", "Self-hosting", "Run it, look after it, upgrade it.", _self_hosting),
    Topic("backup", "Backup", "Copies, the way back, moving house, upgrades, Litestream."),
    Topic(
        "postgresql",
        "PostgreSQL",
        "When one machine is too small: the same on a database.",
        _postgresql,
    ),
)


@bp.get("/docs")
def contents() -> ResponseReturnValue:
    return _answer(None)


def _answer(topic: Topic | None) -> ResponseReturnValue:
    """Who is not signed in reads what is the same for all, but for the server's address and the
    theme.
    """
    base = base_url()
    _know_person()
    if g.person is not None or not api_reference.PLAIN_ADDRESS.fullmatch(base):
        return _page(topic, base)
    page = _page_anywhere(request.script_root, topic).replace(ANYWHERE.encode(), base.encode())
    if chosen := shell.theme():
        page = page.replace(THEMELESS, f'{THEMELESS.decode()} data-theme="{chosen}"'.encode(), 1)
    return Response(page)


for _topic in TOPICS:
    bp.add_url_rule(f"/docs/{_topic.name}", _topic.name, partial(_answer, _topic))


@lru_cache(maxsize=32)
def _page_anywhere(script_root: str, topic: Topic | None) -> bytes:
    """`script_root` is what all links begin with; it comes from the settings."""
    return _page(topic, ANYWHERE, theme="").encode()


def _page(topic: Topic | None, base: str, **more: str) -> str:
    """The text, which is a template of ours, beside the one table of contents."""
    text = _text(topic, base)
    headings = [
        (kind == "article", place, Markup(INNER.sub("", title)))  # noqa: S704
        for kind, place, title in HEADING.findall(text)
    ]
    return render_template(
        "docs/page.html",
        text=Markup(text),  # noqa: S704
        topic=topic,
        topics=TOPICS,
        headings=headings,
        **more,
    )


def _text(topic: Topic | None, base: str) -> str:
    if topic is None:
        return render_template("docs/contents.html", topics=TOPICS)
    if topic.text is not None:
        return topic.text(base)
    return render_template(f"docs/{topic.name}.html", base=base)


def _know_person() -> None:
    """Who is signed in keeps the bar. Documentation is read when the database cannot be, too."""
    try:
        session.person()
    except connection.errors(OSError):
        g.person = None


@bp.app_template_filter("marked")
def marked(example: str) -> Markup:
    """An example of a rule, with what is hidden marked."""
    parts = MARKED.split(filled(example))  # every other one is hidden
    return Markup("").join(
        Markup("<mark>{}</mark>").format(unmarked(part)) if number % 2 else part
        for number, part in enumerate(parts)
    )


@bp.app_template_filter("prose")
def prose(text: str) -> Markup:
    """Paragraphs between blank lines, code between backticks; nothing else is markup."""
    paragraphs = [CODE.sub(r"<code>\1</code>", str(escape(part))) for part in text.split("\n\n")]
    return Markup("\n").join(Markup(f"<p>{part}</p>") for part in paragraphs if part)  # noqa: S704


@bp.app_template_filter("coded")
def coded(text: str) -> Markup:
    """One line, with code between backticks."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704
