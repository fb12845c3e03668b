"""What pyproject.toml promises. The wheel itself is built, installed and run by .ci/run."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import jentry
from jentry.resources import resource

ROOT = Path(__file__).parent.parent
TOP = {"CHANGELOG.md", "LICENSE", "README.md", "app.py", "pyproject.toml", "schema.sql", "uv.lock"}
TOP |= {"jentry", "seed", "tests"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_version_stands_in_one_place():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "jentry/__init__.py"
    assert len(jentry.__version__.split(".")) == 3


def test_the_distribution_has_a_name_of_its_own():
    """The package index has another project `jentry`."""
    assert PROJECT["project"]["name"] == "jentry-server"
    assert PROJECT["project"]["scripts"] == {"jentry": "jentry.cli:main"}
    texts = [ROOT / "README.md", ROOT / ".ci" / "run", *(ROOT / "jentry").rglob("*.html")]
    wrong = re.compile(
        r"(?:pip install|uv add|uv tool install|pipx install|uvx)\s+jentry(?!-server)\b"
    )
    assert [path for path in texts if wrong.search(path.read_text("utf-8"))] == []


def test_pytest_finds_the_plugin():
    assert PROJECT["project"]["entry-points"]["pytest11"] == {"jentry": "jentry.testing.plugin"}


# What is used of them is not all public, or a major version would change what is stored.
BOUNDED = (
    "flask", "werkzeug", "marshmallow", "gunicorn", "click", "msgspec", "zstandard",
)  # fmt: skip


@pytest.mark.parametrize("name", BOUNDED)
def test_what_is_used_from_inside_has_an_upper_bound(name):
    (line,) = [d for d in PROJECT["project"]["dependencies"] if re.match(rf"{name}\b", d)]
    assert re.search(r",<\d", line)


def test_development_tools_are_the_same_for_pip_and_uv():
    assert PROJECT["project"]["optional-dependencies"]["dev"] == PROJECT["dependency-groups"]["dev"]


def test_files_outside_the_package_travel_in_the_wheel():
    forced = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert forced == {"schema.sql": "jentry/schema.sql", "seed": "jentry/seed"}
    assert all((ROOT / name).exists() for name in forced)


@pytest.mark.parametrize("name", ["schema.sql", "seed"])
def test_files_outside_the_package_are_found_in_a_checkout(name):
    assert resource(name) == ROOT / name


def test_the_source_archive_names_what_exists():
    listed = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert [name for name in listed if not (ROOT / name[1:]).exists()] == []


def test_the_checks_can_be_run():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_lock_file_knows_every_dependency_and_only_public_addresses():
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
    locked = {package["name"] for package in lock["package"]}
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    assert {re.match(r"[\w-]+", line)[0] for line in wanted} - locked == set()
    (own,) = (package for package in lock["package"] if "editable" in package["source"])
    said = {each["name"]: each.get("specifier", "") for each in own["metadata"]["requires-dist"]}
    for line in PROJECT["project"]["dependencies"]:  # else `uv run --locked` refuses
        name = re.match(r"[\w-]+", line)[0]
        assert set(said[name].split(",")) == set(line.removeprefix(name).split(","))
    sources = {json.dumps(package["source"]) for package in lock["package"]}
    assert sources == {'{"registry": "https://pypi.org/simple"}', '{"editable": "."}'}


def test_nothing_was_committed_at_the_top_but_what_belongs_there():
    """A download, say."""
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout of git")
    done = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
    )
    found = {line.partition("/")[0] for line in done.stdout.splitlines()}
    assert {name for name in found if not name.startswith(".")} == TOP
