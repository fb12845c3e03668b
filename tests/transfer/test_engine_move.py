"""`jentry move` to PostgreSQL and back: every address of the API answers the same."""

import fcntl
import os
import subprocess
import sys
import termios
import time
from array import array
from contextlib import contextmanager

import postgres
import pytest
from answers import Answers, differences

OWN = ["/usage"]  # the room that it takes


@pytest.fixture
def demo(demo_file, copied):
    return copied(demo_file)


@pytest.fixture
def address():
    with postgres.database() as address:
        yield address


def test_moved_there_and_back_all_answers_are_the_same(filled, address, run, tmp_path):
    path, token = filled
    before = Answers(path, token)
    code, moved, error = run("move", path, address, "--json")
    assert (code, moved["problems"]) == (0, []), error
    assert moved["tables"]["events"] == 669
    there = Answers(address, token)
    assert differences(before.bodies, there.bodies) in ([], OWN)
    postgres.forget()

    back = tmp_path / "back.db"
    code, returned, error = run("move", address, back, "--json")
    assert (code, returned["problems"]) == (0, []), error
    assert returned["tables"] == moved["tables"]
    assert run("check", "--db", back)[0] == 0
    assert differences(before.bodies, Answers(back, token).bodies) in ([], OWN)


PIPE = 4096  # bytes that a program may say before it waits for whoever listens
SOON = 600  # after so many bytes it waits: most tables are to come


@contextmanager
def half_way(*args):
    """A move that waits for us to hear of its next table. It cannot get to its end."""
    hears, says = os.pipe()
    fcntl.fcntl(says, fcntl.F_SETPIPE_SZ, PIPE)
    os.write(says, b"." * (PIPE - SOON))
    moving = subprocess.Popen([sys.executable, "-m", "jentry", "move", *args], stderr=says)
    held = array("i", [0])
    while held[0] < PIPE - SOON // 2:
        assert moving.poll() is None
        time.sleep(0.05)
        fcntl.ioctl(hears, termios.FIONREAD, held)
    try:
        yield
    finally:
        moving.kill()
        moving.wait()
        os.close(hears)
        os.close(says)


def test_a_move_to_a_database_that_is_killed_is_said_again(filled, address, run):
    path, _ = filled
    with half_way(path, address):
        pass
    assert run("check", "--db", path)[0] == 0
    assert run("org", "list", "--db", address)[1] == "No organization yet.\n"
    code, moved, error = run("move", path, address, "--json")
    assert (code, moved["tables"]["events"]) == (0, 669), error


def test_a_move_to_a_file_that_is_killed_is_said_again(filled, address, run, tmp_path):
    path, _ = filled
    assert run("move", path, address)[0] == 0
    back, part = tmp_path / "back.db", tmp_path / "back.db.moving"
    with half_way(address, back):
        code, _, error = run("move", address, back)
        assert (code, error) == (1, f"{part} is being written by another program.\n")
    assert (back.exists(), part.exists()) == (False, True)
    assert run("check", "--db", address)[0] == 0
    code, moved, error = run("move", address, back, "--json")
    assert (code, moved["tables"]["events"]) == (0, 669), error
    assert not part.exists()


def test_new_rows_have_new_ids_after_a_move(filled, address, run):
    path, _ = filled
    assert run("move", path, address)[0] == 0
    code, made, _ = run(
        "project", "create", "More", "--org", "spokewell", "--db", address, "--json"
    )
    assert code == 0
    listed = run("project", "list", "--org", "spokewell", "--db", address)[1]
    assert str(made["id"]) in listed


def test_nothing_is_moved_onto_what_is_there(filled, address, run, tmp_path):
    path, _ = filled
    assert run("move", path, address)[0] == 0
    code, _, error = run("move", path, address)
    assert (code, error.splitlines()[-1]) == (
        1, "The database has an organization already. Choose an empty one.",
    )  # fmt: skip
    code, _, error = run("move", address, path)
    assert (code, error) == (1, f"{path} is there already. Choose another file.\n")


@pytest.mark.parametrize("pair", [("a.db", "b.db"), ("postgresql://x/a", "postgresql://x/b")])
def test_one_side_is_a_file_and_one_is_not(run, pair):
    code, _, error = run("move", *pair)
    assert (code, error) == (
        1, "One of the two is a file of SQLite, the other an address of PostgreSQL.\n",
    )  # fmt: skip


def test_a_password_is_neither_taken_nor_repeated(run, monkeypatch):
    secret = "postgresql://u:s3cret@host/name"
    for words in (("move", "a.db", secret), ("check", "--db", secret)):
        code, out, error = run(*words)
        assert (code, "PGPASSWORD" in error, "s3cret" in out + error) == (2, True, False)
    monkeypatch.setenv("JENTRY_DB", secret)
    code, out, error = run("config")
    assert (code, "PGPASSWORD" in error, "s3cret" in out + error) == (2, True, False)


@pytest.mark.parametrize("words", [("backup", "x.db"), ("restore", "x.db"), ("rollback",)])
def test_what_works_on_a_file_refuses_an_address(run, words):
    code, _, error = run(*words, "--db", "postgresql://nowhere.invalid/x")
    sentence = "This works on a file of SQLite only; /docs/postgresql says what to do instead."
    assert (code, error) == (1, f"{sentence}\n")
