"""What was backed up comes back, or nothing is changed and a sentence says why."""

import contextlib
import os
import shutil
import sqlite3

import factories
import pytest
import zstandard

from jentry.store import checks, connection, migrations, serving

from .test_backup import content

pytestmark = pytest.mark.sqlite(reason="a server has programs of its own for that")


@pytest.fixture
def backup(filled, run, tmp_path):
    """A packed one, beside the database that it was made of."""
    assert run("backup", tmp_path / "a.zst", "--db", filled)[0] == 0
    return tmp_path / "a.zst"


def state(folder):
    """Names and contents of what matters: not of locks."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and not path.name.endswith((".lock", "-shm"))
    }


@pytest.mark.parametrize("name", ["a.zst", "a.db"])
def test_a_backup_becomes_a_database_where_there_is_none(filled, run, tmp_path, name):
    run("backup", tmp_path / name, "--db", filled)
    new = tmp_path / "new" / "jentry.db"
    new.parent.mkdir()
    code, done, _ = run("restore", tmp_path / name, "--db", new, "--json")
    assert (code, done | {"seconds": 0}) == (
        0,
        {
            "file": str(new),
            "from": str(tmp_path / name),
            "bytes": new.stat().st_size,
            "schema": migrations.current_version(),
            "events": 3,
            "issues": 1,
            "seconds": 0,
            "kept": None,
            "erasures": [],
        },
    )
    assert content(new) == content(filled)
    assert new.stat().st_mode & 0o777 == 0o600
    assert checks.problems_of(new) == []


def test_what_was_there_is_kept_with_what_its_log_held(backup, filled, run):
    db = connection.connect(filled, write=True)
    with connection.transaction(db):
        factories.org(db, slug="newer")
    shutil.copy(f"{filled}-wal", f"{filled}-left")
    db.close()
    os.rename(f"{filled}-left", f"{filled}-wal")  # as after kill -9
    code, done, _ = run("restore", backup, "--force", "--db", filled, "--json")
    assert code == 0
    with contextlib.closing(sqlite3.connect(done["kept"])) as raw:
        assert raw.execute("SELECT 1 FROM organizations WHERE slug = 'newer'").fetchone()
    assert not os.path.exists(f"{filled}-wal")
    assert len(content(filled)["organizations"]) == 1


def test_a_log_without_its_database_is_moved_aside(backup, run, tmp_path):
    new = tmp_path / "new" / "jentry.db"
    new.parent.mkdir()
    (new.parent / "jentry.db-wal").write_bytes(b"of another time")
    assert run("restore", backup, "--db", new)[0] == 0
    aside = [path for path in new.parent.glob("*before-restore*") if path.name.endswith("-wal")]
    assert [path.read_bytes() for path in aside] == [b"of another time"]
    assert checks.problems_of(new) == []


def test_a_damaged_database_is_replaced_and_kept_with_its_log(backup, filled, run):
    expected = content(filled)
    filled.write_bytes(b"Dear diary" * 1000)
    with open(f"{filled}-wal", "wb") as log:
        log.write(b"nothing of use")
    code, done, _ = run("restore", backup, "--force", "--db", filled, "--json")
    assert (code, done["erasures"]) == (0, None)
    with open(done["kept"], "rb") as kept, open(done["kept"] + "-wal", "rb") as log:
        assert (kept.read(10), log.read()) == (b"Dear diary", b"nothing of use")
    assert content(filled) == expected


def truncated(data):
    return data[: len(data) // 2]


def without_checksum(data):
    return data[:-3]


def flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :]


def longer(data):
    return data + b"more"


def another(data):
    return b"Dear diary" * 1000


def packed_diary(data):
    return zstandard.compress(b"Dear diary" * 1000)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (truncated, "is damaged: it ends after "),
        (without_checksum, "is damaged: it ends after "),
        (flipped, "is damaged: "),
        (longer, "is damaged: something else follows its end"),
        (another, "is not a jentry database"),
        (packed_diary, "is damaged: file is not a database"),
        (lambda data: b"", "is not a jentry database"),
    ],
    ids=["truncated", "no checksum", "flipped", "longer", "another", "packed diary", "empty"],
)
def test_a_file_that_is_not_a_sound_backup_is_refused(backup, filled, run, spoil, sentence):
    backup.write_bytes(spoil(backup.read_bytes()))
    before = state(filled.parent)
    code, _, error = run("restore", backup, "--force", "--db", filled)
    assert (code, error.count("\n")) == (1, 1)
    assert error.startswith(f"{backup} {sentence}")
    assert error.endswith("Nothing was changed.\n")
    assert state(filled.parent) == before


def altered(file, statement):
    with contextlib.closing(sqlite3.connect(file)) as raw:
        raw.execute(statement)
        raw.commit()


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        pytest.param(
            lambda file: altered(file, "PRAGMA user_version = 99"),
            "was written by a newer jentry (schema 99; this one knows ", id="newer",
        ),
        pytest.param(
            lambda file: altered(file, "DROP TABLE event_payloads"), "is not a jentry database",
            id="another program's",
        ),
        pytest.param(
            lambda file: os.truncate(file, file.stat().st_size // 4096 // 2 * 4096), "is damaged: ",
            id="cut off",
        ),
        pytest.param(
            lambda file: file.with_name("a.db-wal").write_bytes(b"x"),
            "is a database in use, not a backup", id="in use",
        ),
        pytest.param(lambda file: file.unlink(), "There is no file ", id="missing"),
    ],
)  # fmt: skip
def test_a_plain_file_that_is_no_sound_backup_is_refused(filled, run, tmp_path, prepare, sentence):
    file = tmp_path / "a.db"
    run("backup", file, "--db", filled)
    prepare(file)
    before = state(filled.parent)
    code, _, error = run("restore", file, "--force", "--db", filled)
    assert (code, sentence in error, error.count("\n")) == (1, True, 1), error
    assert state(filled.parent) == before


@pytest.mark.parametrize("flags", [(), ("--force",)])
def test_not_under_a_server_even_with_force(backup, filled, run, flags):
    with serving.announce(filled):
        code, _, error = run("restore", backup, *flags, "--db", filled)
    assert (code, error) == (1, f"A server is running on {filled}. Stop it first.\n")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("a.zst", "{db} exists already. Say --force to replace it; it is kept."),
        (".", "{file} is a folder. Name one of the backups in it."),
        ("jentry.db", "{file} is the database itself."),
    ],
)
def test_what_is_there_stays_without_force(backup, filled, run, file, sentence):
    file = filled.parent / file
    code, _, error = run("restore", file, "--db", filled)
    assert (code, error) == (1, sentence.format(db=filled, file=file) + "\n")


def test_not_while_another_program_has_the_file_open(backup, filled, run):
    reader = connection.connect(filled)
    writer = connection.connect(filled, write=True)
    reader.execute("BEGIN")
    reader.execute("SELECT 1 FROM events").fetchall()
    with connection.transaction(writer):
        factories.org(writer)
    expected = content(filled)
    code, _, error = run("restore", backup, "--force", "--db", filled)
    reader.close()
    writer.close()
    assert (code, error) == (1, f"Another program has {filled} open. Close it first.\n")
    assert content(filled) == expected


def test_erasures_since_the_backup_are_listed(backup, filled, run):
    db = connection.connect(filled, write=True)
    with connection.transaction(db):
        factories.audit(db, 1, action="person.erase", target="org:1")
        slug = db.execute("SELECT slug FROM organizations").fetchone()[0]
    db.close()
    done = run("restore", backup, "--force", "--db", filled, "--json")[1]
    assert done["erasures"] == [{"at": factories.AT, "organization": slug}]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_restores_belongs_to_the_owner_of_the_file_that_was_there(backup, filled, run):
    os.chown(filled, 4711, 4712)
    filled.chmod(0o640)
    done = run("restore", backup, "--force", "--db", filled, "--json")[1]
    for path in (filled, done["kept"]):
        found = os.stat(path)
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (4711, 4712, 0o640)


def test_a_link_stays_a_link(backup, filled, run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(filled)
    assert run("restore", backup, "--force", "--db", link)[0] == 0
    assert link.is_symlink()
    assert os.listdir(link.parent) == ["link.db"]
    assert list(filled.parent.glob("jentry.db.before-restore-*"))
