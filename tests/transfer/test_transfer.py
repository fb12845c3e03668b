"""An export and its import: nothing is lost, nothing is counted twice, whenever it ends."""

import base64
import json

import factories
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jentry.store import checks, connection, migrations
from jentry.store.tables import TABLES
from jentry.store.transfer import read as reading

from .conftest import asked, write


def canonical(lines):
    """In an order of its own, without what differs between two exports of the same."""
    shown, numbers = [], {}
    for line in lines:
        line = dict(line)
        for name in ("id", "issue") if line["type"].startswith("issue") else ("issue",):
            if name in line:  # in the order of their appearance
                line[name] = numbers.setdefault(line[name], len(numbers))
        if line["type"] == "header" or line.get("action") == "org.import":
            continue
        if line["type"] == "audit":
            line = line | {"target": line["target"].partition(":")[0]}
        if "rows" in line:
            line = line | {"rows": sorted(line["rows"], key=str)}
        if line["type"] == "end":
            line = {"type": "end"}
        shown.append(json.dumps(line, sort_keys=True))
    return sorted(shown)


def content(path):
    """All rows but those of imports themselves."""
    own = [name for name in TABLES if not name.startswith("import")]
    return {name: sorted(asked(path, f"SELECT * FROM {name}"), key=repr) for name in own}


def test_what_was_exported_is_all_there_in_an_empty_file(demo, run, export, tmp_path, new_database):
    lines = export(demo)
    code, report, error = run("import", tmp_path / "export.jsonl", "--db", new_database, "--json")
    assert (code, error) == (0, "")
    assert (report["added"]["event"], report["added"]["issue"]) == (669, 16)
    assert (report["lines"], report["skipped"]) == (len(lines), {})
    assert report["invited"] == [f"{n}@spokewell.example" for n in ("ida", "bo", "cleo", "dag")]
    assert canonical(export(new_database)) == canonical(lines)
    assert checks.problems_of(new_database) == []


@pytest.mark.parametrize("name", ["again.jsonl", "again.zst"])
def test_an_export_is_private_and_may_be_packed(demo, run, tmp_path, name, new_database):
    code, made, _ = run("export", tmp_path / name, "--org", "spokewell", "--db", demo, "--json")
    file = tmp_path / name
    assert (code, made["event"], file.stat().st_mode & 0o777) == (0, 669, 0o600)
    assert run("import", file, "--db", new_database, "--json")[1]["added"]["event"] == 669


def test_it_goes_through_standard_output_and_input(demo, run, tmp_path, new_database):
    _, text, _ = run("export", "-", "--org", "spokewell", "--db", demo)
    code, report, _ = run("import", "-", "--db", new_database, "--json", stdin=text)
    assert (code, report["added"]["event"]) == (0, 669)


def test_once_more_changes_nothing(demo, run, export, tmp_path, new_database):
    export(demo)
    run("import", tmp_path / "export.jsonl", "--db", new_database)
    before = content(new_database)
    code, report, _ = run("import", tmp_path / "export.jsonl", "--db", new_database, "--json")
    assert (code, report["added"]) == (0, {})
    assert content(new_database) == before


def test_another_export_of_the_same_adds_nothing(demo, run, export, tmp_path, new_database):
    export(demo)
    run("import", tmp_path / "export.jsonl", "--db", new_database)
    before = content(new_database)
    export(demo)
    code, report, _ = run("import", tmp_path / "export.jsonl", "--db", new_database, "--json")
    assert (code, sum(report["added"].values())) == (0, 0)
    assert (report["present"]["event"], report["present"]["issue"]) == (669, 16)
    assert content(new_database) == before


def test_into_the_database_it_came_from_it_adds_nothing(demo, run, export, tmp_path):
    before = content(demo)
    export(demo)
    report = run("import", tmp_path / "export.jsonl", "--db", demo, "--json")[1]
    assert sum(report["added"].values()) == 0
    assert content(demo) == before


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(1, 850), max_size=3))
@example([9, 7])  # less than before, within a line that is read once more: of a project
def test_interrupted_anywhere_it_goes_on_there(
    demo, run, new_database, new_databases, tmp_path, ends
):
    """The first attempts have only so many bytes of lines; then all of them."""
    whole = tmp_path / "whole.jsonl"
    if not whole.exists():
        run("export", whole, "--org", "spokewell", "--db", demo)
        run("import", whole, "--db", new_database)
    lines = whole.read_bytes().splitlines(keepends=True)
    assert len(lines) > 800
    with new_databases() as new:
        for end in (min(each, len(lines) - 1) for each in ends):
            (tmp_path / "part.jsonl").write_bytes(b"".join(lines[:end]) + lines[end][:20])
            code, _, error = run("import", tmp_path / "part.jsonl", "--db", new)
            assert (code, error.count("is cut off after line")) == (1, 1), error
        code, report, _ = run("import", whole, "--db", new, "--json")
        assert (code, report["lines"]) == (0, len(lines))
        expected, found = content(new_database), content(new)
        assert checks.problems_of(new) == []
    for table in ("issues", "releases", "issue_tags", "tag_keys", "comments"):
        assert without_times(found[table]) == without_times(expected[table])
    assert len(found["events"]) == 669


def without_times(rows):
    return [[v for v in row if not isinstance(v, bytes | float)] for row in rows]


def test_an_issue_that_is_here_takes_the_new_events_and_keeps_its_status(
    run, database, copied, tmp_path
):
    """As after a rollback: the file lacks what came since."""
    since = "2026-11-10T00:00:00.000Z"
    db = connection.connect(database, write=True)
    with connection.transaction(db):
        org = factories.org(db, slug="acme")
        project = factories.project(db, org)
        issue = factories.issue(db, project, event_count=1, status="resolved")
        factories.insert(
            db, "issue_hashes", project_id=project, version=1, hash=b"h" * 16, issue_id=issue,
            components="{}",
        )  # fmt: skip
        db.execute("INSERT INTO issue_hours VALUES (?, '2026-11-01T10', 1)", (issue,))
        factories.event(db, issue, payload={"message": "old"})
    db.close()
    older = copied(database)
    db = connection.connect(database, write=True)
    at = "2026-11-20T10:00:00.000Z"
    payload = {"user": {"id": "7"}, "tags": {"colour": "red"}, "level": "error"}
    with connection.transaction(db):
        (hash_id,) = db.execute("SELECT id FROM issue_hashes").fetchone()
        factories.event(
            db, issue, payload, timestamp=at, received_at=at, hash_id=hash_id,
            release_id=factories.release(db, project, "shop@2.0", first_seen=at, last_seen=at),
        )  # fmt: skip
    db.close()
    file = tmp_path / "since.jsonl"
    made = run("export", file, "--org", "acme", "--since", since, "--db", database, "--json")[1]
    assert (made["event"], made["issue"]) == (1, 1)
    report = run("import", file, "--db", older, "--json")[1]
    assert (report["added"]["event"], report["present"]["issue"]) == (1, 1)
    found = asked(older, "SELECT event_count, user_count, last_seen, status FROM issues")
    assert found == [(2, 1, at, "resolved")]
    found = asked(older, "SELECT version, events, issues FROM releases")
    assert found == [("shop@2.0", 1, 1)]
    assert ("colour", "red") in asked(older, "SELECT key, value FROM tags")
    assert checks.problems_of(older) == []
    assert sum(run("import", file, "--db", older, "--json")[1]["added"].values()) == 0


def test_what_came_before_a_time_is_absent_and_counted_as_such(demo, run, tmp_path, new_database):
    times = asked(demo, "SELECT received_at FROM events ORDER BY received_at")
    (middle,) = times[400]
    later = sum(received_at >= middle for (received_at,) in times)
    file = tmp_path / "a"
    run("export", file, "--org", "spokewell", "--since", middle, "--db", demo)
    report = run("import", file, "--db", new_database, "--json")[1]
    assert report["added"]["event"] == later
    ((counted,),) = asked(new_database, "SELECT sum(event_count) FROM issues")
    ((absent,),) = asked(new_database, "SELECT sum(events) FROM issue_evictions")
    assert counted == later + absent
    assert checks.problems_of(new_database) == []


def test_one_project_alone(demo, export, run, tmp_path, new_database):
    lines = export(demo, "--project", "warehouse")
    assert {line["slug"] for line in lines if line["type"] == "project"} == {"warehouse"}
    assert {line["project"] for line in lines if line["type"] == "issue"} == {3}
    assert not [line for line in lines if line["type"] == "audit"]
    run("import", tmp_path / "export.jsonl", "--db", new_database)
    assert canonical(export(new_database, "--project", "warehouse")) == canonical(lines)


def test_a_key_or_id_that_is_taken_is_replaced_and_named(demo, export, run, database, tmp_path):
    lines = export(demo)
    keys = {line["project"]: line["publicKey"] for line in lines if line["type"] == "key"}
    db = connection.connect(database, write=True)
    with connection.transaction(db):
        other = factories.project(db, factories.org(db), id=2)
        factories.key(db, other, public_key=keys[1])
    db.close()
    report = run("import", tmp_path / "export.jsonl", "--db", database, "--json")[1]
    slugs = {line["id"]: line["slug"] for line in lines if line["type"] == "project"}
    (moved,) = report["newIds"]
    (made,) = report["newKeys"]
    assert (moved["project"], moved["id"] != 2) == (slugs[2], True)
    assert (made["project"], len(made["publicKey"]), made["publicKey"] != keys[1]) == (
        slugs[1], 32, True,
    )  # fmt: skip
    assert report["added"]["event"] == 669
    assert checks.problems_of(database) == []


def test_members_who_have_an_account_keep_password_and_role(demo, export, run, database, tmp_path):
    export(demo)
    db = connection.connect(database, write=True)
    with connection.transaction(db):
        org = factories.org(db, slug="spokewell")
        factories.user(db, org, "member", email="ida@spokewell.example", password="scrypt:kept")
    db.close()
    run("import", tmp_path / "export.jsonl", "--db", database)
    found = asked(
        database,
        "SELECT u.password, m.role FROM users u JOIN memberships m ON m.user_id = u.id"
        " WHERE u.email = 'ida@spokewell.example'",
    )
    others = asked(database, "SELECT count(*) FROM users WHERE password IS NULL")
    assert (found, others) == ([("scrypt:kept", "member")], [(3,)])


def test_nothing_secret_is_exported(demo, export):
    secrets = [row[0] for row in asked(demo, "SELECT password FROM users")]
    secrets += [row[0] for row in asked(demo, "SELECT sha256 FROM api_tokens")]
    secrets += [row[0].hex() for row in asked(demo, "SELECT secret FROM instance")]
    text = json.dumps(export(demo))
    assert len(secrets) > 4
    assert [secret for secret in secrets if secret and secret in text] == []


def test_what_is_unknown_is_skipped_and_counted(demo, export, run, tmp_path, new_database):
    lines = export(demo)
    lines[1:1] = [{"type": "hologram", "id": 1}]
    lines[2] |= {"colour": "red"}
    lines[-1]["lines"] += 1
    file = write(tmp_path / "more.jsonl", lines)
    code, report, _ = run("import", file, "--db", new_database, "--json")
    assert (code, report["skipped"], report["added"]["event"]) == (0, {"hologram": 1}, 669)


def test_a_project_that_is_called_by_a_number_is_refused(demo, export, run, tmp_path, new_database):
    lines = export(demo)
    next(line for line in lines if line["type"] == "project")["slug"] = "42"
    file = write(tmp_path / "numbered.jsonl", lines)
    code, _, error = run("import", file, "--db", new_database)
    assert (code, "and is no number" in error) == (1, True)


def test_an_export_of_an_older_version_lacks_what_has_a_default(
    demo, export, run, tmp_path, new_database
):
    lines = export(demo)
    for line in lines:
        for name in ("mutedUntil", "isActive", "isMuted", "platform", "assignee", "firstRelease"):
            line.pop(name, None)
    file = write(tmp_path / "older.jsonl", lines)
    code, report, error = run("import", file, "--db", new_database, "--json")
    assert (code, report["skipped"], report["added"]["monitor"]) == (0, {}, 1), error


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This is no export of jentry's."),
        ("Dear diary\n", "This is no export of jentry's."),
        ('{"type": "header", "format": "other"}\n', "This is no export of jentry's."),
        (
            '{"type": "header", "format": "jentry-export", "version": 2, "exportId": "a"}\n',
            "This export was written by a newer jentry (version 2 of the format; this one "
            "knows 1).",
        ),
        (
            '{"type": "header", "format": "jentry-export", "version": 1, "exportId": "a"}\n'
            '{"type": "project"}\n',
            "One of the lines 2 to 2 is not as it should be: KeyError('id').",
        ),
        (
            '{"type": "header", "format": "jentry-export", "version": 1, "exportId": "a"}\n[1]\n',
            "Line 2 is no object.",
        ),
        (
            '{"type": "header", "format": "jentry-export", "version": 1, "exportId": "a"}\n'
            '{"type":"event","payload":{"message":"\\ud800"}}\n',
            "Line 2 is no object.",
        ),
        (
            '{"type": "header", "format": "jentry-export", "version": 1, "exportId": "a"}\n'
            '{"type":"event","payload":{"message":}}\n',
            "Line 2 is no object.",
        ),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused(run, tmp_path, text, sentence, new_database):
    (tmp_path / "a").write_text(text)
    code, _, error = run("import", tmp_path / "a", "--db", new_database)
    assert (code, error) == (1, sentence + "\n")


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_packed_one_that_is_cut_off_is_read_as_far_as_it_goes(
    demo, run, tmp_path, cut, new_database
):
    file = tmp_path / "a.zst"
    run("export", file, "--org", "spokewell", "--db", demo)
    whole = file.read_bytes()
    (tmp_path / "b.zst").write_bytes(whole[: int(cut * len(whole))])
    code, _, error = run("import", tmp_path / "b.zst", "--db", new_database)
    assert (code, "is cut off after line" in error) == (1, True)
    assert run("import", file, "--db", new_database, "--json")[1]["lines"] == 852


def test_files_that_came_with_events_are_the_same_bytes(database, run, tmp_path, new_database):
    data = bytes(range(256)) * 50
    db = connection.connect(database, write=True)
    with connection.transaction(db):
        factories.attachment(db, factories.project(db, factories.org(db, slug="acme")), data)
    db.close()
    text = run("export", "-", "--org", "acme", "--db", database)[1]
    (line,) = [line for line in map(json.loads, text.splitlines()) if line["type"] == "attachment"]
    assert base64.b64decode(line["data"]) == data
    run("import", "-", "--db", new_database, stdin=text)
    assert run("export", "-", "--org", "acme", "--db", new_database)[1].count(line["data"]) == 1


def test_a_damaged_payload_is_left_out_and_counted(database, run, tmp_path, new_database):
    db = connection.connect(database, write=True)
    with connection.transaction(db):
        issue = factories.issue(db, factories.project(db, factories.org(db, slug="acme")))
        factories.event(db, issue)
        db.execute("UPDATE event_payloads SET data = ?", (b"\x09",))
    db.close()
    file = tmp_path / "a.jsonl"
    made = run("export", file, "--org", "acme", "--db", database, "--json")[1]
    assert made["unreadable"] == 1
    report = run("import", file, "--db", new_database, "--json")[1]
    assert report["skipped"] == {"event": 1}


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (("x", "--org", "none"), 1, "There is no organization with the slug none. "),
        (("x", "--org", "spokewell", "--project", "none"), 1, "There is no project with the slug"),
        (("none/x", "--org", "spokewell"), 1, "There is no folder "),
        ((".", "--org", "spokewell"), 1, "is a folder."),
        (("x", "--org", "spokewell", "--since", "today"), 2, "'today' is no time like "),
    ],
)
def test_an_export_that_cannot_be_is_refused(demo, run, tmp_path, args, code, sentence):
    where, *rest = args
    found, _, error = run("export", tmp_path / where, *rest, "--db", demo)
    assert (found, sentence in error) == (code, True), error
    assert list(tmp_path.iterdir()) == []


def test_a_missing_export_makes_no_database(run, tmp_path, new_database):
    code, _, error = run("import", tmp_path / "none", "--db", new_database)
    assert (code, error) == (1, f"There is no file {tmp_path / 'none'}.\n")
    assert migrations.is_new(new_database)


def test_events_of_a_large_import_are_packed_with_a_dictionary(
    demo, run, tmp_path, monkeypatch, new_database
):
    monkeypatch.setattr(reading, "TRAINED_AT", (150,))
    run("export", tmp_path / "a", "--org", "spokewell", "--db", demo)
    run("import", tmp_path / "a", "--db", new_database)
    packed = [data for (data,) in asked(new_database, "SELECT data FROM event_payloads")]
    assert sum(data[0] == 2 for data in packed) > 100
    assert checks.problems_of(new_database) == []
    assert zstandard.MAGIC_NUMBER
    assert migrations.current_version()
