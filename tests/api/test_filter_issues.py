"""The filters that both lists of issues have beside status, level, text and period."""

import factories
import pytest
from factories import ago

WHO = "assignee: Must be the id of a user, me or none."
TIME = "Must be a time in ISO 8601, such as 2026-06-29T12:30:00Z."
TEXT = "Must not contain NUL characters or half a surrogate pair."


def tag(db, project, issue, key, value, **columns):
    row = db.execute(
        "SELECT id FROM tags WHERE project_id = ? AND key = ? AND value = ?", (project, key, value)
    ).fetchone()
    tag_id = row[0] if row else factories.tag(db, project, key, value)
    columns = {"events": 1, "last_seen": ago(days=1)} | columns
    factories.issue_tag(db, issue, tag_id, columns["events"], columns["last_seen"])


ROWS = [  # title, hours since it was last seen, whose it is, tags, releases
    ("a", 1, "owner", {"environment": "production", "browser": "Firefox"}, ["web@1", "web@2"]),
    ("b", 2, "member", {"environment": "staging", "browser": "Firefox", "os": "Linux"}, ["web@2"]),
    ("c", 3, None, {"environment": "production", "browser": "Opera Mini", "os": "Linux"}, []),
    ("d", 4, None, {}, ["Ünï+ code"]),
]


@pytest.fixture
def assorted(db, world):
    """The same four issues in a project, in another one and in another organization's."""
    db.execute("BEGIN")
    for project in (world.project, world.other_project, world.foreign_project):
        versions = {
            version: factories.release(db, project, version)
            for version in sorted({version for row in ROWS for version in row[4]})
        }
        for title, hours, who, tags, releases in ROWS:
            issue = factories.issue(
                db,
                project,
                title=title,
                last_seen=ago(hours=hours),
                first_seen=ago(days=1),
                assignee_id=getattr(world, who) if who else None,
            )
            for pair in tags.items():
                tag(db, project, issue, *pair)
            for version in releases:
                place = (issue, versions[version], 1)
                db.execute("INSERT INTO issue_releases VALUES (?, ?, ?)", place)
    db.execute("COMMIT")


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        pytest.param("environment=production", "ac", id="environment"),
        pytest.param("environment=Production", "", id="in this case"),
        pytest.param("environment=prod", "", id="and whole"),
        pytest.param("environment=%20staging%20", "b", id="outer blanks are trimmed"),
        pytest.param("environment=", "abcd", id="empty is no filter"),
        pytest.param("release=web@2", "ab", id="any release of its events"),
        pytest.param("release=web%402", "ab", id="percent-encoded"),
        pytest.param("release=%C3%9Cn%C3%AF%2B%20code", "d", id="any characters"),
        pytest.param("release=web@3", "", id="unknown release"),
        pytest.param("release=", "abcd", id="empty release is no filter"),
        pytest.param("assignee=1", "a", id="assignee"),
        pytest.param("assignee=0002", "b", id="assignee with zeros"),
        pytest.param("assignee=99", "", id="nobody's id"),
        pytest.param("assignee=none", "cd", id="assigned to nobody"),
        pytest.param("assignee=me", "a", id="assigned to the owner of the token"),
        pytest.param("tag[release]=web@2", "ab", id="a release as a tag"),
        pytest.param("tag[release]=web@2&release=web@1", "a", id="both releases"),
        pytest.param("tag[browser]=Firefox", "ab", id="tag"),
        pytest.param("tag%5Bbrowser%5D=Firefox", "ab", id="encoded brackets"),
        pytest.param("tag[browser]=Opera+Mini", "c", id="blank in a value"),
        pytest.param("tag[browser]=Firefox&tag[os]=Linux", "b", id="tags combine with and"),
        pytest.param("tag[browser]=Firefox&tag[browser]=Opera+Mini", "ab", id="the first value"),
        pytest.param("tag[Browser]=Firefox", "", id="keys have a case"),
        pytest.param("tag[environment]=staging", "b", id="the environment is a tag"),
        pytest.param("tag[environment]=staging&environment=production", "", id="both"),
        pytest.param("tag[a]b]=x", "", id="a bracket in a key"),
        pytest.param(f"since={ago(hours=2)}", "ab", id="since is inclusive"),
        pytest.param("since=2026-11-20T10:00:00.001Z", "a", id="to the millisecond"),
        pytest.param("since=2026-11-20T11:00:00%2B01:00", "ab", id="with an offset"),
        pytest.param("since=2026-11-20", "abcd", id="a date"),
        pytest.param(f"until={ago(hours=2)}", "cd", id="until is exclusive"),
        pytest.param(f"since={ago(hours=3)}&until={ago(hours=1)}", "bc", id="both bounds"),
        pytest.param(f"since={ago(hours=1)}&until={ago(hours=3)}", "", id="wrong way round"),
        pytest.param(f"since={ago(days=9)}&period=24h", "abcd", id="the narrower of both"),
        pytest.param(f"since={ago(hours=1)}&period=14d", "a", id="also this one"),
        pytest.param("environment=production&release=web@1&assignee=1&query=A", "a", id="all"),
        pytest.param("tag=1&tags[a]=b&Environment=x&colour=red", None, id="a tag without a key"),
    ],
)
@pytest.mark.parametrize("sort", ["last_seen", "events"])
def test_filters(api, world, assorted, query, titles, sort):
    for path, times in (
        (f"/projects/{world.project}/issues", 1),
        ("/issues", 2),
        (f"/issues?project={world.other_project}", 1),
    ):
        answer = api.get(f"{path}{'&' if '?' in path else '?'}{query}&sort={sort}")
        if titles is None:
            error = "tag: Must be pairs of key and value, such as tag[browser]=Firefox."
            assert (answer.status_code, answer.json) == (400, {"error": error})
            continue
        found = sorted(row["title"] for row in answer.json["data"])
        assert found == sorted(titles * times), path
        assert answer.json["total"] == len(found)
        owners = {row["projectId"] for row in answer.json["data"]}
        assert owners <= {world.project, world.other_project}


def test_unknown_parameters_are_still_ignored(api, world, assorted):
    for query in ("tags[a]=b", "Environment=x", "tag[=x", "tag]=x", "[]=", "environment[]=x"):
        answer = api.get(f"/projects/{world.project}/issues?{query}")
        assert (answer.status_code, answer.json["total"]) == (200, 4), query


@pytest.mark.parametrize(
    ("query", "error"),
    [
        *(pytest.param(f"assignee={word}", WHO, id=f"assignee {word or 'empty'}")
          for word in ("", "0", "-1", "None", "1.0", "%D9%A3", "9" * 19, "9" * 40)),
        *(pytest.param(f"{name}={word}", f"{name}: {TIME}", id=f"{name} {word or 'empty'}")
          for name in ("since", "until") for word in ("", "yesterday", "24h", "1700000000000",
          "2026-13-01", "0001-01-01T00:00:00%2B23:00", "2026-11-20T11:00:00+01:00")),
        pytest.param("environment=%00", f"environment: {TEXT}", id="NUL"),
        pytest.param(
            "release=" + "x" * 201, "release: Longer than maximum length 200.", id="long release"
        ),
        pytest.param("tag[]=x", "tag..key: Length must be between 1 and 200.", id="empty key"),
        pytest.param("tag[a]=", "tag.a.value: Length must be between 1 and 200.", id="empty value"),
        pytest.param(
            "&".join(f"tag[{n}]=x" for n in range(11)),
            "tag: Longer than maximum length 10.",
            id="eleven tags",
        ),
    ],
)  # fmt: skip
def test_bad_values_are_refused(api, world, query, error):
    for path in (f"/projects/{world.project}/issues", "/issues"):
        answer = api.get(f"{path}?{query}")
        assert (answer.status_code, answer.json) == (400, {"error": error})


def test_a_project_that_is_not_there_is_no_empty_list(api, world):
    for project in (world.foreign_project, 10**6):
        answer = api.get(f"/issues?project={project}")
        assert (answer.status_code, answer.json) == (404, {"error": "There is no such project."})
    for word in ("", "0", "abc", "-1", str(2**63)):
        answer = api.get(f"/issues?project={word}")
        assert answer.status_code == 400
        assert answer.json["error"].startswith("project: ")


def test_issues_of_all_projects_are_in_one_order(api, db, world):
    ids = [
        factories.issue(db, project, event_count=count, last_seen=ago(days=count))
        for count, project in enumerate([world.project, world.other_project] * 3, 1)
    ]
    assert [row["id"] for row in api.get("/issues").json["data"]] == ids
    newest = api.get("/issues?sort=events&limit=2&page=2").json
    assert [row["id"] for row in newest["data"]] == ids[-3:-5:-1]
    assert (newest["page"], newest["pageSize"], newest["total"]) == (2, 2, 6)


def test_an_organization_without_projects_has_no_issues(api, db, world):
    db.execute("DELETE FROM projects WHERE org_id = ?", (world.org,))
    assert api.get("/issues").json["data"] == []


def test_the_number_of_queries_grows_neither_with_issues_nor_with_projects(
    api, db, world, statements
):
    factories.issue(db, world.project)
    assert len(api.get("/issues").json["data"]) == 1
    few = len(statements)
    for _ in range(19):
        factories.issue(db, factories.project(db, world.org))
    statements.clear()
    assert len(api.get("/issues").json["data"]) == 20
    assert len(statements) == few


@pytest.mark.parametrize("projects", [99, 130], ids=["merged", "too many to merge"])
def test_very_many_projects(api, db, world, projects):
    db.execute("BEGIN")
    ids = [
        factories.issue(db, factories.project(db, world.org), user_count=number % 7)
        for number in range(projects)
    ]
    db.execute("COMMIT")
    seen, cursor = [], ""
    while cursor is not None:
        answer = api.get(f"/issues?sort=users&limit=40{cursor and '&cursor='}{cursor}").json
        seen += [(row["userCount"], row["id"]) for row in answer["data"]]
        cursor = answer["nextCursor"]
    assert sorted(row[1] for row in seen) == ids
    assert seen == sorted(seen, reverse=True)
