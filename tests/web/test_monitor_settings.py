"""A job's schedule as a form: made before it reports in, changed, tried, deleted."""

import json
import re

import factories
import pytest

from jentry import clock
from jentry.store.connection import transaction


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)


@pytest.fixture
def new(world):
    return f"/projects/{world.project}/settings/monitors"


CRONTAB = {
    "slug": "nightly", "type": "crontab", "crontab": "30 2 * * *", "timezone": "Europe/Berlin",
    "checkin_margin": "5", "max_runtime": "60", "failure_issue_threshold": "2",
    "recovery_threshold": "3",
}  # fmt: skip
CONFIG = {
    "schedule": {"type": "crontab", "value": "30 2 * * *"}, "timezone": "Europe/Berlin",
    "checkin_margin": 5, "max_runtime": 60, "failure_issue_threshold": 2, "recovery_threshold": 3,
}  # fmt: skip


def held(db):
    return [
        (row["slug"], json.loads(row["config"] or "null"))
        for row in db.execute("SELECT slug, config FROM monitors ORDER BY id")
    ]


def test_a_job_is_made_before_it_reports_in(web, db, world, new):
    answer = web.post(new, CRONTAB)
    assert answer.headers["Location"] == f"/projects/{world.project}/monitors/nightly"
    assert held(db) == [("nightly", CONFIG)]
    page = web.get(answer.headers["Location"]).text
    assert "23 Nov 2026, 01:30:00 UTC" in page
    (key,) = db.execute(
        "SELECT public_key FROM client_keys WHERE project_id = ?", (world.project,)
    ).fetchone()
    assert f"/cron/nightly/{key}/" in page
    assert web.post(new, CRONTAB).status_code == 409


def test_an_interval_and_no_schedule_are_made_too(web, db, new):
    form = {"type": "interval", "every": "90", "unit": "minute", "timezone": "UTC"}
    web.post(new, form | {"slug": "often"})
    web.post(new, {"slug": "whenever", "type": "none"})
    said = {"type": "interval", "value": 90, "unit": "minute"}
    assert held(db) == [("often", {"schedule": said, "timezone": "UTC"}), ("whenever", None)]


def test_next_times_are_shown_and_nothing_is_made(web, db, new):
    page = web.post(new, CRONTAB | {"do": "try"}).text
    assert len(re.findall(r"2026, 01:30:00 UTC", page)) >= 5
    assert 'value="30 2 * * *"' in page
    assert held(db) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"crontab": "30 2 * *"}, "A crontab has five fields"),
        ({"crontab": "0 0 31 2 *"}, "This crontab cannot be read"),
        ({"slug": "Night <b>"}, "String does not match expected pattern."),
        ({"checkin_margin": "0"}, "Must be greater than or equal to 1"),
        ({"max_runtime": "ages"}, "Not a valid integer."),
        ({"type": "interval", "every": "", "unit": "hour"}, "A schedule is a crontab with a text"),
        ({"type": "interval", "every": "5", "unit": "eon"}, "Must be one of"),
        ({"timezone": "No/Where"}, "There is no time zone No/Where."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(web, db, new, change, error):
    answer = web.post(new, CRONTAB | change)
    assert (answer.status_code, error in answer.text) == (400, True)
    assert "Night <b>" not in answer.text
    assert held(db) == []


def test_a_schedule_is_changed_and_what_is_not_touched_stays(web, db, world, new):
    with transaction(db):
        factories.monitor(db, world.project, "nightly", config=json.dumps(CONFIG))
    page = web.get(f"{new}/nightly").text
    fields = dict(re.findall(r'<input class="field" id="(\w+)"[^>]* value="([^"]*)"', page))
    chosen = re.findall(r'<select class="field" id="(\w+)"(.*?)</select>', page, re.S)
    form = fields | {
        name: re.search(r'value="([^"]*)" selected', options)[1] for name, options in chosen
    }
    assert web.post(f"{new}/nightly", form).status_code == 303
    assert held(db) == [("nightly", CONFIG)]
    web.post(f"{new}/nightly", form | {"crontab": "@hourly"})
    assert held(db)[0][1]["schedule"]["value"] == "@hourly"
    web.post(f"{new}/nightly", form | {"type": "none"})
    assert held(db) == [("nightly", None)]
    web.post(f"{new}/nightly/delete", on=f"{new}/nightly")
    assert held(db) == []


@pytest.mark.parametrize(
    "config", [[1], {"schedule": "x"}, {"schedule": {"type": "crontab", "value": "<script>"}},
               {"schedule": {"type": "interval", "value": [2]}, "timezone": 7}]
)  # fmt: skip
def test_odd_schedules_of_clients_are_shown(web, db, world, new, config):
    with transaction(db):
        factories.monitor(db, world.project, "odd", config=json.dumps(config))
    for address in (f"{new}/odd", f"/projects/{world.project}/monitors/odd"):
        answer = web.get(address)
        assert (answer.status_code, "<script>" in answer.text) == (200, False)


def test_only_those_who_manage_monitors_may(signed_in, db, world, new):
    with transaction(db):
        factories.monitor(db, world.project, "nightly")
    member, foreign = signed_in(world.member), signed_in(world.foreign_user)
    for address in (new, f"{new}/nightly"):
        assert member.get(address).status_code == 403
        assert member.post(address, CRONTAB, on="/account").status_code == 403
        assert foreign.get(address).status_code == 404
        assert foreign.post(address, CRONTAB, on="/account").status_code == 404
    assert member.post(f"{new}/nightly/delete", on="/account").status_code == 403
    assert [slug for slug, _ in held(db)] == ["nightly"]
    assert "New monitor" not in member.get(f"/projects/{world.project}/monitors").text
