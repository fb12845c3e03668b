"""`jentry.testing` as other projects use it: suites in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from servers import command, environment

from jentry.testing import examples, serve

EXAMPLES = Path(examples.__file__).parent


ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "jentry.testing.plugin"}


def suite(folder, *args, **more):
    return subprocess.run(
        [sys.executable, *args], cwd=folder, env=environment(**more), capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("runner", "file", "words"),
    [
        (("-W", "error", "-m", "pytest", "-q"), "test_shop_pytest.py", "3 passed"),
        pytest.param(
            ("-W", "error", "-m", "unittest", "-v"),
            "test_shop_unittest.py",
            "OK",
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_the_example_runs_as_it_stands(tmp_path, runner, file, words):
    (tmp_path / file).write_text((EXAMPLES / file).read_text("utf-8"), "utf-8")
    done = suite(tmp_path, *runner, file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert words in done.stdout + done.stderr
    assert not list(tmp_path.glob("*.db"))


USE = {
    "too few": "jentry_project.events(count=1, timeout=0.1)",
    "another process": """
import subprocess, sys
program = f"import sentry_sdk; sentry_sdk.init({jentry_project.dsn!r}); 1 / 0"
subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
(event,) = jentry_project.events(count=1, timeout=20)
assert event["exception"]["values"][0]["type"] == "ZeroDivisionError"
assert jentry_project.outcomes() == {("error", "accepted", ""): 1}
""",
}


def uses(folder, lines):
    body = "\n    ".join(lines.strip().splitlines())
    (folder / "test_use.py").write_text(f"def test_use(jentry_project):\n    {body}\n")
    return suite(folder, "-m", "pytest", "-q", "test_use.py", **ALONE)


def test_what_did_not_come_is_said(tmp_path):
    done = uses(tmp_path, USE["too few"])
    assert "0 of 1 events after 0.1 s; outcomes: {}" in done.stdout


def test_what_another_process_sends_is_waited_for(tmp_path):
    done = uses(tmp_path, USE["another process"])
    assert done.returncode == 0, done.stdout


def test_the_plugin_costs_nothing_when_unused(tmp_path):
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n")
    done = suite(tmp_path, "-X", "importtime", "-m", "pytest", "-q", "test_nothing.py", **ALONE)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert {name for name in loaded if name.startswith("jentry")} <= {
        "jentry", "jentry.testing", "jentry.testing.plugin",
    }  # fmt: skip
    assert not loaded & {"flask", "gunicorn", "sqlite3", "urllib.request"}


def test_settings_around_it_do_not_reach_it(monkeypatch, tmp_path):
    monkeypatch.setenv("JENTRY_URL", "https://errors.example.com")
    monkeypatch.setenv("JENTRY_DB", str(tmp_path / "precious.db"))
    with serve() as server:
        assert server.dsn.split("@")[1] == f"{server.url.removeprefix('http://')}/1"
        assert server.project("Shop").events() == []
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "end", ["closed", pytest.param("terminated", marks=pytest.mark.exhaustive)]
)
def test_it_ends_with_whoever_started_it_and_leaves_nothing(tmp_path, end):
    process = subprocess.Popen(
        command("serve", "--ephemeral"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(TMPDIR=str(tmp_path)),
    )
    with process:
        assert set(json.loads(process.stdout.readline())) == {"url", "dsn", "token", "projectId"}
        assert len(list(tmp_path.iterdir())) == 1
        if end == "terminated":
            process.send_signal(signal.SIGTERM)
        else:
            process.stdin.close()
        assert process.wait(20) == 0
    assert list(tmp_path.iterdir()) == []


def test_it_stays_when_its_input_is_no_pipe(tmp_path):
    """`jentry serve --ephemeral &` in a script."""
    process = subprocess.Popen(
        command("serve", "--ephemeral"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment(TMPDIR=str(tmp_path)),
    )
    with process:
        process.stdout.readline()
        time.sleep(0.5)
        assert process.poll() is None
        process.terminate()


@pytest.mark.parametrize("option", [("--demo",), ("--db", "some.db")])
def test_it_takes_no_file(option):
    done = subprocess.run(command("serve", "--ephemeral", *option), capture_output=True)
    assert done.returncode == 2
