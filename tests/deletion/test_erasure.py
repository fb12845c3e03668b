"""One person is found, exported, erased; then nothing of them is in the file's bytes."""

import json
import stat
from contextlib import closing

import pytest

from jentry.store import connection
from jentry.store.identity import identity_hash
from jentry.store.instance import get as instance_of
from jentry.upkeep import deletions, erasures
from jentry.upkeep.job import Turn, Work

JANE = {
    "email": "jane.roe@person.test",
    "userId": "person-81x",
    "username": "janeroe81",
    "ip": "198.51.100.81",
}
WORDS = [word.encode() for word in JANE.values()]


@pytest.fixture
def filled(world):
    """Jane is the user of some events, and named in all sorts of places."""
    user = {
        "id": JANE["userId"], "email": JANE["email"], "username": JANE["username"],
        "ip_address": JANE["ip"],
    }  # fmt: skip
    file = {"type": "attachment", "filename": "her.txt"}
    world.own = [
        world.send(world.shop, user=user, tags={"n": str(n)}, more=[(file, b"x")]) for n in range(3)
    ]
    world.send(world.blog, user={"email": JANE["email"].upper()}, kind="KeyError")
    world.mentions = [
        world.send(
            world.shop, f"no mail to {JANE['email']}", kind="MailError",
            user={"id": "other"}, tags={"customer": JANE["email"]}, environment="production",
            breadcrumbs=[{"message": f"login of {JANE['username']}", "data": {JANE["userId"]: 1}}],
            request={"url": "https://x.test/", "query_string": "who=jane.roe%40person.test"},
            extra={"peer": [JANE["ip"]]},
        ),
        world.send(
            world.shop, kind="MailError", user={"id": "other"}, tags={"customer": "[erased]"}
        ),
    ]  # fmt: skip
    world.others = world.send(
        world.shop, "no mail to xjane.roe@person.test", user={"id": "person-81xy"}, kind="Third"
    )
    world.send(world.other, f"of {JANE['email']}", user=user)
    world.loose = world.send(
        world.shop, kind="Fourth", user={"id": "other"},
        more=[({"type": "attachment", "filename": "log"}, b"a\0b " + WORDS[0].upper() + b"!")],
    )  # fmt: skip
    report = {"event_id": world.others, "comments": "?", "name": "J", "email": JANE["email"]}
    world.post(world.shop, ({"type": "user_report"}, report))
    session = {
        "sid": "a" * 32, "init": True, "status": "ok", "did": JANE["userId"],
        "started": "2026-11-20T10:00:00Z", "attrs": {"release": "shop@1"},
    }  # fmt: skip
    world.post(world.shop, ({"type": "session"}, session))
    issue_id = world.issue(world.mentions[0])
    world.ask("POST", f"/issues/{issue_id}/comments", json={"text": f"asked {JANE['email']}"})
    world.ask("POST", "/views", json={"name": "Jane", "search": f"user.email:{JANE['email']}"})
    commit = {"sha": "a1", "author": "Jane", "authorEmail": JANE["email"], "message": "x"}
    world.ask(
        "POST",
        f"/projects/{world.shop}/releases",
        json={"version": "shop@1", "commits": [commit]},
    )
    return world


def work(world):
    return closing(Work(world.client.application.config["SETTINGS"], Turn()))


def run_jobs(world):
    with work(world) as found:
        erasures.run(found)


def erase(world, who="owner", **identifiers):
    """By REST, with the job at work; the erasure in the end."""
    asked = world.ask("POST", "/erasures", who, json=identifiers or JANE)
    assert asked.status_code == 202, asked.json
    path = asked.headers["Location"].removeprefix("/api/v1")
    run_jobs(world)
    assert world.ask("GET", path, who).json["data"]["state"] == "found"
    assert world.ask("POST", f"{path}/confirm", who).status_code == 202
    run_jobs(world)
    return world.ask("GET", path, who).json["data"]


def raw_bytes(world):
    """Of the file and its log, once nobody else has it open."""
    path = world.db.path
    return b"".join(
        each.read_bytes() for each in path.parent.glob(f"{path.name}*") if each.is_file()
    )


def remove_rival(world):
    """The other organization keeps its own of the same person."""
    with connection.transaction(world.db):
        rows = world.db.execute("SELECT id FROM issues WHERE project_id = ?", (world.other,))
        return [row["id"] for row in rows]


def test_it_is_found_and_nothing_is_changed(filled):
    before = filled.rows("erasures", "erasure_finds", "instance", "api_tokens", "token_windows")
    asked = filled.ask("POST", "/erasures", json=JANE)
    path = asked.headers["Location"].removeprefix("/api/v1")
    assert asked.json["data"]["state"] == "finding"
    assert filled.ask("POST", f"{path}/confirm").status_code == 409
    run_jobs(filled)
    found = filled.ask("GET", path).json["data"]
    assert (found["state"], found["scanned"], found["issues"]) == ("found", 8, 2)
    assert {name: found["found"][name] for name in (
        "events", "mentions", "attachments", "user_reports", "tags", "comments", "release_commits",
        "views",
    )} == {
        "events": 4, "mentions": 1, "attachments": 1, "user_reports": 1, "tags": 1, "comments": 1,
        "release_commits": 1, "views": 1,
    }  # fmt: skip
    lines = filled.ask("GET", f"{path}/export").text.splitlines()
    exported = [json.loads(line) for line in lines]
    assert {line["event_id"] for line in exported if line["kind"] == "event"} > set(filled.own)
    assert [line["kind"] for line in exported].count("event") == 4
    after = filled.rows("erasures", "erasure_finds", "instance", "api_tokens", "token_windows")
    assert before == after


def test_nothing_is_left_of_the_person_and_everything_of_others(filled):
    salt = instance_of(filled.db)["secret"]
    shown = filled.ask("GET", "/issues", "stranger").json
    done = erase(filled)
    assert done["state"] == "done"
    assert done["erased"]["events"] == 4
    assert done["rewritten"] == 1
    for event_id in filled.own:
        assert filled.ask("GET", f"/events/{event_id}").status_code == 404
    rewritten = filled.ask("GET", f"/events/{filled.mentions[0]}")
    assert rewritten.json["data"]["message"] == "MailError: no mail to [erased]"
    assert rewritten.json["data"]["tags"]["customer"] == "[erased]"
    assert not any(word.decode() in rewritten.text for word in WORDS)
    issue = filled.issue(filled.mentions[0])
    tags = filled.ask("GET", f"/issues/{issue}/tags").json["data"]
    (customer,) = [tag for tag in tags if tag["key"] == "customer"]
    assert [(v["value"], v["count"]) for v in customer["values"]] == [("[erased]", 2)]
    kept = filled.ask("GET", f"/events/{filled.others}").json["data"]
    assert "xjane.roe@person.test" in kept["message"]
    assert kept["user"]["id"] == "person-81xy"
    own = filled.db.execute(
        "SELECT event_count, user_count FROM issues WHERE id NOT IN "
        "(SELECT issue_id FROM events) AND project_id = ?", (filled.shop,)
    ).fetchone()  # fmt: skip
    assert tuple(own) == (3, 1), "what was counted stays"
    known = {
        identity_hash(salt, filled.shop, f"{kind}:{word}")
        for kind in ("id", "email", "username", "ip", "did")
        for word in JANE.values()
    }
    held = {row[0] for row in filled.db.execute("SELECT user_hash FROM issue_users")}
    held |= {row[0] for row in filled.db.execute("SELECT did_hash FROM sessions")}
    assert not held & known
    assert filled.ask("GET", "/issues", "stranger").json == shown
    assert filled.problems() == []
    assert filled.ask("GET", f"/erasures/{done['id']}/export").status_code == 404
    (entry,) = filled.ask("GET", "/audit?action=person.erase").json["data"]
    assert not any(word.decode() in json.dumps(entry) for word in WORDS)


@pytest.mark.sqlite(reason="it looks into the file")
def test_no_byte_of_the_person_is_in_the_file(filled, app):
    """The other organization's events are deleted first: they are about the same person."""
    for issue_id in remove_rival(filled):
        path = f"/issues/{issue_id}?confirm={issue_id}"
        assert filled.ask("DELETE", path, "stranger").status_code == 202
    with work(filled) as found:
        deletions.run(found)
    for number in range(20):  # whoever stores events overwrites titles, also those about Jane
        text = f"no mail to {JANE['email']}" * 3 if number % 2 == 0 else f"no mail, {number}"
        filled.send(filled.shop, text, kind=f"Title{number % 4 // 2}", user={"id": "other"})
    assert any(word in raw_bytes(filled) for word in WORDS), "the test finds what is there"
    erase(filled)
    app.extensions["writer"].close()
    found = raw_bytes(filled).lower()
    without_others = found.replace(b"xjane.roe@person.test", b"").replace(b"person-81xy", b"")
    assert [word for word in WORDS if word.lower() in without_others] == []


@pytest.mark.parametrize(("who", "status"), [("owner", 202), ("admin", 403), ("stranger", 202)])
def test_who_may(world, who, status):
    answer = world.ask("POST", "/erasures", who, json=JANE)
    assert answer.status_code == status
    if status == 202:
        other = "stranger" if who == "owner" else "owner"
        path = answer.headers["Location"].removeprefix("/api/v1")
        assert world.ask("GET", path, other).status_code == 404
        assert world.ask("GET", f"{path}/export", other).status_code == 404
        assert world.ask("POST", f"{path}/confirm", other).status_code == 404


@pytest.mark.parametrize("body", [{}, {"email": "no mail"}, {"ip": "1.2.3"}, {"userId": 5}])
def test_what_names_nobody_is_refused(world, body):
    assert world.ask("POST", "/erasures", json=body).status_code == 400


def test_the_command_line(filled, run, tmp_path):
    names = {"userId": "user-id"}
    options = [part for name, word in JANE.items() for part in (f"--{names.get(name, name)}", word)]
    target = tmp_path / "export.jsonl"
    code, said = run("erase", "--org", "acme", *options, "--export", target, "--json")
    assert code == 0, said
    assert json.loads(said)["found"]["events"] == 4
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(target.read_text().splitlines()) == 7
    assert filled.ask("GET", f"/events/{filled.own[0]}").status_code == 200
    assert filled.db.execute("SELECT count(*) FROM erasures").fetchone()[0] == 0
    code, said = run("erase", "--org", "acme", *options, "--yes")
    assert code == 0
    assert said.startswith("Erased in 8 events: ")
    assert filled.ask("GET", f"/events/{filled.own[0]}").status_code == 404
    assert filled.problems() == []


def test_a_tag_that_ingestion_remembers_is_counted_on_as_the_new_one(filled):
    erase(filled)
    filled.send(filled.shop, kind="MailError", user={"id": "other"}, tags={"customer": "[erased]"})
    assert filled.problems() == []


def test_a_dictionary_with_the_person_in_it_is_trained_anew(world):
    for n in range(220):
        world.send(
            world.shop, f"try {n}", kind=f"Kind{n % 7}", transaction=f"of {JANE['username']}",
            user={"id": "other"}, modules={"a": "1", "b": str(n % 3)},
        )  # fmt: skip
    world.client.application.extensions["writer"].close()  # what trains has ended then
    (before,) = world.db.execute("SELECT id, data FROM dictionaries").fetchall()
    assert JANE["username"].encode() in before["data"]
    erase(world, username=JANE["username"])
    rows = world.db.execute("SELECT id, data FROM dictionaries").fetchall()
    assert before["id"] not in [row["id"] for row in rows]
    assert not any(JANE["username"].encode() in row["data"] for row in rows)
    assert world.problems() == []


@pytest.mark.sqlite(reason="a server has programs of its own for that")
def test_the_report_lists_backups_by_their_dates(filled, run, database, tmp_path):
    def steps(command, *more):
        code, said = run(*command, *more, "--json")
        assert code == 0, said
        return json.loads(said)

    taken = [steps(("backup", tmp_path / name)) for name in ("here.db", "gone.db")]
    (tmp_path / "gone.db").unlink()
    report = steps(("erase", "--org", "acme", "--email", JANE["email"], "--yes"))
    rows = filled.db.execute("SELECT taken_at FROM backups ORDER BY id DESC").fetchall()
    assert len(rows) == len(taken)
    assert [line for line in report["outOfReach"] if "backup" in line] == [
        f"the backup of {rows[0]['taken_at']}, gone.db, which was removed or lies elsewhere",
        f"the backup of {rows[1]['taken_at']}, here.db",
    ]


def test_no_search_finds_the_person(filled):
    def total(search, who="owner"):
        return filled.ask("GET", "/issues", who, query_string={"search": search}).json["total"]

    searches = [
        f"user.id:{JANE['userId']}", f"user:{JANE['email']}", f"user.username:{JANE['username']}",
        f"user.ip:{JANE['ip']}",
    ]  # fmt: skip
    assert [total(search) for search in searches] == [1, 2, 1, 1]
    erase(filled)
    assert [total(search) for search in searches] == [0, 0, 0, 0]
    assert [total(search, "stranger") for search in searches] == [1, 1, 1, 1]
    assert total("user.id:other") == 2  # others are found as before
    filled.send(filled.shop, kind="New", user={"id": JANE["userId"]})
    assert total(f"user.id:{JANE['userId']}") == 1
