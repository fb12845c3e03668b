import json
import threading

import factories
import pytest
from refusals import refuse

from jentry import clock
from jentry.schemas.releases import MAX_COMMITS, MAX_DEPLOYS, MAX_FILES

NOW = clock.timestamp(factories.NOW)
EXAMPLE = {
    "version": "web@1.4.3",
    "ref": "a1b2c3d",
    "url": "https://git.test/releases/1.4.3",
    "dateReleased": "2026-11-19T10:00:00+02:00",
    "commits": [
        {
            "sha": "a1b2c3d",
            "author": "Jane",
            "authorEmail": "jane@jentry.test",
            "message": "Fix crash\n\nIt was mine.",
            "url": "http://git.test/a1b2c3d",
            "files": ["a.py", "b/ç.py"],
        },
        {"sha": "0000000"},
    ],
    "deploys": [
        {
            "environment": "production",
            "name": "eu",
            "url": "https://eu.test",
            "deployedAt": "2026-11-19T09:00:00Z",
        },
        {"environment": "staging"},
    ],
}


@pytest.fixture
def post(api, world):
    def call(body, project=None):
        return api.post(f"/projects/{project or world.project}/releases", body)

    return call


@pytest.fixture
def stored(db):
    """All releases with their commits and deploys, as far as the API sets them."""

    def rows(sql, *params):
        return [tuple(row) for row in db.execute(sql, params)]

    def read():
        return [
            (
                *release[1:],
                rows(
                    "SELECT sha, author, author_email, message, url, files FROM release_commits "
                    "WHERE release_id = ? ORDER BY position",
                    release[0],
                ),
                rows(
                    "SELECT environment, name, url, deployed_at FROM release_deploys "
                    "WHERE release_id = ? ORDER BY id",
                    release[0],
                ),
            )
            for release in rows(
                "SELECT id, version, ref, url, date_released, registered_at, sorted_at "
                "FROM releases ORDER BY id"
            )
        ]

    return read


STORED = (
    "web@1.4.3",
    "a1b2c3d",
    "https://git.test/releases/1.4.3",
    "2026-11-19T08:00:00.000Z",
    NOW,
    "2026-11-19T08:00:00.000Z",
    [
        ("a1b2c3d", "Jane", "jane@jentry.test", "Fix crash\n\nIt was mine.",
         "http://git.test/a1b2c3d", '["a.py", "b/ç.py"]'),
        ("0000000", None, None, None, None, "[]"),
    ],
    [
        ("production", "eu", "https://eu.test", "2026-11-19T09:00:00.000Z"),
        ("staging", None, None, NOW),
    ],
)  # fmt: skip


def meta(project, commits=2, deploys=2):
    counts = {"commits": commits, "deploys": deploys}
    return json.dumps(
        {"via": "api", "token": "test", "version": "web@1.4.3", "projectId": project} | counts
    )


def test_a_release_is_registered_with_its_commits_and_deploys(post, stored, audited, world):
    answer = post(EXAMPLE)
    release = answer.json["data"]["id"]
    assert answer.status_code == 201
    assert answer.json == {
        "data": {"id": release, "version": "web@1.4.3", "commits": 2, "deploys": 2}
    }
    assert stored() == [STORED]
    assert audited() == [("release.create", f"release:{release}", world.owner, meta(world.project))]


def test_the_same_again_changes_nothing_and_is_not_audited(post, stored, audited, monkeypatch):
    first = post(EXAMPLE)
    before = audited()
    monkeypatch.setattr(clock, "now", lambda: clock.parse("2026-12-24T00:00:00.000Z"))
    again = post(EXAMPLE)
    assert (again.status_code, again.json) == (201, first.json)
    assert stored() == [STORED]
    assert audited() == before


def test_another_body_replaces_commits_and_deploys(post, stored, audited, world):
    first = post(EXAMPLE).json["data"]
    body = EXAMPLE | {"commits": [{"sha": "b"}, {"sha": "a1b2c3d"}], "deploys": []}
    answer = post(body)
    assert (answer.status_code, answer.json["data"]) == (201, first | {"deploys": 0})
    ((*_, commits, deploys),) = stored()
    assert ([commit[0] for commit in commits], deploys) == (["b", "a1b2c3d"], [])
    assert audited()[1:] == [
        ("release.update", f"release:{first['id']}", world.owner, meta(world.project, 2, 0))
    ]


@pytest.mark.parametrize(
    ("body", "ref", "url", "released", "sorted_at"),
    [
        pytest.param(
            {},
            *STORED[1:4],
            STORED[3],
            id="absent members are kept",
        ),
        pytest.param(
            {"ref": None, "url": None, "dateReleased": None},
            *(None, None, None, NOW),
            id="null clears them",
        ),
        pytest.param(
            {"ref": "new", "dateReleased": "2020-01-01"},
            *("new", STORED[2], "2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"),
            id="others replace them",
        ),
    ],
)
def test_members_beside_the_lists(post, stored, body, ref, url, released, sorted_at):
    post(EXAMPLE)
    answer = post({"version": "web@1.4.3"} | body)
    assert answer.json["data"]["commits"] == answer.json["data"]["deploys"] == 0
    assert stored() == [("web@1.4.3", ref, url, released, NOW, sorted_at, [], [])]


def test_a_deploy_sent_again_without_a_time_keeps_its_time(post, stored, monkeypatch):
    deploy = {"environment": "production"}
    post({"version": "1", "deploys": [deploy]})
    monkeypatch.setattr(clock, "now", lambda: clock.parse("2026-12-24T00:00:00.000Z"))
    post({"version": "1", "deploys": [deploy, deploy, deploy | {"name": "eu"}]})
    ((*_, deploys),) = stored()
    christmas = "2026-12-24T00:00:00.000Z"
    assert [(name, at) for _, name, _, at in deploys] == [
        (None, NOW),
        (None, christmas),
        ("eu", christmas),
    ]


@pytest.mark.parametrize(
    ("columns", "body", "sorted_at"),
    [
        pytest.param(
            {"first_seen": "2026-10-01T00:00:00.000Z", "sorted_at": "2026-10-01T00:00:00.000Z"},
            {},
            "2026-10-01T00:00:00.000Z",
            id="by when it was first seen",
        ),
        pytest.param(
            {"first_seen": "2026-11-05T00:00:00.000Z"}, {}, factories.AT, id="by its creation"
        ),
        pytest.param(
            {"first_seen": "2026-10-01T00:00:00.000Z"},
            {"dateReleased": "2026-11-11T11:11:11.111111Z"},
            "2026-11-11T11:11:11.111Z",
            id="by its date",
        ),
    ],
)
def test_a_release_known_from_traffic_is_completed(
    post, db, world, audited, columns, body, sorted_at
):
    known = factories.release(
        db, world.project, "web@1.4.3", events=7, last_seen="2026-11-09T00:00:00.000Z", **columns
    )
    answer = post({"version": "web@1.4.3"} | body)
    assert answer.json["data"]["id"] == known
    (row,) = db.execute(
        "SELECT events, created_at, first_seen, last_seen, registered_at, sorted_at FROM releases"
    )
    assert tuple(row) == (
        7,
        factories.AT,
        columns["first_seen"],
        "2026-11-09T00:00:00.000Z",
        NOW,
        sorted_at,
    )
    assert [action for action, *_ in audited()] == ["release.create"]


def test_two_projects_have_a_version_of_the_same_name(post, world, stored):
    one, two = (post(EXAMPLE, p).json["data"]["id"] for p in (world.project, world.other_project))
    assert one != two
    assert stored() == [STORED, STORED]


def test_it_is_listed_at_once(post, api, world):
    post(EXAMPLE)
    (row,) = api.get(f"/projects/{world.project}/releases").json["data"]
    assert (row["release"], row["events"], row["firstSeen"]) == ("web@1.4.3", 0, None)


@pytest.mark.parametrize(
    ("commit", "expected"),
    [
        pytest.param(
            {
                "id": "abc",
                "author_name": "Jane",
                "author_email": "j@x.test",
                "message": "m",
                "patch_set": [{"path": "a.py", "type": "M"}, {"path": "b.py", "type": "D"}],
                "repository": "shop",
                "timestamp": "2026-11-01T00:00:00Z",
            },
            ("abc", "Jane", "j@x.test", "m", None, '["a.py", "b.py"]'),
            id="the names of sentry-cli",
        ),
        pytest.param(
            {"id": "theirs", "sha": "ours"}, ("ours", None, None, None, None, "[]"), id="ours win"
        ),
        pytest.param(
            {"sha": " a ", "author": None, "message": None, "url": None, "files": None},
            ("a", None, None, None, None, "[]"),
            id="null is nothing",
        ),
        pytest.param(
            {"sha": "a" * 64, "message": "é" * 70_000},
            ("a" * 64, None, None, "é" * 65_536, None, "[]"),
            id="long messages are cut",
        ),
        pytest.param(
            {"sha": "a", "files": ["x" * 4096]},
            ("a", None, None, None, None, json.dumps(["x" * 4096])),
            id="long paths",
        ),
    ],
)
def test_commits(post, stored, commit, expected):
    assert post({"version": "1", "commits": [commit]}).status_code == 201
    ((*_, commits, _),) = stored()
    assert commits == [expected]


def test_a_sha_named_twice_is_stored_once(post, stored):
    shas = ["b", "a", "b", "c"]
    body = {"version": "1", "commits": [{"sha": s, "author": str(n)} for n, s in enumerate(shas)]}
    assert post(body).json["data"]["commits"] == 3
    ((*_, commits, _),) = stored()
    assert [commit[:2] for commit in commits] == [("b", "0"), ("a", "1"), ("c", "3")]


@pytest.mark.parametrize(
    ("version", "kept"),
    [
        ("1", "1"),
        ("  web@1.0 (build 7)  ", "web@1.0 (build 7)"),
        ("x" * 200, "x" * 200),
        ("ß日🎉'\"%_", "ß日🎉'\"%_"),
        ("latest-1", "latest-1"),
        ("...", "..."),
    ],
)
def test_versions_are_kept_as_sent_but_for_outer_blanks(post, version, kept):
    answer = post({"version": version})
    assert (answer.status_code, answer.json["data"]["version"]) == (201, kept)


NAME = "nor contain slashes, backslashes, tabs or line breaks."
VERSION = f"version: Must not be one of ., .., latest {NAME}"
ENVIRONMENT = f"deploys.0.environment: Must not be one of ., .., none {NAME}"
TIME = "Must be a time in ISO 8601, such as 2026-06-29T12:30:00Z."
URL = "Must be an address that begins with http:// or https://."
NUL = "Must not contain NUL characters or half a surrogate pair."


def commit(**members):
    return {"version": "1", "commits": [{"sha": "a"}, {"sha": "b"} | members]}


def deploy(**members):
    return {"version": "1", "deploys": [{"environment": "a"} | members]}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "version: Missing data for required field."),
        ({"Version": "1"}, "version: Missing data for required field."),
        ({"version": None}, "version: Field may not be null."),
        ({"version": 1}, "version: Not a valid string."),
        ({"version": ""}, "version: Length must be between 1 and 200."),
        ({"version": " \t "}, "version: Length must be between 1 and 200."),
        ({"version": "x" * 201}, "version: Length must be between 1 and 200."),
        ({"version": "a\0b"}, f"version: {NUL}"),
        *(({"version": word}, VERSION) for word in (".", "..", "latest", "LaTest", "a/b", "a\\b")),
        *(({"version": f"a{letter}b"}, VERSION) for letter in "\r\n\t\f"),
        ({"version": "1", "ref": 7}, "ref: Not a valid string."),
        ({"version": "1", "ref": "x" * 201}, "ref: Longer than maximum length 200."),
        *(
            ({"version": "1", "url": url}, f"url: {URL}")
            for url in ("", "x", "javascript:alert(1)", "ftp://x.test", "https://", "http://[",
                        "//x.test", "https://x.test/a b", "https://x.test/\n<script>")
        ),
        (
            {"version": "1", "url": "http://x/" + "y" * 2048},
            "url: Longer than maximum length 2048.",
        ),
        *(
            ({"version": "1", "dateReleased": value}, f"dateReleased: {TIME}")
            for value in ("", "yesterday", 1700000000, True, [], "2026-13-01", "2026-02-30T00:00Z",
                          "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
        ),
        ({"version": "1", "commits": {}}, "commits: Not a valid list."),
        ({"version": "1", "commits": "a"}, "commits: Not a valid list."),
        ({"version": "1", "commits": None}, "commits: Field may not be null."),
        ({"version": "1", "commits": ["a"]}, "commits.0: Invalid input type."),
        ({"version": "1", "commits": [None]}, "commits.0: Field may not be null."),
        ({"version": "1", "commits": [{}]}, "commits.0.sha: Missing data for required field."),
        (commit(sha=""), "commits.1.sha: Length must be between 1 and 64."),
        (commit(sha="x" * 65), "commits.1.sha: Length must be between 1 and 64."),
        (commit(sha=7), "commits.1.sha: Not a valid string."),
        (commit(author={}), "commits.1.author: Not a valid string."),
        (commit(message=["x"]), "commits.1.message: Not a valid string."),
        (commit(url="x"), f"commits.1.url: {URL}"),
        (commit(files="a.py"), "commits.1.files: Not a valid list."),
        (commit(timestamp="soon"), f"commits.1.committedAt: {TIME}"),
        (commit(files=[7]), "commits.1.files.0: Not a valid string."),
        (commit(files=["a", {}]), "commits.1.files.1: Field may not be null."),
        (commit(files=[{"path": 1}]), "commits.1.files.0: Not a valid string."),
        (commit(files=["a\0"]), f"commits.1.files.0: {NUL}"),
        (
            commit(files=["a"] * (MAX_FILES + 1)),
            "commits.1.files: Longer than maximum length 1000.",
        ),
        (
            {"version": "1", "commits": [{"sha": "a"}] * (MAX_COMMITS + 1)},
            "commits: Longer than maximum length 1000.",
        ),
        (
            {"version": "1", "deploys": [{"environment": "a"}] * (MAX_DEPLOYS + 1)},
            "deploys: Longer than maximum length 100.",
        ),
        ({"version": "1", "deploys": 1}, "deploys: Not a valid list."),
        ({"version": "1", "deploys": [[]]}, "deploys.0: Invalid input type."),
        ({"version": "1", "deploys": [{}]},
         "deploys.0.environment: Missing data for required field."),
        *((deploy(environment=word), ENVIRONMENT) for word in ("None", "..", "a/b", "a\nb")),
        (deploy(environment="x" * 65), "deploys.0.environment: Length must be between 1 and 64."),
        (deploy(deployedAt="now"), f"deploys.0.deployedAt: {TIME}"),
        (deploy(name=1), "deploys.0.name: Not a valid string."),
        (deploy(url="javascript:x"), f"deploys.0.url: {URL}"),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)  # fmt: skip
def test_bad_values_are_refused_and_change_nothing(post, stored, audited, body, error):
    post({"version": "1", "commits": [{"sha": "kept"}]})
    before = (stored(), audited())
    answer = post(body)
    assert (answer.status_code, answer.json) == (400, {"error": error})
    assert (stored(), audited()) == before


@pytest.mark.parametrize(
    ("date", "kept"),
    [
        ("2026-06-29", "2026-06-29T00:00:00.000Z"),
        ("2026-06-29T12:30", "2026-06-29T12:30:00.000Z"),
        ("2026-06-29 12:30:00", "2026-06-29T12:30:00.000Z"),
        ("2026-06-29T12:30:00.123456789Z", "2026-06-29T12:30:00.123Z"),
        ("2026-06-29T12:30:00.5-07:00", "2026-06-29T19:30:00.500Z"),
        ("1969-01-01T00:00:00Z", "1969-01-01T00:00:00.000Z"),
    ],
)
def test_dates_are_kept_in_utc(post, stored, date, kept):
    assert post({"version": "1", "dateReleased": date}).status_code == 201
    assert stored()[0][3] == kept


def test_the_largest_release_fits(post):
    body = {
        "version": "1",
        "commits": [{"sha": str(n)} for n in range(MAX_COMMITS - 1)]
        + [{"sha": "x", "files": ["f"] * MAX_FILES}],
        "deploys": [{"environment": "a"}] * MAX_DEPLOYS,
    }
    answer = post(body).json["data"]
    assert (answer["commits"], answer["deploys"]) == (MAX_COMMITS, MAX_DEPLOYS)


@pytest.mark.parametrize("known", [True, False])
def test_without_its_audit_entry_nothing_is_changed(post, stored, db, known):
    if known:
        post(EXAMPLE)
    before = stored()
    refuse(db, "INSERT", "audit_log")
    answer = post(EXAMPLE | {"ref": "other", "commits": [{"sha": "z"}]})
    assert answer.status_code == 500
    assert list(answer.json) == ["error"]
    assert stored() == before


def test_a_release_of_another_organization_cannot_be_replaced(post, stored, world):
    assert post(EXAMPLE, world.foreign_project).status_code == 404
    assert stored() == []


def test_registering_at_the_same_time_makes_one_release(app, api, world, stored, audited):
    start = threading.Barrier(4)
    answers = []

    def register():
        client = app.test_client()
        start.wait()
        answers.append(
            client.post(
                f"/api/v1/projects/{world.project}/releases",
                json=EXAMPLE,
                headers={"Authorization": f"Bearer {api.token}"},
            )
        )

    threads = [threading.Thread(target=register) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json["data"]["id"] for answer in answers}) == 1
    assert stored() == [STORED]
    assert [action for action, *_ in audited()] == ["release.create"]
