"""The page of grouping hashes, and splitting some of them off: asked once, and undone."""

import factories
import pytest


@pytest.fixture
def issue(db, world):
    issue_id = factories.issue(db, world.project, event_count=2)
    for number, kind in enumerate(["<b>A", "B"]):
        made = db.execute(
            "INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)"
            " VALUES (?, 3, ?, ?, ?) RETURNING id",
            (world.project, bytes([number]) * 16, issue_id,
             f'{{"by": "stack", "values": [{{"type": "{kind}"}}]}}'),
        ).fetchone()[0]  # fmt: skip
        factories.event(db, issue_id, hash_id=made)
    return issue_id


def test_chosen_hashes_are_split_off_once_it_is_confirmed(web, db, world, issue):
    path = f"/projects/{world.project}/issues/{issue}/grouping"
    listed = web.get(path).text
    assert listed.count('name="hash"') == 2
    assert "&lt;b&gt;A" in listed
    asked = web.get(f"{path}?hash={'01' * 16}").text
    assert "Split 1 hash off" in asked
    assert db.execute("SELECT count(*) FROM issues").fetchone()[0] == 1
    answer = web.post(path, {"hash": "01" * 16}, on=f"{path}?hash={'01' * 16}")
    assert answer.status_code == 303
    (new,) = db.execute("SELECT issue_id FROM splits JOIN issue_hashes h ON h.id = hash_id")
    new_path = f"/projects/{world.project}/issues/{new[0]}"
    assert answer.headers["Location"] == new_path
    page = web.get(new_path).text
    assert "Split 1 hash off" in page
    assert f"split this off #{issue}" in page
    assert "Undo" in page


def test_what_cannot_be_split_is_said(web, world, issue):
    path = f"/projects/{world.project}/issues/{issue}/grouping"
    web.post(path, {"hash": ["00" * 16, "01" * 16]}, on=f"{path}?hash={'01' * 16}")
    assert "At least one must stay" in web.get(path).text
    assert web.get(f"/projects/{world.foreign_project}/issues/{issue}/grouping").status_code == 404
