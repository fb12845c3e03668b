import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from recorded import Recorded

from jentry.cli import main

ANSWERS = Path(__file__).parent / "answers"


@pytest.fixture
def recorded():
    """`recorded(kind)` -> the recorded answers of a tracker."""

    def recorded(kind, **options):
        answers = json.loads((ANSWERS / f"{kind}.json").read_text("utf-8"))
        return Recorded(answers, is_bugsink=kind == "bugsink", **options)

    return recorded


@pytest.fixture
def move(new_database, monkeypatch):
    """`move(kind, url, *flags)` -> the JSON of `jentry import --from`, into one database."""
    monkeypatch.setenv("JENTRY_IMPORT_TOKEN", "secret-token")

    def move(kind, url, *flags, code=0):
        args = ["import", "--from", kind, "--url", url, "--json", "--db", new_database]
        args += ["--into", "acme"] if kind == "bugsink" else []
        done = CliRunner().invoke(main, [str(arg) for arg in (*args, *flags)])
        assert done.exit_code == code, (done.output, done.exception)
        return json.loads(done.stdout) if code == 0 else done.stderr

    return move
