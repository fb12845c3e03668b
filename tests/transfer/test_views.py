"""Saved views in an export: of the same person and project elsewhere."""

import contextlib
import json

import factories

from jentry.store import connection

from .conftest import asked, write


def told(path):
    return asked(
        path,
        "SELECT v.name, v.search, v.status, v.shared, v.position, p.slug, u.email FROM views v"
        " LEFT JOIN projects p ON p.id = v.project_id LEFT JOIN users u ON u.id = v.user_id"
        " ORDER BY v.id",
    )


def test_views_are_their_peoples_and_those_of_nobody_known_are_left_out(
    database, run, new_database, tmp_path
):
    opened = contextlib.closing(connection.connect(database, write=True))
    with opened as db, connection.transaction(db):
        org = factories.org(db, slug="acme")
        kim, lee = (factories.user(db, org, email=f"{name}@acme.example") for name in "kl")
        shop = factories.project(db, org, slug="shop")
        factories.view(db, org, kim, name="Own", project_id=shop, status="all", position=3)
        factories.view(db, org, lee, name="Shared", shared=1, search="levle:error")
        factories.view(db, org, lee, name="Gone with lee")
    file = tmp_path / "a"
    run("export", file, "--org", "acme", "--db", database)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    lines = [line for line in lines if line.get("email") != "l@acme.example"]
    lines[-1]["lines"] = len(lines) - 1
    for _ in range(2):
        run("import", write(tmp_path / "b", lines), "--db", new_database)
    assert told(new_database) == [
        ("Own", "timeout", "all", 0, 3, "shop", "k@acme.example"),
        ("Shared", "levle:error", None, 1, 0, None, None),
    ]
