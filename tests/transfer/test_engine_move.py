"""`jentry move` to PostgreSQL and back: every address of the API answers the same."""

import postgres
import pytest
from answers import Answers, differences

OWN = ["/usage"]  # the room that it takes


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
