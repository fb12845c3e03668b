"""Imports flow one way: each package against the table of what it may import."""

import ast
from pathlib import Path

import pytest

import jentry

ROOT = Path(jentry.__file__).parent
EVERYTHING = {"jentry"}
LEAVES = {"jentry.errors", "jentry.clock", "jentry.vocabulary"}
FLASK = {"flask", "werkzeug"}
PAGES = LEAVES | FLASK | {"jentry.settings", "jentry.db", "jentry.schemas", "jentry.store"}
PACKING = {"orjson", "zstandard", "brotli"}

# Ingestion is pure functions; these modules bring it requests and take it to the store.
PLUMBING = ("answers", "door", "filters", "items", "job", "query", "tags", "views", "writer")

# Longest name wins. Each may import itself, the standard library, and what stands here.
ALLOWED = {
    "jentry.errors": set(),
    "jentry.clock": set(),
    "jentry.vocabulary": set(),
    "jentry.resources": set(),
    "jentry.settings": set(),
    "jentry.gunicorn_conf": set(),
    "jentry.store": LEAVES | PACKING | {"jentry.resources"},
    "jentry.schemas": LEAVES | {"marshmallow", "jentry.store"},
    "jentry.ingest": LEAVES | PACKING,
    "jentry.ingest.__init__": {"flask", "jentry.settings", "jentry.ingest"},
    **dict.fromkeys(
        (f"jentry.ingest.{name}" for name in PLUMBING),
        LEAVES | PACKING | {"jentry.settings", "jentry.store", "jentry.ingest"},
    ),
    "jentry.ingest.views": LEAVES | FLASK | {"jentry.settings", "jentry.ingest"},
    "jentry.db": LEAVES | FLASK | {"jentry.settings", "jentry.store"},
    "jentry.web_errors": LEAVES | FLASK | {"orjson", "jentry.store.connection"},
    "jentry.api": PAGES | {"marshmallow", "orjson"},
    "jentry.web": PAGES | {"jentry.__init__"},
    "jentry": EVERYTHING | FLASK,
    "jentry.demo": EVERYTHING,
    "jentry.cli": EVERYTHING | {"click"},
    "jentry.server": EVERYTHING | FLASK | {"gunicorn"},
    "jentry.asgi": EVERYTHING | FLASK | {"gunicorn", "a2wsgi"},
    "jentry.bench": EVERYTHING,
}

THIRD_PARTY = {
    "jentry", "flask", "werkzeug", "marshmallow", "click", "gunicorn", "a2wsgi", "jinja2",
} | PACKING  # fmt: skip

FILES = sorted(ROOT.rglob("*.py"))


def module_name(path):
    return ".".join(["jentry", *path.relative_to(ROOT).with_suffix("").parts])


def within(name, package):
    return name == package or name.startswith(f"{package}.")


def rule(module):
    return max((name for name in ALLOWED if within(module, name)), key=len)


def imports(path):
    """Full names; `from jentry import api` is jentry.api, `from jentry import __version__` is
    jentry.__init__.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                place = ROOT.joinpath(*full.split(".")[1:])
                is_module = place.is_dir() or place.with_suffix(".py").exists()
                if full.startswith("jentry.") and not is_module:
                    full = "jentry.__init__" if node.module == "jentry" else node.module
                yield full if full.startswith("jentry") else node.module


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_module_imports_only_what_its_layer_may(path):
    module = module_name(path)
    own = rule(module)
    own_package = own.removesuffix(".__init__")
    foreign = {
        name
        for name in imports(path)
        if name.split(".")[0] in THIRD_PARTY and not within(name, own_package)
    }
    assert {n for n in foreign if not any(within(n, ok) for ok in ALLOWED[own])} == set()


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_pure_functions_know_nothing_of_what_calls_them(path):
    if rule(module_name(path)) == "jentry.ingest":
        plumbing = {f"jentry.ingest.{name}" for name in PLUMBING}
        assert {name for name in imports(path) if any(within(name, p) for p in plumbing)} == set()


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_only_the_store_knows_the_database(path):
    module = module_name(path)
    if not within(module, "jentry.store"):
        assert "sqlite3" not in set(imports(path))


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_file_stays_small_and_says_what_it_is(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    assert ast.get_docstring(ast.parse(text)), "one docstring line for each module"


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_functions_stay_short(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= 40, f"{node.name} has {length} lines"
