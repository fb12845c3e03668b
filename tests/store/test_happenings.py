"""What ingestion notes for the notifier, in the transaction of the event."""

import json
from dataclasses import replace

import pytest
from rows import event, store

from jentry.store.rows import CheckInRow


def noted(db):
    """Kind, number of the event, environment, environments before; and nothing is left."""
    rows = db.execute("SELECT kind, event_id, environment, detail FROM happenings ORDER BY id")
    found = [
        (row["kind"], int.from_bytes(row["event_id"]), row["environment"],
         json.loads(row["detail"]).get("earlier"))
        for row in rows.fetchall()
    ]  # fmt: skip
    db.execute("DELETE FROM happenings")
    return found


def there(name):
    return {"environment": name, "tags": (("environment", name),)}


def set_status(db, status, substatus):
    db.execute("UPDATE issues SET status = ?, substatus = ?", (status, substatus))


def test_the_first_event_of_an_issue_is_noted_and_no_other(db, submission):
    store(db, submission(event(1)), submission(event(2)), submission(event(1)))
    assert noted(db) == [("new_issue", 1, "production", None)]
    store(db, submission(event(3)))
    assert noted(db) == []


def test_an_issue_that_comes_back_is_noted_with_the_event_that_brought_it(db, submission):
    store(db, submission(event(1)))
    noted(db)
    set_status(db, "resolved", None)
    store(db, submission(event(2)), submission(event(3)))
    assert noted(db) == [("regressed", 2, "production", None)]
    set_status(db, "ignored", "archived_until_escalating")
    store(db, *(submission(event(number)) for number in range(10, 40)))
    assert noted(db) == [("escalating", 10, "production", None)]


@pytest.mark.parametrize("together", [True, False])
def test_the_first_event_in_another_environment_is_noted_once(db, submission, together):
    batches = [submission(event(n, **there(name))) for n, name in enumerate("abacb", 1)]
    if together:
        store(db, *batches)
    else:
        for batch in batches:
            store(db, batch)
            db.memo.clear()  # as another process, or after a while
    assert noted(db) == [
        ("new_issue", 1, "a", None),
        ("environment", 2, "b", ["a"]),
        ("environment", 4, "c", ["a", "b"]),
    ]


def test_environments_beyond_those_that_are_told_apart_are_no_news(db, submission):
    limits = {"max_environments": 1}
    for number, name in enumerate("abcd", 1):
        store(db, submission(event(number, **there(name)), limits=limits))
        db.memo.clear()
    assert [kind for kind, *_ in noted(db)] == ["new_issue", "environment"]


def test_what_is_imported_or_invented_is_no_news(db, submission):
    check_in = CheckInRow("nightly", b"c" * 16, "ok", None, None, None, None)
    store(db, submission(event(1), is_quiet=True, check_ins=[check_in]))
    set_status(db, "resolved", None)
    store(db, submission(event(2, **there("b")), is_quiet=True))
    assert noted(db) == []


def test_each_check_in_is_noted_with_its_status(db, submission):
    row = CheckInRow("nightly", b"c" * 16, "in_progress", None, "staging", None, None)
    store(db, submission(check_ins=[row]), submission(check_ins=[replace(row, status="ok")]))
    rows = db.execute("SELECT kind, event_id, environment, detail FROM happenings ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("check_in", b"c" * 16, "staging", '{"status": "in_progress"}'),
        ("check_in", b"c" * 16, "staging", '{"status": "ok"}'),
    ]


def test_what_nobody_takes_is_dropped_after_a_day(db, submission):
    store(db, submission(event(1)))
    store(db, submission(event(2, hash=b"b" * 32)), at="2026-11-21T11:00:00.000Z")
    assert [number for _, number, *_ in noted(db)] == [2]


@pytest.mark.sqlite(reason="it traces SQLite's statements")
def test_an_ordinary_event_runs_no_more_statements_for_it(db, submission):
    store(db, submission(event(1)))
    seen = []
    db.set_trace_callback(seen.append)
    store(db, submission(event(2)))
    db.set_trace_callback(None)
    assert [sql for sql in seen if "happenings" in sql or "tag_keys k" in sql] == []
