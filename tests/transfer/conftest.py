import json
import lzma
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from jentry.cli import main
from jentry.store import migrations

DEMO = Path(__file__).parents[1] / "schemas" / "0001-demo.db.xz"


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    path.write_bytes(lzma.decompress(DEMO.read_bytes()))
    migrations.prepare(path)
    return path


@pytest.fixture
def demo(demo_template, tmp_path):
    """The invented company: every kind of row, 669 events."""
    return Path(shutil.copy(demo_template, tmp_path / "demo.db"))


@pytest.fixture
def run():
    """`run(*args)` -> exit code, its JSON or what it printed, stderr."""

    def run(*args, stdin=None):
        done = CliRunner().invoke(main, list(map(str, args)), input=stdin)
        is_json = "--json" in args and done.stdout.startswith("{")
        return done.exit_code, json.loads(done.stdout) if is_json else done.stdout, done.stderr

    return run


@pytest.fixture
def export(run, tmp_path):
    """`export(db, *flags)` -> the lines, as objects."""

    def export(db, *flags, org="spokewell"):
        file = tmp_path / "export.jsonl"
        code, _, error = run("export", file, "--org", org, *flags, "--db", db)
        assert code == 0, error
        return [json.loads(line) for line in file.read_text().splitlines()]

    return export


def write(file, lines):
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file
