"""The report of `jentry check` and of the operators' page, check by check."""

import os

import factories
import pytest

from jentry.health import machine
from jentry.health.address import mistakes
from jentry.health.report import report
from jentry.settings import Settings
from jentry.store import connection


@pytest.mark.parametrize(
    ("url", "proxies", "words"),
    [
        (None, 0, []),
        (None, 1, ["JENTRY_URL is not set"]),
        ("http://127.0.0.1:8000", 0, []),
        ("http://localhost:8000", 1, ["DSNs say localhost"]),
        ("http://[::1]:8000", 1, ["DSNs say ::1"]),
        ("http://0.0.0.0:8000", 2, ["DSNs say 0.0.0.0"]),
        ("https://errors.example.com", 1, []),
        ("https://errors.example.com/sub", 0, ["JENTRY_TRUSTED_PROXIES is 0"]),
        ("http://errors.example.com", 1, ["unencrypted"]),
        ("http://errors", 0, []),
        ("http://10.0.0.5:8000", 0, []),
        ("http://errors.home.arpa", 1, []),
        ("http://8.8.8.8", 1, ["unencrypted"]),
    ],
)
def test_mistakes_of_the_base_address(url, proxies, words):
    found = list(mistakes(url, proxies))
    assert len(found) == len(words), found
    assert all(word in line for word, line in zip(words, found, strict=True))


def warnings(path, check):
    found = report(Settings(db=path), whole=False).findings
    return [each.text for each in found if (each.check, each.level) == (check, "warning")]


def test_an_event_from_the_future_tells_of_a_clock_that_was_set_back(db, database):
    with connection.transaction(db):
        project = factories.project(db, factories.org(db))
        factories.event(db, factories.issue(db, project, event_count=1))
    assert warnings(database, "clock") == []
    with connection.transaction(db):
        db.execute("UPDATE events SET received_at = '2999-01-01T00:00:00.000Z'")
    assert "2999" in warnings(database, "clock")[0]


@pytest.mark.sqlite(reason="a file has a mode")
@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_who_else_may_read_is_named(database, mode, count):
    database.chmod(mode)
    assert len(warnings(database, "permissions")) == count


@pytest.mark.sqlite(reason="a file has a mode")
@pytest.mark.parametrize(("mode", "count"), [(0o700, 0), (0o777, 1), (0o1777, 0)])
def test_a_folder_that_all_may_write_is_named(database, mode, count):
    database.chmod(0o600)
    database.parent.chmod(mode)
    assert len(warnings(database, "permissions")) == count


@pytest.mark.sqlite(reason="the log is beside the file")
def test_a_log_that_is_not_emptied_is_named(database):
    with open(f"{database}-wal", "wb") as log:
        os.truncate(log.fileno(), machine.LARGE_LOG + 1)
    found = machine.write_ahead_log(Settings(db=database))
    assert [finding.level for finding in found] == ["warning"]


@pytest.mark.sqlite(reason="a server's disk is not this machine's")
@pytest.mark.parametrize(("kind", "count"), [("ext4", 0), ("nfs4", 1), ("9p", 1)])
def test_a_network_filesystem_is_named(database, tmp_path, monkeypatch, kind, count):
    table = tmp_path / "mountinfo"
    table.write_text(
        "1 0 8:1 / / rw,relatime - overlay none rw\n"
        f"2 1 8:2 / {database.parent} rw shared:1 - {kind} host:/x rw\n"
    )
    monkeypatch.setattr(machine, "MOUNTS", table)
    assert len(warnings(database, "filesystem")) == count


@pytest.mark.sqlite(reason="it removes the file")
def test_a_file_that_is_gone_is_a_problem_and_no_traceback(database):
    database.unlink()
    assert not report(Settings(db=database), whole=False).is_ok
