"""Issues by Sentry's API: which a list holds, how one is named, what it has."""

import factories
import pytest
from sentry_members import EVENT

LIST = "/organizations/acme/issues/"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        pytest.param(LIST, ["first", "third"], id="unresolved ones, when nothing is asked"),
        pytest.param("/issues/", ["first", "third"], id="of the token's organization"),
        pytest.param(f"{LIST}?query=", ["first", "fourth", "second", "third"], id="empty: all"),
        pytest.param(f"{LIST}?query=is:resolved", ["second"], id="a state"),
        pytest.param(f"{LIST}?query=is:muted", ["fourth"], id="as sentry-cli calls ignored"),
        pytest.param(f"{LIST}?query=RangeError", ["third"], id="text, among the unresolved"),
        pytest.param(f"{LIST}?statsPeriod=14d", ["first"], id="last seen in a period"),
        pytest.param(f"{LIST}?query=&start=2026-11-17T00:00:00&end=2026-11-19T00:00:00",
                     ["fourth", "second"], id="last seen in a span of UTC"),
        pytest.param(f"{LIST}?sort=freq", ["first", "third"], id="by events"),
        pytest.param(f"{LIST}?sort=new", ["first", "third"], id="by first seen"),
        pytest.param(f"{LIST}?project=web-app", ["third"], id="of a project by slug"),
        pytest.param(f"{LIST}?query=&project=shop&project=web-app",
                     ["first", "fourth", "second", "third"], id="of several projects"),
        pytest.param(f"{LIST}?project=-1", ["first", "third"], id="-1 is all of them"),
        pytest.param(f"{LIST}?query=project:web-app", ["third"], id="a project in the query"),
        pytest.param("/projects/acme/web-app/issues/?query=", ["second", "third"], id="by address"),
        pytest.param(f"{LIST}?query={EVENT}", ["third"], id="an event's id"),
        pytest.param(f"{LIST}?query={EVENT}&statsPeriod=24h", ["third"], id="whatever the period"),
        pytest.param(f"{LIST}?query=is:unresolved {EVENT.upper()}", ["third"], id="with a state"),
        pytest.param(f"{LIST}?query=assigned_or_suggested:me", [], id="Sentry's name of assigned"),
        pytest.param(f"{LIST}?query=is:unresolved issue.category:error", ["first", "third"],
                     id="what holds for every issue"),
        pytest.param(f"{LIST}?query=lastSeen:>2026-11-19T00:00:00.0Z", ["first"], id="ISO times"),
        pytest.param(f"{LIST}?query=is:for_review times_seen:>100", ["first"], id="timesSeen"),
        pytest.param(f"{LIST}?collapse=unhandled&utc=true&referrer=x", ["first", "third"],
                     id="unknown parameters"),
    ],
)  # fmt: skip
def test_a_list_holds(world, address, found):
    answer = world.get(address)
    assert answer.status_code == 200, answer.json
    assert [int(row["id"]) for row in answer.json] == [getattr(world, name) for name in found]
    assert answer.headers["X-Hits"] == str(len(found))


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("query=is:nonsense", "query: nonsense is no state of an issue (character 4)."),
        ("query=(", "query: a parenthesis is not closed (character 1)."),
        ("statsPeriod=month", "statsPeriod: Must be a number and a unit such as 24h or 14d."),
        ("start=yesterday", "start: Must be a time such as 2026-06-01T12:30:00."),
        ("cursor=nothing", "cursor: Take it from the Link header of the page before."),
        ("limit=none", "per_page: Must be a whole number from 1 to 100."),
        ("statsPeriod=999999w", "statsPeriod: Is longer than time."),
    ],
)
def test_a_wrong_parameter_is_told_in_words(world, query, detail):
    answer = world.get(f"{LIST}?{query}")
    assert (answer.status_code, answer.json) == (400, {"detail": detail})


def test_a_project_that_is_not_there_is_no_empty_list(world):
    assert world.get(f"{LIST}?project=foreign").status_code == 404


def test_pages_are_walked_by_the_link_header(world):
    seen, cursor = [], ""
    for _ in range(6):
        answer = world.get(f"{LIST}?query=&limit=1&cursor={cursor}")
        seen += [int(row["id"]) for row in answer.json]
        before, after = answer.headers["Link"].split(", ")
        assert 'rel="previous"' in before
        assert 'rel="next"' in after
        cursor = after.split('cursor="')[1].rstrip('"')
        if 'results="false"' in after:
            break
    assert seen == [world.first, world.fourth, world.second, world.third]


def test_more_than_a_hundred_are_a_hundred(world, db):
    factories.issues(db, world.project, [{} for _ in range(120)])
    assert len(world.get(f"{LIST}?limit=10000").json) == 100


@pytest.mark.parametrize(
    "name",
    ["{first}", "SHOP-{first}", "shop-{first}", "OLD-NAME-{first}", "old_name-{first}"],
)
@pytest.mark.parametrize("place", ["/organizations/acme/issues", "/issues", "/projects/1/1/issues"])
def test_an_issue_is_named(world, place, name):
    """By its number; the slug is that of its project, or of one that has another name by now."""
    found = world.get(f"{place}/{name.format(first=world.first)}/")
    assert (found.status_code, found.json["shortId"]) == (200, f"SHOP-{world.first}")


@pytest.mark.parametrize("name", ["{fifth}", "FOREIGN-{fifth}", "WEB-APP-{first}", "x", "99999",
                                  "99999999999999999999", "0"])  # fmt: skip
def test_another_issue_is_not_there(world, name):
    named = name.format(first=world.first, fifth=world.fifth)
    for path in ("", "events/", "events/latest/", "tags/", "notes/", "activities/", "hashes/"):
        answer = world.get(f"/organizations/acme/issues/{named}/{path}")
        assert answer.status_code == 404
        assert list(answer.json) == ["detail"]
    assert world.put(f"/issues/{named}/", {"status": "resolved"}).status_code == 404
    assert world.post(f"/issues/{named}/notes/", {"text": "x"}).status_code == 404


def test_an_issue_has_what_its_clients_read(world):
    shown = world.get(f"/organizations/acme/issues/{world.first}/").json
    assert shown["count"] == "1284"
    assert shown["userCount"] == 57
    assert shown["metadata"] == {"title": "KeyError: 'a'", "type": "KeyError", "value": "'a'"}
    assert (shown["status"], shown["numComments"]) == ("unresolved", 1)
    assert shown["assignedTo"]["name"] == "Kim"
    assert len(shown["stats"]["24h"]) == 24
    assert sum(number for _, number in shown["stats"]["24h"]) == 7
    assert shown["permalink"] == f"http://jentry.test/organizations/acme/issues/{world.first}/"
    short = world.get(f"/organizations/acme/shortids/SHOP-{world.first}/").json
    assert (short["group"], short["projectSlug"]) == (shown, "shop")


def test_a_page_asks_the_database_as_often_for_one_as_for_many(world, app, db):
    factories.issues(db, world.project, [{} for _ in range(60)])

    def asked(limit):
        seen = []
        original = type(db).execute

        def spy(self, *args):
            seen.append(args[0])
            return original(self, *args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(db), "execute", spy)
            world.get(f"{LIST}?limit={limit}")
        return len(seen)

    asked(1)
    assert asked(2) == asked(60)
