"""Imports flow one way: each package against the table of what it may import."""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jentry

ROOT = Path(jentry.__file__).parent
EVERYTHING = {"jentry"}
LEAVES = {
    "jentry.search", "jentry.matching",
    "jentry.errors", "jentry.clock", "jentry.byte_cache", "jentry.event_tags", "jentry.quotas",
    "jentry.vocabulary",
}  # fmt: skip
FLASK = {"flask", "werkzeug"}
PAGES = LEAVES | FLASK | {
    "jentry.settings", "jentry.app.body", "jentry.app.db", "jentry.app.address", "jentry.schemas",
    "jentry.store",
}  # fmt: skip
PACKING = {"orjson", "msgspec", "zstandard", "brotli", "isal"}

# Ingestion is pure functions; these modules bring it requests and take it to the store.
PLUMBING = (
    "answers",
    "processor",
    "filters",
    "imported",
    "items",
    "job",
    "lanes",
    "loop_writer",
    "query",
    "receive",
    "stored",
    "stored_facts",
    "symbolication.symbols",
    "training",
    "views",
    "writer",
)

# Longest name wins. Each may import itself, the standard library, and what stands here.
ALLOWED = {
    "jentry.errors": set(),
    "jentry.clock": set(),
    "jentry.byte_cache": set(),
    "jentry.event_tags": set(),
    "jentry.quotas": set(),
    "jentry.vocabulary": set(),
    "jentry.resources": set(),
    "jentry.sizes": set(),
    "jentry.memory": set(),
    "jentry.mail_server": set(),
    "jentry.search": LEAVES,
    "jentry.matching": {"jentry.byte_cache"},
    "jentry.database_name": set(),
    "jentry.settings": {
        "jentry.database_name",
        "jentry.errors",
        "jentry.mail_server",
        "jentry.sizes",
    },
    "jentry.children": set(),
    "jentry.store": LEAVES | PACKING | {"jentry.resources", "pyotp"},
    "jentry.schemas": LEAVES
    | {"marshmallow", "jentry.store", "jentry.alerts.schedule", "jentry.alerts.services"},
    "jentry.ingest": LEAVES | PACKING,
    "jentry.ingest.__init__": {"flask", "jentry.settings", "jentry.ingest"},
    **dict.fromkeys(
        (f"jentry.ingest.{name}" for name in PLUMBING),
        LEAVES | PACKING | {"jentry.settings", "jentry.store", "jentry.ingest"},
    ),
    "jentry.ingest.training": {"jentry.memory", "jentry.store", "zstandard"},
    "jentry.ingest.processor": LEAVES
    | PACKING
    | {"jentry.settings", "jentry.store", "jentry.ingest", "jentry.mapper"},
    **dict.fromkeys(
        (
            "jentry.ingest.symbolication.symbols",
            "jentry.ingest.symbolication.work",
            "jentry.ingest.symbolication.doctor",
            "jentry.ingest.symbolication.remapping",
        ),
        LEAVES | {"orjson", "jentry.artifacts", "jentry.mapper", "jentry.store", "jentry.ingest"},
    ),
    "jentry.ingest.views": LEAVES | FLASK | {"jentry.settings", "jentry.app.body", "jentry.ingest"},
    "jentry.app": set(),
    "jentry.app.factory": EVERYTHING | FLASK,
    "jentry.app.request_id": FLASK,
    "jentry.app.routes": FLASK,
    "jentry.app.log_limit": set(),
    "jentry.app.logs": {"flask", "jentry.clock", "jentry.app"},
    "jentry.app.start": {"flask", "jentry.settings", "jentry.store.migrations", "jentry.app"},
    "jentry.app.body": LEAVES | FLASK,
    "jentry.app.address": FLASK | {"jentry.app.db"},
    "jentry.app.db": LEAVES | FLASK | {"jentry.settings", "jentry.store"},
    "jentry.app.error_handlers": LEAVES
    | FLASK
    | {
        "orjson",
        "jentry.app.body",
        "jentry.ingest.answers",
        "jentry.store.trouble",
        "jentry.app.request_id",
        "jentry.web.headers",
    },
    "jentry.api.ownership": PAGES | {"jentry.api", "jentry.owners"},
    "jentry.api.suspect_commits": PAGES | {"jentry.api", "jentry.owners"},
    "jentry.api.fingerprint_rules": PAGES | {"jentry.api", "jentry.fingerprints"},
    "jentry.api.regroups": PAGES | {"jentry.api", "jentry.fingerprints"},
    "jentry.api.monitors": PAGES | {"jentry.api", "jentry.alerts.schedule"},
    "jentry.api.alert_rules": PAGES | {"jentry.api", "jentry.alerts.dry_run"},
    "jentry.api.artifacts": PAGES | {"jentry.api", "jentry.ingest.symbolication"},
    "jentry.api": PAGES | {"marshmallow", "orjson", "isal"},
    "jentry.sentry_api": PAGES | {"jentry.api", "jentry.artifacts", "marshmallow"},
    "jentry.mcp": PAGES
    | {"jentry.__init__", "jentry.api", "jentry.presentation", "jentry.schemas", "orjson"},
    "jentry.mcp.relay": {"jentry.mcp.revision"},
    "jentry.mapper": {"jentry.children"},
    "jentry.mapper.reading": {"msgspec", "symbolic", "jentry.mapper"},
    "jentry.artifacts": LEAVES | {"jentry.settings", "jentry.store", "msgspec"},
    "jentry.openapi": PAGES | {"jentry.api", "jentry.__init__", "marshmallow", "orjson", "apispec"},
    "jentry.alerts": LEAVES
    | {
        "jentry.settings",
        "jentry.mail_server",
        "jentry.store",
        "jentry.schemas.issues",
        "jentry.presentation.text",
        "jentry.presentation.times",
        "jentry.children",
        "jentry.event_tags",
        "jentry.owners",
        "orjson",
        "jinja2",
        "standardwebhooks",
    },
    "jentry.alerts.jobs": LEAVES
    | {"jentry.settings", "jentry.store", "jentry.ingest", "jentry.alerts", "orjson"},
    "jentry.alerts.chat_child": {
        "jentry.settings",
        "jentry.alerts.addresses",
        "jentry.alerts.services",
        "apprise",
    },
    "jentry.alerts.schedule": {"jentry.byte_cache", "cronsim"},
    "jentry.alerts.services": set(),
    "jentry.owners": LEAVES | {"jentry.ingest.grouping", "jentry.store"},
    "jentry.fingerprints": LEAVES
    | {"jentry.ingest.grouping", "jentry.ingest.stored", "jentry.ingest.titles", "jentry.store"},
    "jentry.fingerprints.hashing": {
        "jentry.ingest.grouping",
        "jentry.ingest.stored",
        "jentry.store",
        "orjson",
    },
    "jentry.presentation": LEAVES | {"jentry.ingest.grouping", "pygments"},
    "jentry.web": PAGES
    | {"jentry.__init__", "jentry.health", "jentry.presentation", "markupsafe", "segno"},
    "jentry.web.alert_rules": PAGES
    | {"jentry.alerts.dry_run", "jentry.presentation", "jentry.web"},
    "jentry.web.ownership": PAGES | {"jentry.owners", "jentry.web"},
    "jentry.web.fingerprint_rules": PAGES
    | {"jentry.fingerprints", "jentry.presentation", "jentry.web"},
    "jentry.web.regroups": PAGES | {"jentry.fingerprints", "jentry.web"},
    "jentry.web.monitor_settings": PAGES | {"jentry.alerts.schedule", "jentry.web"},
    "jentry.web.issue": PAGES
    | {
        "jentry.ingest.symbolication.doctor",
        "jentry.owners",
        "jentry.presentation",
        "jentry.web",
    },
    "jentry.web.docs": PAGES
    | {
        "jentry.ingest.scrubbing",
        "jentry.mcp.catalog",
        "jentry.resources",
        "markupsafe",
        "jentry.web",
    },
    "jentry.web.api_reference": PAGES | {"jentry.api.document", "orjson", "jentry.web"},
    "jentry.health": LEAVES | {"jentry.settings", "jentry.store"},
    "jentry.health.metrics": LEAVES | {"prometheus_client", "jentry.settings", "jentry.store"},
    "jentry.client": set(),
    "jentry.deploy": {"jentry.resources"},
    "jentry.testing": {"jentry.client"},
    "jentry.testing.ephemeral": LEAVES | {"jentry.settings", "jentry.store"},
    "jentry": EVERYTHING | FLASK,
    "jentry.demo": EVERYTHING,
    "jentry.importers": LEAVES | {"jentry.settings", "jentry.store", "jentry.ingest"},
    "jentry.cli": EVERYTHING | {"click", "zstandard"},
    "jentry.upkeep": LEAVES | {"jentry.settings", "jentry.store"},
    "jentry.upkeep.alerts": {"jentry.store", "jentry.alerts.notifier", "jentry.upkeep"},
    "jentry.upkeep.symbolication": LEAVES
    | {"jentry.store", "jentry.ingest.symbolication", "jentry.mapper", "jentry.upkeep"},
    "jentry.upkeep.splits": {"jentry.store", "jentry.ingest.stored", "jentry.upkeep"},
    "jentry.upkeep.regroups": {"jentry.fingerprints", "jentry.store", "jentry.upkeep"},
    "jentry.upkeep.heartbeat": {
        "jentry.health",
        "jentry.settings",
        "jentry.store",
        "jentry.upkeep",
    },
    "jentry.upkeep.jobs": EVERYTHING,
    "jentry.upkeep.process": {"jentry.settings", "jentry.app.logs", "jentry.upkeep"},
    "jentry.upkeep.backups": LEAVES | {"jentry.children", "jentry.store", "jentry.upkeep"},
    "jentry.serving": set(),
    "jentry.serving.gunicorn_conf": {"jentry.app.log_limit", "jentry.memory"},
    "jentry.serving.protocol": {"gunicorn", "jentry.serving.connections"},
    "jentry.serving.worker": {"gunicorn", "jentry.memory", "jentry.serving"},
    "jentry.serving.arbiter": {"gunicorn", "jentry.settings", "jentry.app.logs", "jentry.upkeep"},
    "jentry.serving.timed": {"jentry.settings", "jentry.health"},
    "jentry.serving.server": EVERYTHING | FLASK | {"gunicorn"},
    "jentry.serving.bodies": LEAVES | {"jentry.app.body"},
    "jentry.serving.wsgi": {"jentry.app.body"},
    "jentry.serving.flask_requests": LEAVES | FLASK | {"jentry.app.body", "jentry.serving"},
    "jentry.serving.asgi": EVERYTHING | FLASK | {"gunicorn"},
    "jentry.bench": EVERYTHING | PACKING,
    "jentry.bench.options": {"click", "jentry.bench"},
}

THIRD_PARTY = {
    "jentry", "flask", "werkzeug", "marshmallow", "click", "gunicorn", "jinja2",
    "apispec", "pygments", "pyotp", "segno", "prometheus_client",
    "apprise", "cronsim", "standardwebhooks", "symbolic",
} | PACKING  # fmt: skip

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
LONGEST_VIEW = 15

FILES = sorted(ROOT.rglob("*.py"))


def module_name(path):
    return ".".join(["jentry", *path.relative_to(ROOT).with_suffix("").parts])


def within(name, package):
    return name == package or name.startswith(f"{package}.")


def rule(module):
    return max((name for name in ALLOWED if within(module, name)), key=len)


@dataclass
class Source:
    """What the rules ask of a file; a file is read once, its tree is not kept."""

    is_long: bool
    docstring: str | None
    imports: set = field(default_factory=set)
    functions: dict = field(default_factory=dict)  # name -> the lines of the longest of that name
    views: dict = field(default_factory=dict)


@cache
def source(path):
    """Full names; `from jentry import api` is jentry.api, `from jentry import __version__` is
    jentry.__init__.
    """
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    found = Source(text.count("\n") > LONGEST_FILE, ast.get_docstring(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found.imports.update(full_name(node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            keep_longest(found.functions, node.name, node.end_lineno - node.lineno)
            if any("bp." in ast.unparse(decorator) for decorator in node.decorator_list):
                keep_longest(found.views, node.name, view_lines(node))
    return found


def keep_longest(lines, name, number):
    lines[name] = max(number, lines.get(name, 0))


def full_name(module, name):
    full = f"{module}.{name}"
    place = ROOT.joinpath(*full.split(".")[1:])
    is_module = place.is_dir() or place.with_suffix(".py").exists()
    if full.startswith("jentry.") and not is_module:
        full = "jentry.__init__" if module == "jentry" else module
    return full if full.startswith("jentry") else module


def offences(find):
    """What a rule finds wrong, by module; modules without an offence are left out."""
    return {module_name(path): found for path in FILES if (found := find(path))}


def test_a_module_imports_only_what_its_layer_may():
    def find(path):
        own = rule(module_name(path))
        package = own.removesuffix(".__init__")
        foreign = {n for n in source(path).imports if n.split(".")[0] in THIRD_PARTY}
        return {
            name
            for name in foreign
            if not any(within(name, allowed) for allowed in (package, *ALLOWED[own]))
        }

    assert offences(find) == {}


def test_pure_functions_know_nothing_of_what_calls_them():
    plumbing = [f"jentry.ingest.{name}" for name in PLUMBING]

    def find(path):
        if rule(module_name(path)) == "jentry.ingest":
            return {name for name in source(path).imports if any(within(name, p) for p in plumbing)}
        return set()

    assert offences(find) == {}


def test_only_the_store_knows_the_database():
    def find(path):
        is_store = within(module_name(path), "jentry.store")
        return not is_store and "sqlite3" in source(path).imports

    assert offences(find) == {}


def test_a_file_says_what_it_is_and_stays_small():
    def find(path):
        return not source(path).docstring or source(path).is_long

    assert offences(find) == {}


def test_functions_stay_short():
    def find(path):
        return [n for n, lines in source(path).functions.items() if lines >= LONGEST_FUNCTION]

    assert offences(find) == {}


def test_views_stay_short():
    """Without decorators and docstring: who may, what is wanted, do it, show it."""

    def find(path):
        return [name for name, lines in source(path).views.items() if lines > LONGEST_VIEW]

    assert offences(find) == {}


def view_lines(node):
    has_docstring = ast.get_docstring(node) is not None
    body = node.body[has_docstring:]
    return node.end_lineno - body[0].lineno + 1


def test_the_table_names_only_what_exists():
    modules = {module_name(path).removesuffix(".__init__") for path in FILES}
    assert {name.removesuffix(".__init__") for name in ALLOWED} - modules == set()
