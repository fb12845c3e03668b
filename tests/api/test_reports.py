"""What people wrote about errors."""

import uuid

import factories
import pytest

EVENT = "9ec79c33ec9942ab8353589fcb2e04dc"
ID = bytes.fromhex(EVENT)


@pytest.fixture
def addresses(world):
    return {
        "project": f"/projects/{world.project}/user-reports",
        "event": f"/events/{EVENT}/user-reports",
    }


def comments(answer):
    assert answer.status_code == 200
    return [row["comments"] for row in answer.json["data"]]


@pytest.mark.parametrize("of", ["project", "event"])
def test_a_report_is_shown_whole_and_finds_its_issue_once_the_event_is_there(
    api, db, world, addresses, of
):
    report = factories.report(
        db,
        world.project,
        event_id=ID,
        name="Jane",
        email="jane@jentry.test",
        comments="I clicked, it broke.",
        url="https://shop.test/cart",
    )
    shown = {
        "id": report,
        "projectId": world.project,
        "source": "feedback",
        "eventId": EVENT,
        "issueId": None,
        "name": "Jane",
        "email": "jane@jentry.test",
        "comments": "I clicked, it broke.",
        "url": "https://shop.test/cart",
        "receivedAt": factories.AT,
    }
    rest = {"page": 1, "pageSize": 25, "total": 1}
    assert api.get(addresses[of]).json == {"data": [shown]} | rest
    # the same id in another project is another event
    factories.event(db, factories.issue(db, world.other_project), event_id=ID)
    assert api.get(addresses[of]).json == {"data": [shown]} | rest
    issue = factories.issue(db, world.project)
    factories.event(db, issue, event_id=ID)
    assert api.get(addresses[of]).json == {"data": [shown | {"issueId": issue}]} | rest


def test_a_report_about_nothing_in_particular_has_null(api, db, world, addresses):
    factories.report(db, world.project, source="user_report")
    (row,) = api.get(addresses["project"]).json["data"]
    absent = ("eventId", "issueId", "name", "email", "url")
    assert {name: row[name] for name in absent} == dict.fromkeys(absent)
    assert row["source"] == "user_report"


def test_a_project_has_its_own_reports_newest_first(api, db, world, addresses):
    for text in ("first", "second"):
        factories.report(db, world.project, comments=text)
    for project in (world.other_project, world.foreign_project):
        factories.report(db, project, comments="other")
    assert comments(api.get(addresses["project"])) == ["second", "first"]


def test_an_event_has_the_reports_of_all_own_projects_that_have_its_id(api, db, world, addresses):
    for project in (world.project, world.other_project, world.foreign_project):
        factories.report(db, project, comments=str(project), event_id=ID)
    factories.report(db, world.project, event_id=bytes(16))
    expected = [str(world.other_project), str(world.project)]
    assert comments(api.get(addresses["event"])) == expected
    assert comments(api.get(f"/events/{uuid.UUID(EVENT)}/user-reports")) == expected


@pytest.mark.parametrize("what", ["event", "attachment"])
def test_an_event_nobody_wrote_about_has_an_empty_list(api, db, world, addresses, what):
    if what == "event":
        factories.event(db, factories.issue(db, world.project), event_id=ID)
    else:
        factories.attachment(db, world.project, event_id=ID)
    assert comments(api.get(addresses["event"])) == []


def test_an_event_of_another_organization_is_not_found(api, db, world, addresses):
    factories.event(db, factories.issue(db, world.foreign_project), event_id=ID)
    answer = api.get(addresses["event"])
    assert (answer.status_code, answer.json) == (
        404,
        {"error": "There is no such event, or it is no longer kept."},
    )


@pytest.mark.parametrize("of", ["project", "event"])
@pytest.mark.parametrize(
    ("query", "texts", "page", "size"),
    [
        ("", ["4", "3", "2", "1", "0"], 1, 25),
        ("?limit=2", ["4", "3"], 1, 2),
        ("?limit=2&page=3", ["0"], 3, 2),
        ("?limit=2&page=4", [], 4, 2),
        (f"?page={10**30}", [], 10**30, 25),
    ],
)
def test_pages(api, db, world, addresses, of, query, texts, page, size):
    for number in range(5):
        factories.report(db, world.project, event_id=ID, comments=str(number))
    answer = api.get(addresses[of] + query)
    assert comments(answer) == texts
    rest = {name: value for name, value in answer.json.items() if name != "data"}
    assert rest == {"page": page, "pageSize": size, "total": 5}


@pytest.mark.parametrize("of", ["project", "event"])
@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("0", "page: Must be greater than or equal to 1."),
        ("1.5", "page: Not a valid integer."),
        ("", "page: Not a valid integer."),
    ],
)
def test_pages_are_numbers_from_1(api, db, world, addresses, of, page, error):
    factories.report(db, world.project, event_id=ID)
    answer = api.get(f"{addresses[of]}?page={page}")
    assert (answer.status_code, answer.json) == (400, {"error": error})


@pytest.mark.parametrize("of", ["project", "event"])
def test_the_number_of_queries_does_not_grow(api, db, world, addresses, statements, of):
    factories.report(db, world.project, event_id=ID)
    api.get(addresses[of])
    few = len(statements)
    for _ in range(20):
        factories.report(db, world.project, event_id=ID)
    statements.clear()
    assert len(comments(api.get(addresses[of]))) == 21
    assert len(statements) == few
