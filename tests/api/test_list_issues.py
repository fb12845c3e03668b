import factories
import pytest
from factories import ago
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jentry import create_app
from jentry.settings import Settings
from jentry.vocabulary import LEVELS, SORTS, STATUSES


@pytest.fixture
def listed(api, world):
    """The titles of a page, in order; all statuses unless told otherwise."""

    def call(query=""):
        answer = api.get(f"/projects/{world.project}/issues?{query or 'status=all'}")
        assert answer.status_code == 200, answer.json
        return [row["title"] for row in answer.json["data"]]

    return call


def test_an_issue_is_shown_whole(api, db, world):
    first = factories.release(db, world.project, "web@1.4.0")
    last = factories.release(db, world.project, "web@1.4.2")
    issue = factories.issue(
        db,
        world.project,
        title="TypeError: Cannot read properties of undefined",
        culprit="renderList(app/components/List.tsx)",
        substatus="ongoing",
        first_seen="2026-06-20T10:00:00.000Z",
        last_seen="2026-06-29T12:30:00.000Z",
        event_count=1284,
        user_count=57,
        first_release_id=first,
        last_release_id=last,
    )
    assert api.get(f"/projects/{world.project}/issues").json == {
        "data": [
            {
                "id": issue,
                "projectId": world.project,
                "title": "TypeError: Cannot read properties of undefined",
                "culprit": "renderList(app/components/List.tsx)",
                "type": "error",
                "level": "error",
                "status": "unresolved",
                "substatus": "ongoing",
                "statusDetails": {},
                "firstSeen": "2026-06-20T10:00:00.000Z",
                "lastSeen": "2026-06-29T12:30:00.000Z",
                "count": 1284,
                "userCount": 57,
                "parts": 0,
                "assigneeUserId": None,
                "mutedUntil": None,
                "firstRelease": "web@1.4.0",
                "lastRelease": "web@1.4.2",
                "permalink": f"http://jentry.test/projects/{world.project}/issues/{issue}",
            }
        ],
        "page": 1,
        "pageSize": 25,
        "total": 1,
        "nextCursor": None,
    }


def test_what_an_issue_does_not_have_is_empty_or_null(api, db, world):
    factories.issue(db, world.project, status="resolved", culprit="")
    (row,) = api.get(f"/projects/{world.project}/issues?status=resolved").json["data"]
    assert len(row) == 19
    found = {name: row[name] for name in row if row[name] in (None, "")}
    assert found == {
        "culprit": "",
        "substatus": None,
        "assigneeUserId": None,
        "mutedUntil": None,
        "firstRelease": None,
        "lastRelease": None,
    }


def test_an_empty_project_has_an_empty_page(api, world):
    assert api.get(f"/projects/{world.project}/issues").json == {
        "data": [],
        "page": 1,
        "pageSize": 25,
        "total": 0,
        "nextCursor": None,
    }


def test_other_projects_have_their_own_issues(listed, db, world):
    factories.issue(db, world.other_project)
    factories.issue(db, world.foreign_project)
    assert listed() == []


@pytest.fixture
def assorted(db, world):
    """A status, a level and a time for each; the titles name them."""
    rows = [
        ("unresolved", "error", ago(hours=1)),
        ("unresolved", "fatal", ago(hours=24)),
        ("unresolved", "info", ago(hours=24, milliseconds=1)),
        ("resolved", "error", ago(days=7)),
        ("resolved", "debug", ago(days=7, milliseconds=1)),
        ("ignored", "warning", ago(days=14)),
        ("ignored", "error", ago(days=14, milliseconds=1)),
    ]
    factories.issues(
        db,
        world.project,
        [
            {
                "status": status,
                "level": level,
                "last_seen": seen,
                "first_seen": "2026-01-01T00:00:00.000Z",
                "title": str(number),
                "substatus": {"unresolved": "new", "resolved": None}.get(
                    status, "archived_until_escalating"
                ),
            }
            for number, (status, level, seen) in enumerate(rows)
        ],
    )


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        pytest.param("limit=25", "012", id="unresolved ones unless told otherwise"),
        pytest.param("status=unresolved", "012", id="unresolved"),
        pytest.param("status=resolved", "34", id="resolved"),
        pytest.param("status=ignored", "56", id="ignored"),
        pytest.param("status=all", "0123456", id="all statuses"),
        pytest.param("status=all&level=error", "036", id="error"),
        pytest.param("status=all&level=fatal", "1", id="fatal"),
        pytest.param("status=all&level=warning", "5", id="warning"),
        pytest.param("status=all&level=info", "2", id="info"),
        pytest.param("status=all&level=debug", "4", id="debug"),
        pytest.param("status=all&level=all", "0123456", id="all levels"),
        pytest.param("status=all&period=24h", "01", id="a day, to the millisecond"),
        pytest.param("status=all&period=7d", "0123", id="a week, to the millisecond"),
        pytest.param("status=all&period=14d", "012345", id="two weeks, to the millisecond"),
        pytest.param("status=all&period=all", "0123456", id="all time"),
        pytest.param("level=error&period=24h&query=0", "0", id="filters add up"),
        pytest.param("level=error&period=24h&query=1", "", id="and may leave nothing"),
        pytest.param("status=resolved&status=all", "34", id="the first of a repeated parameter"),
    ],
)
@pytest.mark.parametrize("sort", SORTS)
def test_filters(api, world, assorted, query, titles, sort):
    answer = api.get(f"/projects/{world.project}/issues?{query}&sort={sort}").json
    assert sorted(row["title"] for row in answer["data"]) == list(titles)
    assert answer["total"] == len(titles)


@pytest.mark.parametrize(
    ("sort", "titles"),
    [
        pytest.param("", "bcda", id="last seen unless told otherwise"),
        pytest.param("&sort=last_seen", "bcda", id="last seen"),
        pytest.param("&sort=first_seen", "dcba", id="first seen"),
        pytest.param("&sort=events", "acdb", id="events"),
        pytest.param("&sort=users", "dbca", id="users"),
    ],
)
def test_orders_are_descending_and_the_newer_issue_wins_a_tie(listed, db, world, sort, titles):
    rows = [  # title, first seen, last seen, events, users
        ("a", "2026-01-01", "2026-02-01", 9, 1),
        ("b", "2026-01-02", "2026-03-01", 2, 5),
        ("d", "2026-01-03", "2026-02-02", 3, 7),
        ("c", "2026-01-03", "2026-02-02", 3, 2),
    ]
    factories.issues(
        db,
        world.project,
        [
            {
                "title": title,
                "first_seen": f"{first}T00:00:00.000Z",
                "last_seen": f"{last}T00:00:00.000Z",
                "event_count": events,
                "user_count": users,
            }
            for title, first, last, events, users in rows
        ],
    )
    expected = titles if "first_seen" not in sort else "cdba"
    assert "".join(listed(f"status=all{sort}")) == expected


TITLES = [
    "100% of the disk",
    "1000 of the disk",
    "snake_case",
    "snakeXcase",
    r"C:\temp\x",
    """it's a "quote" """.strip(),
    "Ünïcode Straße ΣΑΣ İstanbul",
    "ПРИВЕТ мир",
    "日本語エラー",
    "emoji 🎉 here",
    "a[b]c*d?e",
]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        pytest.param("100%25", [0], id="a percent sign is text"),
        pytest.param("%25", [0], id="and so it is alone"),
        pytest.param("e_c", [2], id="an underscore is text"),
        pytest.param("_", [2], id="and so it is alone"),
        pytest.param("%5C", [4], id="a backslash is text"),
        pytest.param("%5Ctemp%5Cx", [4], id="also before a letter"),
        pytest.param("it's", [5], id="an apostrophe is text"),
        pytest.param("%22quote%22", [5], id="quotes are text"),
        pytest.param("QUOTE", [5], id="ASCII in any case"),
        pytest.param("ÜNÏCODE", [6], id="accented letters in upper case"),
        pytest.param("ünïcode", [6], id="accented letters in lower case"),
        pytest.param("u\u0308ni\u0308code", [6], id="accents apart from their letters"),
        pytest.param("STRASSE", [6], id="a sharp s is two"),
        pytest.param("σας", [6], id="either sigma"),
        pytest.param("привет МИР", [7], id="Cyrillic in either case"),
        pytest.param("エラー", [8], id="letters without case"),
        pytest.param("🎉", [9], id="beyond the basic plane"),
        pytest.param("[b]c*d?e", [10], id="patterns of other languages are text"),
        pytest.param("%20%20snakex%09", [3], id="outer blanks are trimmed"),
        pytest.param("of the disk", [0, 1], id="several"),
        pytest.param("nothing has this", [], id="none"),
        pytest.param("' OR 1=1 --", [], id="not SQL"),
        pytest.param("the+culprit", list(range(11)), id="the culprit is searched too"),
        pytest.param("", list(range(11)), id="empty text is no filter"),
        pytest.param("%20", list(range(11)), id="nor are blanks"),
        pytest.param("x" * 500, [], id="500 characters are allowed"),
        pytest.param("%ff", [], id="what is not UTF-8 finds nothing"),
    ],
)
def test_text_is_found_in_title_and_culprit(listed, db, world, text, titles):
    factories.issues(
        db, world.project, [{"title": title, "culprit": "The Culprit"} for title in TITLES]
    )
    assert listed(f"query={text}&sort=users") == [TITLES[n] for n in reversed(titles)]


ORDERS = "Must be one of: last_seen, first_seen, events, users."


@pytest.mark.parametrize(
    ("query", "error"),
    [
        *(
            pytest.param(
                f"status={word}",
                "status: Must be one of: unresolved, resolved, ignored, all.",
                id=f"status {word or 'empty'}",
            )
            for word in ("archived", "Resolved", "unresolved%20", "", "%00", "resolved,ignored")
        ),
        *(
            pytest.param(
                f"level={word}",
                "level: Must be one of: fatal, error, warning, info, debug, all.",
                id=f"level {word or 'empty'}",
            )
            for word in ("critical", "ERROR", "40", "")
        ),
        *(
            pytest.param(
                f"period={word}",
                "period: Must be one of: 24h, 7d, 14d, all.",
                id=f"period {word or 'empty'}",
            )
            for word in ("30d", "24H", "7", "")
        ),
        *(
            pytest.param(f"sort={word}", f"sort: {ORDERS}", id=f"sort {word or 'empty'}")
            for word in ("lastSeen", "-events", "id", "events%20DESC", "")
        ),
        *(
            pytest.param(f"page={word}", f"page: {error}", id=f"page {word or 'empty'}")
            for word, error in [
                ("0", "Must be greater than or equal to 1."),
                ("-1", "Not a valid integer."),
                ("1.5", "Not a valid integer."),
                ("abc", "Not a valid integer."),
                ("", "Not a valid integer."),
                ("%D9%A3", "Not a valid integer."),
            ]
        ),
        pytest.param(
            "query=" + "x" * 501, "query: Longer than maximum length 500.", id="query of 501"
        ),
        pytest.param(
            "query=a%00b",
            "query: Must not contain NUL characters or half a surrogate pair.",
            id="query with NUL",
        ),
    ],
)
def test_bad_values_are_refused(api, world, query, error):
    answer = api.get(f"/projects/{world.project}/issues?{query}")
    assert (answer.status_code, answer.json) == (400, {"error": error})


@pytest.mark.parametrize("page", [2, 10**6, 2**63 - 1, 2**63, 10**30])
def test_pages_beyond_the_end_are_empty(api, db, world, page):
    factories.issue(db, world.project)
    answer = api.get(f"/projects/{world.project}/issues?page={page}&limit=7")
    assert (answer.status_code, answer.json) == (
        200,
        {"data": [], "page": page, "pageSize": 7, "total": 1, "nextCursor": None},
    )


@given(
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 9),
    values=st.lists(st.tuples(*[st.integers(0, 2)] * 4), max_size=25),
)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_walk_over_the_pages_meets_each_issue_once_whatever_the_ties(
    api, db, world, sort, limit, values
):
    db.execute("DELETE FROM issues")
    ids = factories.issues(
        db,
        world.project,
        [
            {
                "first_seen": f"2026-01-0{first + 1}T00:00:00.000Z",
                "last_seen": f"2026-02-0{last + 1}T00:00:00.000Z",
                "event_count": events,
                "user_count": users,
            }
            for first, last, events, users in values
        ],
    )
    seen, page = [], 1
    while rows := api.get(
        f"/projects/{world.project}/issues?sort={sort}&limit={limit}&page={page}"
    ).json["data"]:
        seen += rows
        page += 1
    assert sorted(row["id"] for row in seen) == sorted(ids)
    name = {"last_seen": "lastSeen", "first_seen": "firstSeen"}.get(
        sort, {"events": "count", "users": "userCount"}.get(sort)
    )
    keys = [(row[name], row["id"]) for row in seen]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize(
    ("stored", "columns", "shown"),
    [
        pytest.param("new", {"first_seen": ago(days=6)}, "new", id="new for a week"),
        pytest.param(
            "new", {"first_seen": ago(days=7), "status_at": ago(days=1)}, "ongoing", id="then not"
        ),
        pytest.param("regressed", {"status_at": ago(days=6)}, "regressed", id="regressed"),
        pytest.param("regressed", {"status_at": ago(days=7)}, "ongoing", id="long regressed"),
        pytest.param("escalating", {"status_at": ago(days=6)}, "escalating", id="escalating"),
        pytest.param("escalating", {"status_at": ago(days=7)}, "ongoing", id="long escalating"),
        pytest.param("ongoing", {"status_at": ago(days=1)}, "ongoing", id="ongoing"),
        pytest.param(
            "archived_until_escalating",
            {"status": "ignored", "status_at": ago(days=99)},
            "archived_until_escalating",
            id="ignored",
        ),
    ],
)
def test_the_substatus_ages_by_itself(api, db, world, stored, columns, shown):
    defaults = {"first_seen": ago(days=30), "last_seen": ago(days=0)}
    issue = factories.issue(db, world.project, substatus=stored, **defaults | columns)
    (row,) = api.get(f"/projects/{world.project}/issues?status=all").json["data"]
    assert row["substatus"] == shown
    own = {"grouping", "eventsKept", "eventsGone", "oldestEventAt"}
    detail = api.get(f"/issues/{issue}").json["data"]
    assert {name: detail[name] for name in detail.keys() - own} == row


@pytest.mark.parametrize(
    ("url", "hops", "headers", "base"),
    [
        pytest.param("https://x.test/sub", 0, {}, "https://x.test/sub", id="the setting"),
        pytest.param(None, 0, {}, "http://here.test", id="else the request's host"),
        pytest.param(
            None,
            0,
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test"},
            "http://here.test",
            id="strangers are not believed",
        ),
        pytest.param(
            None,
            1,
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "there.test"},
            "https://there.test",
            id="a trusted proxy is",
        ),
    ],
)
def test_permalinks_lead_to_this_server(api, db, database, world, url, hops, headers, base):
    issue = factories.issue(db, world.project)
    app = create_app(Settings(db=database, url=url, trusted_proxies=hops))
    answer = app.test_client().get(
        f"/api/v1/issues/{issue}",
        base_url="http://here.test",
        headers={"Authorization": f"Bearer {api.token}"} | headers,
    )
    expected = f"{base}/projects/{world.project}/issues/{issue}"
    assert answer.json["data"]["permalink"] == expected


def test_the_number_of_queries_does_not_grow(api, db, world, statements):
    release = factories.release(db, world.project)
    columns = {"first_release_id": release, "last_release_id": release}
    factories.issue(db, world.project, **columns)
    assert len(api.get(f"/projects/{world.project}/issues").json["data"]) == 1
    few = len(statements)
    factories.issues(db, world.project, [columns] * 19)
    statements.clear()
    assert len(api.get(f"/projects/{world.project}/issues").json["data"]) == 20
    assert len(statements) == few


def test_every_word_of_the_vocabulary_can_be_asked_for(listed):
    for status in (*STATUSES, "all"):
        for level in (*LEVELS, "all"):
            assert listed(f"status={status}&level={level}") == []
