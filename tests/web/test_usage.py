"""Usage: outcomes as a chart and a table, and where an event has gone."""

import html
import re

import checked
import factories
import pytest

from jentry import clock
from jentry.presentation import charts, intake

PAGE = "/settings/usage"


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)


@pytest.fixture
def outcome(db):
    """`outcome(project, hours ago, quantity, …)`"""

    def make(project, hours, quantity, **columns):
        (key,) = db.execute(
            "SELECT id FROM client_keys WHERE project_id = ?", (project,)
        ).fetchone()
        factories.outcome(db, key, clock.hour(factories.ago(hours=hours)), quantity, **columns)

    return make


def rows(response):
    body = response.text.partition("<tbody>")[2].partition("</tbody>")[0]
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("</tr>")[:-1]]
    return [tuple(html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in row) for row in found]


def answer(response):
    part = response.text.partition('id="where"')[2].partition("</section>")[0]
    found = re.search(r'role="status">(.*)</div></div>', part, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""


def test_it_adds_up_all_projects_or_one(web, db, world, outcome):
    other = factories.project(db, world.org, name="Other")
    outcome(world.project, 1, 5)
    outcome(world.project, 2, 1000, outcome="filtered", reason="localhost")
    outcome(other, 1, 7)
    outcome(other, 30, 100)
    outcome(world.foreign_project, 1, 999)
    assert rows(web.get(PAGE)) == [
        ("error", "Filtered", "the filter “localhost”", "1,000"),
        ("error", "Accepted", "Stored", "12"),
    ]
    assert rows(web.get(f"{PAGE}?project={other}&period=7d"))[0][3] == "107"
    assert rows(web.get(f"{PAGE}?project={world.foreign_project}"))[1][3] == "12"
    assert rows(web.get(f"{PAGE}?reason=localhost&outcome=filtered"))[0][3] == "1,000"
    assert rows(web.get(f"{PAGE}?category=error&outcome=accepted"))[0][3] == "12"
    label = re.search(r'<svg class="bars stack"[^>]*aria-label="([^"]+)"', web.get(PAGE).text)[1]
    assert label == "In 24 hours 12 accepted, 1,000 filtered."


def test_what_says_nothing_is_left_out_and_named(web, world, outcome):
    outcome(world.project, 1, 5)
    response = web.get(f"{PAGE}?period=1y&outcome=eaten&project=x")
    assert rows(response) == [("error", "Accepted", "Stored", "5")]
    assert "period, outcome: not understood, and left out." in response.text


def test_without_anything_it_says_so(web):
    assert "Nothing was sent in this time." in web.get(PAGE).text
    assert "Nothing of this kind." in web.get(f"{PAGE}?category=x").text


@pytest.mark.parametrize("text", ["575c", "g" * 32, "<b>" + "a" * 29])
def test_what_is_no_event_id_is_told(web, text):
    assert "That is no event id" in answer(web.get(f"{PAGE}?event={text}"))


def test_an_event_that_is_stored_is_found_with_its_issue(web, db, world):
    issue = factories.issue(db, world.project, title="<b>Bad</b>")
    factories.event(db, issue, event_id=b"e" * 16)
    for written in ("65" * 16, "65656565-6565-6565-6565-656565656565", f" {'65' * 16} "):
        response = web.get(PAGE, query_string={"event": written})
        assert answer(response).startswith("It is stored. In Shop, received 1 Nov 2026, 10:00:00")
        assert f"#{issue} <b>Bad</b>" in answer(response)
        place = f"/projects/{world.project}/issues/{issue}/events/{'65' * 16}"
        assert f'href="{place}"' in response.text
        assert web.get(place).status_code == 200


def test_what_came_with_an_event_that_did_not_is_told(web, db, world):
    factories.attachment(db, world.project, event_id=b"e" * 16)
    factories.report(db, world.project, event_id=b"e" * 16)
    said = answer(web.get(f"{PAGE}?event={'65' * 16}"))
    assert "1 attachment and 1 user report. The event itself was not sent yet" in said


def test_what_was_refused_meanwhile_is_told(web, world, outcome):
    address = f"{PAGE}?event={'65' * 16}"
    outcome(world.project, 1, 5)
    outcome(world.project, 1, 9, category="session", outcome="invalid", reason="session")
    outcome(world.project, 40, 9, outcome="invalid", reason="too_large")
    assert answer(web.get(address)).startswith("It was never seen. In 24 hours all events")
    outcome(world.project, 1, 3, outcome="rate_limited", reason="quota")
    said = answer(web.get(address))
    assert said.startswith("It was never stored.")
    assert "3 rate limited: the quota was used up" in said
    assert "9 invalid: too large" in answer(web.get(f"{address}&period=7d"))


def test_an_event_of_another_organization_was_never_seen(web, db, world, outcome):
    factories.event(db, factories.issue(db, world.foreign_project), event_id=b"e" * 16)
    outcome(world.foreign_project, 1, 3, outcome="rate_limited", reason="quota")
    assert answer(web.get(f"{PAGE}?event={'65' * 16}")).startswith("It was never seen.")


def test_a_member_may_look(signed_in, world):
    assert signed_in(world.member).get(PAGE).status_code == 200


def test_what_is_kept_and_what_went_is_told(web, db, world):
    issue, foreign = factories.issue(db, world.project), factories.issue(db, world.foreign_project)
    factories.event(db, issue)
    factories.event(db, foreign)
    for found, reason, events in ((issue, "age", 1200), (issue, "budget", 3), (foreign, "age", 9)):
        db.execute(
            "INSERT INTO issue_evictions VALUES (?, ?, ?, ?)",
            (found, reason, events, factories.ago(days=1)),
        )
    db.execute("UPDATE organizations SET eviction_level = 40 WHERE id = ?", (world.org,))
    part = web.get(PAGE).text.partition('id="kept"')[2].partition("</section>")[0]
    text = " ".join(re.sub(r"<[^>]+>", " ", part).split())
    assert "Not kept any more 1,203" in text
    assert "1,200 were too old" in text
    assert "3 went to make room on the disk, the last 1 day ago" in text
    assert "issues keep the 40 events that tell most" in text
    assert "The oldest arrived 19 days ago" in text
    assert re.search(r"Events 1 Size, packed \d+ B", text)
    assert re.search(r"Shop \d+ B 1$", text)


def test_every_reason_of_the_schema_has_words(db):
    assert set(checked.words(db, "issue_evictions", "reason")) == intake.GONE.keys()


def test_bars_stand_above_one_another_and_fill_the_height():
    over = charts.span("24h", 24, factories.ago())
    hour = clock.hour(factories.ago())
    found = intake.stack([(hour, "accepted", 60), (hour, "invalid", 30)], over, 240, 93)
    assert found.paths == [("accepted", "M235 93v-60"), ("invalid", "M235 33v-30")]
    assert (found.highest, found.total) == (90, 90)
