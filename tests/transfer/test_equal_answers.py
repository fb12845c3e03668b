"""Every address of the API that reads answers the same after backup and restore, and after export
and import into an empty file, where only the numbers of rows differ.
"""

from contextlib import closing

import pytest
from answers import UNASKED, Answers, differences, token_of

from jentry import clock
from jentry.store import connection

KEPT_BACK = {  # what no export holds: addresses, how it went on that server, bytes as packed there
    "/usage": {"*"},
    "/openapi.json": {"*"},  # no answer of the database
    "/project": {"bytesKept"},
    "/audit": {"*"},  # with a row more, that of the import: see below
    "/alert-deliveries": {"*"},
    "/deletions": {"*"},
    "/alert-rules": {"lastMatchedAt"},
    "/alert-channels": {"target", "health", "isActive"},
}


def without(said):
    """What an export holds."""
    found = {}
    for address, (status, body) in said.items():
        names = next(
            (names for head, names in KEPT_BACK.items() if address.startswith(head)), set()
        )
        if "*" not in names:
            found[address] = status, leave_out(body, names)
    return found


def leave_out(value, names):
    if isinstance(value, dict):
        return {key: leave_out(each, names) for key, each in value.items() if key not in names}
    return [leave_out(each, names) for each in value] if isinstance(value, list) else value


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    """What is overdue, and how long ago things were, is asked for several times."""
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.mark.sqlite(reason="a server has programs of its own for that")
def test_a_restored_file_answers_as_the_first(filled, run, tmp_path):
    path, token = filled
    before = Answers(path, token)
    assert run("backup", tmp_path / "a.zst", "--db", path)[0] == 0
    restored = tmp_path / "restored.db"
    assert run("restore", tmp_path / "a.zst", "--db", restored)[0] == 0
    again = Answers(restored, token)
    assert differences(before.bodies, again.bodies) in ([], ["/usage"])  # the disk as it is now


def test_an_imported_database_answers_as_the_first(filled, run, new_database, tmp_path):
    path, token = filled
    before = Answers(path, token)
    assert {status for status, _ in before.said.values()} == {200}
    assert before.unasked == UNASKED
    assert run("export", tmp_path / "a.jsonl", "--org", "spokewell", "--db", path)[0] == 0
    text = (tmp_path / "a.jsonl").read_text()
    assert [each for each in ("s3cret", "whsec_") if each in text] == []
    code, report, _ = run("import", tmp_path / "a.jsonl", "--db", new_database, "--json")
    assert (code, report["withoutAddress"]) == (0, ["Pager"])
    with closing(connection.connect(new_database, write=True)) as db, connection.transaction(db):
        other = token_of(db)
    imported = Answers(new_database, other)
    one, other = without(before.said), without(imported.said)
    assert differences(one, other) == []
    log = [row["action"] for row in before.bodies["/audit"][1]["data"]]
    assert [row["action"] for row in imported.bodies["/audit"][1]["data"]] == ["org.import", *log]
