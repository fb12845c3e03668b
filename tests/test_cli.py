"""The command line is a contract: what scripts read, and how it refuses."""

import json
from hashlib import sha256

import pytest
from click.testing import CliRunner
from refusals import allow_orphans
from rows import every_row

from jentry import __version__
from jentry.cli import main
from jentry.settings import Settings, variable
from jentry.store.names import RESERVED_SLUGS

ALL = ("org:read", "project:read", "project:write", "issue:read", "issue:write", "event:read")


@pytest.fixture
def run(database, monkeypatch):
    """Run a command on the test's database; its result has exit_code, stdout and stderr."""
    monkeypatch.delenv("JENTRY_URL", raising=False)
    monkeypatch.setenv("JENTRY_DB", str(database))
    return lambda *args, **more: CliRunner().invoke(main, [str(arg) for arg in args], **more)


@pytest.fixture
def made(run):
    """Run a command that must succeed; its JSON."""

    def call(*args, **more):
        result = run(*args, "--json", **more)
        assert (result.exit_code, result.stderr) == (0, "")
        return json.loads(result.stdout)

    return call


@pytest.fixture
def acme(made):
    made("org", "create", "Acme")
    for name in ("owner", "admin", "member"):
        made("user", "create", f"{name}@acme.example", "--org", "acme", "--role", name)


def audit(db):
    rows = db.execute("SELECT action, target, user_id, meta FROM audit_log ORDER BY id")
    return [(row[0], row[1], row[2], json.loads(row[3])) for row in rows]


def test_version_is_the_package_version(run):
    assert run("--version").stdout == f"jentry {__version__}\n"


@pytest.mark.parametrize("command", [(), *[(name,) for name in main.list_commands(None)]])
def test_every_command_explains_itself(run, command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_an_organization_gets_a_slug_from_its_name(made, db):
    assert made("org", "create", "Søren's Räder GmbH") == {
        "id": 1,
        "slug": "soren-s-rader-gmbh",
        "name": "Søren's Räder GmbH",
    }
    assert audit(db) == [
        ("org.create", "org:1", None, {"via": "cli", "slug": "soren-s-rader-gmbh"})
    ]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        pytest.param("Acme", "acme-2", id="taken: numbered"),
        pytest.param("日本", "org", id="nothing in ASCII: a plain word"),
        pytest.param("  A -- B  ", "a-b", id="blanks and signs become one hyphen"),
        pytest.param("Settings", "settings-2", id="a page of the server's own: numbered"),
        pytest.param("1984", "org-1984", id="a number: with a word before it"),
        pytest.param("x" * 100, "x" * 45, id="cut, with room for a number"),
    ],
)
def test_slugs_are_derived(made, name, slug):
    made("org", "create", "Acme")
    assert made("org", "create", name)["slug"] == slug


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS))
def test_the_servers_own_addresses_are_no_slugs(run, slug):
    result = run("org", "create", "Acme", "--slug", slug)
    assert (result.exit_code, result.stderr) == (
        1,
        f"The slug {slug} is kept for the server's own pages; choose another.\n",
    )


def test_every_address_of_the_server_is_reserved(app):
    first = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    assert {word for word in first if word and not word.startswith("<")} <= RESERVED_SLUGS


def test_lists_show_what_was_created(made, acme):
    assert made("org", "list") == [{"id": 1, "slug": "acme", "name": "Acme"}]
    project = made("project", "create", "Web", "--org", "acme", "--platform", "javascript")
    assert made("project", "list", "--org", "acme") == [project]
    assert [user["role"] for user in made("user", "list", "--org", "acme")] == [
        "owner",
        "admin",
        "member",
    ]


@pytest.mark.parametrize("what", ["user", "project", "token"])
def test_lists_show_nothing_of_another_organization(made, acme, what):
    made("project", "create", "Web", "--org", "acme")
    made(
        "token", "create", "ci", "--org", "acme", "--user", "owner@acme.example", "--scope", ALL[0]
    )
    made("org", "create", "Other")
    assert made(what, "list", "--org", "other") == []


def test_a_user_without_a_password_gets_an_invitation(made, run, monkeypatch, acme):
    monkeypatch.setenv("JENTRY_URL", "https://errors.example.com/")
    user = made("user", "create", "New@Acme.Example", "--org", "acme", "--role", "member")
    assert user.pop("invite").startswith("https://errors.example.com/invite/")
    assert user == {"id": 4, "email": "new@acme.example", "role": "member"}


def test_a_reset_link_opens_the_page_for_a_new_password(made, db, acme, app):
    found = made("user", "reset", "Member@acme.example")
    assert found["url"].startswith("http://127.0.0.1:8000/password/reset/")
    path = found["url"].removeprefix("http://127.0.0.1:8000")
    assert "member@acme.example" in app.test_client().get(path).text
    assert audit(db)[-1] == ("user.reset_link", "user:3", None, {"via": "cli"})


def test_links_are_mailed_if_that_is_wanted(made, run, db, acme, monkeypatch):
    asked = ("user", "reset", "member@acme.example", "--mail")
    refused = run(*asked)
    assert (refused.exit_code, "--mail needs JENTRY_SMTP_URL" in refused.stderr) == (1, True)
    monkeypatch.setenv("JENTRY_URL", "https://errors.example.com")
    monkeypatch.setenv("JENTRY_SMTP_URL", "smtp://mail.example.com")
    made(*asked)
    made("user", "create", "new@acme.example", "--org", "acme", "--role", "member", "--mail")
    rows = db.execute("SELECT recipient, text FROM deliveries ORDER BY id").fetchall()
    told = [(row["recipient"], json.loads(row["text"])["template"]) for row in rows]
    assert told == [("member@acme.example", "password"), ("new@acme.example", "password")]


def test_a_second_factor_is_turned_off(made, db, acme):
    db.execute(
        """
        INSERT INTO second_factors (user_id, secret, created_at, confirmed_at)
        VALUES (3, 'A', 'x', 'x')
        """
    )
    found = made("user", "second-factor", "member@acme.example", "off")
    assert found == {"id": 3, "email": "member@acme.example", "hasSecondFactor": False}
    assert db.execute("SELECT count(*) FROM second_factors").fetchone()[0] == 0
    assert audit(db)[-1][0] == "user.second_factor_off"


def test_a_password_is_read_from_stdin_and_kept_as_scrypt(made, db, acme):
    user = made(
        "user", "create", "ann@acme.example", "--org", "acme", "--role", "admin", "--name", "Ann",
        "--password-stdin", input="correct horse\n",
    )  # fmt: skip
    assert user == {"id": 4, "email": "ann@acme.example", "role": "admin"}
    stored = db.execute("SELECT password FROM users WHERE id = 4").fetchone()[0]
    assert stored.startswith("scrypt:16384:8:5:")
    assert audit(db)[-1] == (
        "user.create",
        "user:4",
        None,
        {"via": "cli", "email": "ann@acme.example", "role": "admin"},
    )


def test_a_member_of_another_organization_keeps_the_account(made, db, acme):
    made("org", "create", "Other")
    user = made("user", "create", "owner@acme.example", "--org", "other", "--role", "member")
    assert (user["id"], user["role"]) == (1, "member")
    assert db.execute("SELECT count(*) FROM users").fetchone()[0] == 3


def test_a_project_keeps_the_id_and_key_it_is_given(made, db, acme):
    key = "A9A0145D24E1B111CFA008BEFDFBB130"
    project = made(
        "project", "create", "Web app", "--org", "acme", "--platform", "python", "--id", 4711,
        "--key", key,
    )  # fmt: skip
    assert project == {
        "id": 4711,
        "slug": "web-app",
        "publicKey": key.lower(),
        "dsn": f"http://{key.lower()}@127.0.0.1:8000/4711",
        "name": "Web app",
        "platform": "python",
    }
    assert audit(db)[-1][:2] == ("project.create", "project:4711")


def test_a_dsn_names_the_public_address(made, monkeypatch, acme):
    monkeypatch.setenv("JENTRY_URL", "https://errors.example.com/jentry")
    project = made("project", "create", "Web", "--org", "acme")
    assert project["dsn"] == f"https://{project['publicKey']}@errors.example.com/jentry/1"


def test_a_token_is_shown_once_and_only_its_hash_is_stored(made, db, acme):
    token = made(
        "token", "create", "ci", "--org", "acme", "--user", "admin@acme.example",
        "--scope", "issue:write", "--scope", "org:read", "--scope", "issue:write",
    )  # fmt: skip
    secret = token.pop("token")
    assert token == {"id": 1, "scopes": ["org:read", "issue:write"]}
    assert len(secret.removeprefix("jto_")) == 40
    (row,) = db.execute("SELECT sha256 FROM api_tokens").fetchall()
    assert row["sha256"] == sha256(secret.encode()).hexdigest()
    assert secret not in repr(every_row(db))
    (listed,) = made("token", "list", "--org", "acme")
    assert listed["lastFour"] == secret[-4:]
    assert secret not in json.dumps(listed)


def test_revoking_a_token_is_audited_once(run, made, db, acme):
    made(
        "token", "create", "ci", "--org", "acme", "--user", "owner@acme.example", "--scope", ALL[0]
    )
    assert made("token", "revoke", 1)["id"] == 1
    again = run("token", "revoke", 1)
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr.startswith("Token 1 was already revoked at 20")
    assert [row[:2] for row in audit(db)[-2:]] == [
        ("token.create", "token:1"),
        ("token.revoke", "token:1"),
    ]


def test_a_role_changes_and_the_same_again_is_not_audited(made, db, acme):
    change = ("user", "role", "member@acme.example", "--org", "acme", "--role", "admin")
    assert made(*change) == {"id": 3, "email": "member@acme.example", "role": "admin"}
    before = audit(db)
    assert made(*change)["role"] == "admin"
    assert audit(db) == before
    meta = {"via": "cli", "email": "member@acme.example", "from": "member", "to": "admin"}
    assert before[-1] == ("user.role", "user:3", None, meta)


def test_whoever_is_removed_loses_tokens_and_links_but_not_the_account(made, db, acme):
    make = ("token", "create", "ci", "--org", "acme", "--scope", ALL[0], "--user")
    old, token, other = (made(*make, f"{who}@acme.example") for who in ("admin", "admin", "owner"))
    made("token", "revoke", old["id"])
    removed = made("user", "remove", "admin@acme.example", "--org", "acme")
    assert removed == {"id": 2, "email": "admin@acme.example", "revokedTokens": [token["id"]]}
    assert [row[:2] for row in audit(db)[-2:]] == [
        ("token.revoke", f"token:{token['id']}"),
        ("user.remove", "user:2"),
    ]
    active = [t["id"] for t in made("token", "list", "--org", "acme") if not t["revokedAt"]]
    assert active == [other["id"]]
    assert [user["id"] for user in made("user", "list", "--org", "acme")] == [1, 3]
    assert db.execute("SELECT count(*) FROM users WHERE id = 2").fetchone()[0] == 1
    assert db.execute("SELECT count(*) FROM password_links WHERE user_id = 2").fetchone()[0] == 0


def test_whoever_is_in_another_organization_keeps_what_is_there(made, db, acme):
    made("org", "create", "Other")
    made("user", "create", "admin@acme.example", "--org", "other", "--role", "admin")
    make = ("token", "create", "ci", "--user", "admin@acme.example", "--scope", ALL[0], "--org")
    made(*make, "acme")
    kept = made(*make, "other")
    made("user", "remove", "admin@acme.example", "--org", "acme")
    (token,) = made("token", "list", "--org", "other")
    assert (token["id"], token["revokedAt"]) == (kept["id"], None)
    assert db.execute("SELECT count(*) FROM password_links WHERE user_id = 2").fetchone()[0] == 1


def test_an_organization_keeps_an_owner_who_can_act(run, made, db, acme):
    owner = "owner@acme.example"
    commands = [
        ("user", "role", owner, "--org", "acme", "--role", "admin"),
        ("user", "remove", owner, "--org", "acme"),
    ]
    made("user", "create", "gone@acme.example", "--org", "acme", "--role", "owner")
    db.execute("UPDATE users SET deactivated_at = 'x' WHERE email = 'gone@acme.example'")
    for command in commands:
        result = run(*command)
        said = f"{owner} is the last owner. Make somebody else an owner first.\n"
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", said)
    made("user", "role", "admin@acme.example", "--org", "acme", "--role", "owner")
    for command in commands:
        made(*command)


def test_an_operator_is_made_and_unmade(made, db, acme):
    shown = {"id": 3, "email": "member@acme.example", "isOperator": True}
    assert made("user", "operator", "Member@acme.example", "on") == shown
    before = audit(db)
    assert made("user", "operator", "member@acme.example", "on") == shown
    assert audit(db) == before
    meta = {"via": "cli", "email": "member@acme.example", "to": True}
    assert before[-1] == ("user.operator", "user:3", None, meta)
    assert made("user", "operator", "member@acme.example", "off") == shown | {"isOperator": False}


def test_what_has_a_name_gets_another(made, db, acme):
    project = made("project", "create", "Web", "--org", "acme")
    renamed = made("project", "rename", "web", "--org", "acme", "--name", "Shop", "--slug", "shop")
    assert renamed == project | {"name": "Shop", "slug": "shop"}
    assert audit(db)[-1][:2] == ("project.update", "project:1")
    org = {"id": 1, "slug": "acme", "name": "Acme GmbH"}
    assert made("org", "rename", "acme", "--name", "Acme GmbH") == org
    assert audit(db)[-1] == ("org.rename", "org:1", None, {"via": "cli", "name": "Acme GmbH"})
    assert made("org", "rename", "acme", "--slug", "acme-2") == org | {"slug": "acme-2"}
    before = audit(db)
    assert made("org", "rename", "acme-2", "--slug", "acme-2")["slug"] == "acme-2"
    assert audit(db) == before
    assert made("project", "list", "--org", "acme-2") == [renamed]


def test_keys_are_listed_and_rotated(made, db, acme):
    project = made("project", "create", "Web", "--org", "acme")
    made("project", "create", "Shop", "--org", "acme")
    (old,) = made("key", "list", "--org", "acme", "--project", "web")
    assert (old["publicKey"], old["dsn"]) == (project["publicKey"], project["dsn"])
    new = made("key", "rotate", old["id"], "--org", "acme", "--project", "web")
    assert new.pop("replaces") == old["id"]
    assert made("key", "list", "--org", "acme", "--project", "web") == [
        old | {"isActive": False},
        new,
    ]
    assert made("project", "list", "--org", "acme")[0]["dsn"] == new["dsn"] != old["dsn"]
    assert len(made("key", "list", "--org", "acme")) == 3
    assert audit(db)[-1][:2] == ("key.rotate", f"key:{new['id']}")


CREATE_USER = ("user", "create", "x@acme.example", "--org", "acme", "--role")
CREATE_TOKEN = ("token", "create", "ci", "--org", "acme", "--scope", "org:read", "--user")
CREATE_PROJECT = ("project", "create", "Web", "--org", "acme")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("org", "create", " "), "The organization's name must not be empty."),
        (("org", "create", "a\nb"), "line breaks or control characters."),
        (("org", "create", "x" * 101), "must not be longer than 100 characters."),
        (("org", "create", "B", "--slug", "acme"), "already an organization with the slug acme."),
        (("org", "create", "B", "--slug", "A b"), "A slug is made of lower-case letters"),
        (("user", "list", "--org", "nope"), "no organization with the slug nope. Known: acme."),
        (("user", "create", "x", "--org", "acme", "--role", "owner"), "'x' is not an email"),
        (
            ("user", "create", "OWNER@acme.example", "--org", "acme", "--role", "owner"),
            "owner@acme.example is already a member of this organization.",
        ),
        (
            (*CREATE_USER, "owner", "--password-stdin"),
            "The password must have at least 10 characters.",
        ),
        ((*CREATE_TOKEN, "member@acme.example"), "Only owners and admins can have API tokens"),
        ((*CREATE_TOKEN, "who@acme.example"), "who@acme.example is not a member"),
        (("token", "revoke", 9), "There is no token 9."),
        (
            ("user", "role", "x@acme.example", "--org", "acme", "--role", "owner"),
            "x@acme.example is not a member of this organization.",
        ),
        (("user", "remove", "x@acme.example", "--org", "acme"), "is not a member of this"),
        (("user", "operator", "x@acme.example", "on"), "There is no user x@acme.example."),
        (("org", "rename", "acme", "--slug", "docs"), "kept for the server's own pages"),
        (("org", "rename", "acme", "--name", " "), "The organization's name must not be empty."),
        (("project", "rename", "t", "--org", "acme", "--name", "X"), "Known: taken."),
        (("key", "list", "--org", "acme", "--project", "t"), "no project with the slug t"),
        (
            ("key", "rotate", 9, "--org", "acme", "--project", "taken"),
            "There is no such key.",
        ),
        ((*CREATE_PROJECT, "--key", "abc"), "made of 32 hexadecimal digits."),
        ((*CREATE_PROJECT, "--platform", "My OS"), "A platform is a word in lower case"),
        ((*CREATE_PROJECT, "--slug", "taken"), "already has a project with the slug taken."),
        ((*CREATE_PROJECT, "--id", "7"), "The id 7 cannot be given on this server"),
        ((*CREATE_PROJECT, "--key", "f" * 32), "The key ffff"),
    ],
)
def test_a_refusal_is_one_sentence_and_changes_nothing(run, made, db, acme, command, sentence):
    made("project", "create", "T", "--org", "acme", "--slug", "taken", "--id", 7, "--key", "f" * 32)
    before = audit(db)
    result = run(*command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert audit(db) == before


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("org",), id="no subcommand"),
        pytest.param(("org", "create"), id="a missing argument"),
        pytest.param(("org", "create", "A", "--colour", "red"), id="an unknown option"),
        pytest.param((*CREATE_USER, "boss"), id="an unknown role"),
        pytest.param(("token", "create", "ci", "--org", "acme", "--user", "a@b"), id="no scope"),
        pytest.param((*CREATE_TOKEN, "a@b", "--scope", "all"), id="an unknown scope"),
        pytest.param((*CREATE_TOKEN, "a@b", "--expires", "0"), id="expired from the start"),
        pytest.param((*CREATE_PROJECT, "--id", "0"), id="not an id"),
        pytest.param(("serve", "--port", "70000"), id="not a port"),
        pytest.param(("org", "rename", "acme"), id="nothing to change"),
        pytest.param(("project", "rename", "web", "--org", "acme"), id="nothing to change either"),
        pytest.param(("user", "operator", "a@b", "maybe"), id="neither on nor off"),
    ],
)
def test_wrong_usage_exits_with_2(run, command):
    assert run(*command).exit_code == 2


@pytest.mark.parametrize("where", ["before", "after", "environment"])
def test_the_database_can_be_named_in_three_places(run, made, new_database, monkeypatch, where):
    if where == "environment":
        monkeypatch.setenv("JENTRY_DB", str(new_database))
        command = ["org", "create", "A"]
    else:
        command = ["--db", new_database, "org", "create", "A"]
        command = command if where == "before" else [*command[2:], *command[:2]]
    assert run(*command).exit_code == 0
    assert [org["name"] for org in made("org", "list", "--db", new_database)] == ["A"]


def test_config_shows_every_setting(made, monkeypatch, database):
    monkeypatch.setenv("JENTRY_URL", "https://errors.example.com")
    expected = {variable(name): getattr(Settings(), name) for name in Settings.__slots__}
    given = {"JENTRY_DB": str(database), "JENTRY_URL": "https://errors.example.com"}
    assert made("config") == expected | given


def test_a_variable_that_is_no_setting_is_told(run, monkeypatch):
    monkeypatch.setenv("JENTRY_RETENTION_DAY", "30")
    result = run("config")
    assert result.exit_code == 0
    assert result.stderr == (
        "JENTRY_RETENTION_DAY is no setting of jentry and has no effect; "
        "did you mean JENTRY_RETENTION_DAYS?\n"
    )


@pytest.mark.parametrize("name", [":memory:", "file:x.db", "file:x.db?mode=memory"])
def test_what_is_no_file_to_sqlite_is_refused(run, monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    for result in (run("org", "list", "--db", name), run("org", "create", "X", "--db", name)):
        assert result.exit_code == 2
        assert "a file name; for a throwaway database" in result.stderr
    assert list(tmp_path.glob("*mem*")) == list(tmp_path.glob("file*")) == []


def test_a_setting_that_is_not_understood_is_named(run, monkeypatch):
    monkeypatch.setenv("JENTRY_QUOTA_HOUR", "many")
    result = run("config")
    assert result.exit_code == 2
    assert "JENTRY_QUOTA_HOUR='many' is not a whole number" in result.stderr


def test_check_finds_a_sound_database_sound(made, acme):
    report = made("check")
    assert (report["ok"], report["problems"]) == (True, [])


def test_check_finds_what_is_wrong(run, made, database, db, acme):
    made("project", "create", "Web", "--org", "acme")
    allow_orphans(db)
    db.execute(
        """
        INSERT INTO issues (project_id, type, title, level, search, status_at, first_seen,
                            last_seen, event_count)
        VALUES (1, 'error', 't', 'error', 't', 'x', 'x', 'x', 3)
        """
    )
    db.execute(
        """
        INSERT INTO events (id, project_id, event_id, issue_id, timestamp, received_at, level,
                            hash_id, bytes)
        VALUES (5, 2, ?, 1, 'x', 'x', 'error', 9, 77)
        """,
        (b"\0",),
    )
    db.execute("INSERT INTO tag_keys VALUES (4, 1, 'a', 2), (5, 1, 'b', 0)")
    db.execute("INSERT INTO tags VALUES (6, 1, 'a', 'x', 'x')")
    db.execute("INSERT INTO issue_tags VALUES (1, 5, 6, 1, 'x')")
    db.execute("DELETE FROM users WHERE id = 3")
    packed = bytes.fromhex("0200000007616263")
    db.execute("INSERT INTO event_payloads (id, data) VALUES (9, ?)", (packed,))
    result = run("check", "--json")
    assert result.exit_code == 1
    orphans = [
        "memberships row None refers to a missing row of users",
        "password_links row 3 refers to a missing row of users",
        "event_payloads row 9 refers to a missing row of events",
    ]
    kept = [] if isinstance(database, str) else orphans  # by PostgreSQL itself, as a rule
    assert json.loads(result.stdout)["problems"] == [
        *kept,
        "issue 1: event_count 3, events kept and gone 1",
        "issue 1: event_count 3, hours 0",
        "tag key 4: value_count 2, values 1",
        "tag 6: counted under key 5, its key 4",
        "event 5: project 2, that of its issue 1",
        "event 5: issue 1, that of its hash 0",
        "event 5: bytes 77, payload 0",
        "event 9: payload dictionary 7 is missing",
    ]


def test_a_file_that_is_no_database_is_refused(run, tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear all, " * 100)
    result = run("org", "list", "--db", path)
    assert (result.exit_code, result.stderr) == (
        1,
        f"Cannot open {path}: file is not a database.\n",
    )


def test_making_a_project_can_be_repeated(made, run):
    made("org", "create", "Acme")
    create = ("project", "create", " Web ", "--org", "acme", "--if-missing")
    first = made(*create)
    assert made(*create) == first
    assert (
        made("project", "create", "Other", "--org", "acme", "--slug", "web", "--if-missing")
        == first
    )
    assert run("project", "create", "Web", "--org", "acme", "--slug", "web").exit_code == 1
    assert len(made("project", "list", "--org", "acme")) == 1
