"""`jentry serve` as a process: what it prints, answers, and how it ends."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from servers import command, free_port, serving

from jentry.store import connection, migrations, orgs


def get(url):
    with urllib.request.urlopen(url, timeout=20) as response:
        return response.status, response.read().decode()


def test_an_empty_database_gets_a_setup_address_and_sigterm_ends_it_gracefully(new_database):
    path = new_database
    with serving(path, lines=2) as (process, address, printed):
        setup = printed.split()[-1]
        assert setup.startswith(f"{address}/setup/")
        assert get(f"{address}/healthz") == (200, "ok\n")
        assert "Set up this server" in get(setup)[1]
        check = subprocess.run(
            command("check", "--json", "--db", path), capture_output=True, text=True, check=True
        )
        found = json.loads(check.stdout)
        assert found["ok"]
        assert isinstance(path, str) or "A server is running on it." in found["facts"]
        with serving(path, lines=2) as (_, _, other):
            assert other.split()[-1].split("/setup/")[1] == setup.split("/setup/")[1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""


@pytest.mark.sqlite(reason="the log is beside the file")
def test_when_it_has_stopped_everything_is_in_the_one_file(database):
    """A log that stays behind would damage a copy that is put in the file's place."""
    key = f"sentry_key={'0' * 32}"
    with serving(database) as (process, address, _):
        request = urllib.request.Request(f"{address}/api/1/envelope/?{key}", data=b"{}\n")
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(request, timeout=20)
        refused.value.close()
        get(f"{address}/readyz")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert [f.name for f in database.parent.glob("*-wal")] == []


@pytest.mark.parametrize("stream", ["stdout", pytest.param("stderr", marks=pytest.mark.exhaustive)])
def test_whoever_reads_what_it_prints_may_leave(new_database, stream):
    """On an empty file it has a second line to print, and no mail server is worth a warning."""
    port = free_port()
    reader, writer = os.pipe()
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: writer}
    os.close(reader)
    process = subprocess.Popen(command("serve", "--port", port, "--db", new_database), **streams)
    os.close(writer)
    try:
        assert await_health(process, port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()


def await_health(process, port):
    while process.poll() is None:
        try:
            return get(f"http://127.0.0.1:{port}/healthz") == (200, "ok\n")
        except OSError:
            time.sleep(0.05)
    return False


def children(process):
    """The names of its child processes."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
    pids = [pid for task in tasks for pid in task.read_text().split()]
    return sorted(Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids)


def test_variables_for_other_programs_make_no_more_workers(database):
    env = {"WEB_CONCURRENCY": "3", "GUNICORN_CMD_ARGS": "--workers 3"}
    with serving(database, env=env) as (process, address, _):
        get(f"{address}/healthz")
        while "jentry-upkeep" not in children(process):
            time.sleep(0.05)
        assert len(children(process)) == 2


def test_a_taken_port_is_one_sentence(database):
    with serving(database) as (_, address, _):
        port = address.rpartition(":")[2]
        result = subprocess.run(
            command("serve", "--port", port, "--db", database), capture_output=True, text=True
        )
    assert (result.returncode, result.stdout, result.stderr) == (
        1,
        "",
        f"Cannot listen on 127.0.0.1 port {port}: Address already in use.\n",
    )


def test_several_workers_start_together_on_an_empty_file(new_database):
    with serving(new_database, "--workers", 4, lines=2) as (process, address, _):
        assert {get(f"{address}/readyz") for _ in range(20)} == {(200, "ok\n")}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize("newer", [True, False])
def test_a_database_it_cannot_use_is_refused_before_anything_is_served(new_database, newer):
    migrations.prepare(new_database)
    with closing(connection.connect(new_database, write=True)) as db:
        if newer:
            is_file = isinstance(new_database, Path)
            version = "PRAGMA user_version" if is_file else "UPDATE schema_version SET version"
            db.execute(f"{version} = 9999")
        else:
            with connection.transaction(db) as at:
                orgs.create(db, "Acme", None, at, "cli")
    options = () if newer else ("--demo",)
    result = subprocess.run(
        command("serve", "--port", 0, "--db", new_database, *options),
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert ("newer jentry" if newer else "already holds other data") in result.stderr
    assert result.stderr.count("\n") == 1
