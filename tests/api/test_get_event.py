import factories
import pytest
from factories import ago

NO_EVENT = {"error": "There is no such event, or it is no longer kept."}


def name(event_id):
    return event_id.hex()


@pytest.fixture
def events(db, world):
    """Five events of an issue, oldest first; two have the same time."""
    issue = factories.issue(db, world.project)
    other = factories.issue(db, world.project)
    ids = [bytes([number]) * 16 for number in range(1, 6)]
    for position, hours in ((2, 2), (0, 4), (4, 1), (3, 2), (1, 3)):
        factories.event(db, issue, event_id=ids[position], timestamp=ago(hours=hours))
    factories.event(db, other, event_id=b"o" * 16, timestamp=ago(minutes=1))
    return issue, ids


def test_an_event_is_the_object_of_the_list_with_its_neighbours(api, events):
    issue, ids = events
    listed = api.get(f"/issues/{issue}/events").json["data"]
    assert [row["id"] for row in listed] == [name(event) for event in reversed(ids)]
    names = [None, *(row["id"] for row in reversed(listed)), None]
    for position, row in enumerate(reversed(listed)):
        place = {"position": position + 1, "retained": len(listed)}
        near = {"previousEventId": names[position], "nextEventId": names[position + 2]}
        expected = {"data": row | near | place}
        dashed = "-".join([row["id"][:8], *(row["id"][n : n + 4] for n in (8, 12, 16))])
        dashed += f"-{row['id'][20:]}"
        for spelled in (row["id"], row["id"].upper(), dashed):
            assert api.get(f"/events/{spelled}").json == expected
            assert api.get(f"/issues/{issue}/events/{spelled}").json == expected


def test_the_ends_have_names(api, events):
    issue, ids = events
    for end, event in (("latest", ids[-1]), ("oldest", ids[0])):
        answer = api.get(f"/issues/{issue}/events/{end}").json
        assert answer == api.get(f"/events/{name(event)}").json


def test_an_issue_whose_events_are_gone_has_no_ends(api, db, world):
    issue = factories.issue(db, world.project)
    for end in ("latest", "oldest"):
        answer = api.get(f"/issues/{issue}/events/{end}")
        error = "The events of this issue are no longer kept."
        assert (answer.status_code, answer.json) == (404, {"error": error})


def test_an_event_is_looked_for_in_its_issue_only(api, events):
    issue, _ = events
    for event in ("6f" * 16, "ff" * 16):
        answer = api.get(f"/issues/{issue}/events/{event}")
        assert (answer.status_code, answer.json) == (404, NO_EVENT)
    assert api.get(f"/events/{'6f' * 16}").json["data"]["issueId"] == issue + 1


def test_of_several_projects_the_newest_event_is_shown(api, db, world):
    found = {}
    for project, hours in (
        (world.project, 2),
        (world.other_project, 1),
        (world.foreign_project, 0),
    ):
        found[project] = factories.issue(db, project)
        factories.event(db, found[project], event_id=b"x" * 16, timestamp=ago(hours=hours))
    shown = api.get(f"/events/{'78' * 16}").json["data"]
    assert shown["issueId"] == found[world.other_project]
    mine = api.get(f"/issues/{found[world.project]}/events/{'78' * 16}").json["data"]
    assert (mine["projectId"], mine["previousEventId"], mine["nextEventId"]) == (
        world.project,
        None,
        None,
    )


@pytest.mark.parametrize(
    "text",
    ["latest", "0" * 31, "0" * 33, "g" * 32, f"{'0' * 8}-{'0' * 24}", f"{{{'0' * 32}}}", "-" * 36],
)
def test_what_is_no_event_id_is_no_address(api, text):
    answer = api.get(f"/events/{text}")
    assert (answer.status_code, answer.json) == (404, {"error": "There is no such address."})


def test_a_page_of_events_by_number(api, events):
    issue, ids = events
    answer = api.get(f"/issues/{issue}/events?limit=2&page=2").json
    assert [row["id"] for row in answer["data"]] == [name(ids[2]), name(ids[1])]
    assert (answer["page"], answer["pageSize"], answer["total"]) == (2, 2, 5)
