"""The README tells the truth: its tables and commands against what the program itself holds."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest

from jentry.cli import main
from jentry.ingest.items import ITEM_TYPES
from jentry.quotas import LIMITS
from jentry.settings import Settings, variable
from jentry.vocabulary import SCOPES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
RUN = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/jentry serve --demo"
TEST = "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest"


def table(heading):
    """The rows of the first table below a heading, as lists of cells without code marks."""
    _, _, below = README.partition(f"\n## {heading}\n")
    assert below, f"README has no chapter {heading}"
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)[0].splitlines()
    return [[cell.strip().replace("`", "") for cell in line.split("|")[1:-1]] for line in lines[2:]]


@pytest.mark.parametrize(
    "command", [RUN, TEST, "uv run jentry serve --demo", "uv run pytest"], ids=str
)
def test_the_two_commands_stand_near_the_top(command):
    assert f"\n{command}\n" in "\n".join(README.splitlines()[:60])


def test_ci_runs_the_test_command_word_for_word():
    assert TEST in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_setting_is_listed_with_its_default_and_meaning():
    assert table("Settings") == [
        [
            variable(item.name),
            "" if item.default is None else str(item.default),
            item.metadata["meaning"],
        ]
        for item in fields(Settings)
    ]


def test_every_limit_is_listed():
    assert table("What is limited") == [
        [
            limit.counts,
            limit.per,
            variable(name) if limit.most is None else str(limit.most),
            ", ".join(limit.categories),
            limit.reason,
            limit.beyond,
        ]
        for name, limit in LIMITS.items()
    ]


def test_a_limit_that_is_no_number_is_a_setting():
    named = {name for name, limit in LIMITS.items() if limit.most is None}
    settings = {item.name for item in fields(Settings)}
    sizes = {name for name in settings if name.startswith("max_") and name.endswith("_bytes")}
    quotas = {name for name in settings if name.startswith(("quota_", "max_"))}
    assert named == quotas - sizes | {"api_bytes_hour"}


def test_every_command_is_listed():
    context, names = click.Context(main), []
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        names += [f"{name} {sub}" for sub in getattr(command, "commands", {})] or [name]
    listed = [cell.split(" ") for row in table("Command line") for cell in row[0].split(", ")]
    assert {tuple(n for n in words if re.fullmatch("[a-z]+(-[a-z]+)*", n)) for words in listed} == {
        tuple(name.split(" ")) for name in names
    }


def test_every_item_type_is_listed_as_what_becomes_of_it():
    rows = {name: row[1] for row in table("What SDKs may send") for name in row[0].split(", ")}
    stored = {name for name, fate in rows.items() if fate.startswith("stored")}
    counted = {name for name, fate in rows.items() if fate.startswith("accepted, counted")}
    handled = {name for name, found in ITEM_TYPES.items() if found.handle}
    assert (stored, counted) == (handled, ITEM_TYPES.keys() - handled)


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + extras["maps"] + extras["postgres"]
    needed = [re.match(r"[\w-]+", line)[0] for line in lines]
    assert [row[0] for row in table("Dependencies")] == needed


def test_every_scope_is_listed():
    assert {row[0] for row in table("API")} == set(SCOPES)


def test_the_changelog_names_the_coming_version():
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_its_pictures_are_there_and_small():
    shown = [ROOT / path for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)]
    kept = sorted((ROOT / "tests/browser/pictures").iterdir())
    assert sorted(shown) == kept
    assert len(kept) == 3
    assert all(path.read_bytes()[8:12] == b"WEBP" for path in kept)
    assert sum(path.stat().st_size for path in kept) <= 150_000
