"""Scheduled jobs: the list, and one with its check-ins along a line of time."""

import json
import re

import checked
import factories
import pytest

from jentry import clock
from jentry.presentation import monitors as shown


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)


@pytest.fixture
def page(world):
    return f"/projects/{world.project}/monitors"


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def test_the_list_shows_schedule_and_latest_check_in(web, db, world, page):
    assert "No job has reported in yet." in web.get(page).text
    config = json.dumps({"schedule": {"type": "interval", "value": 5, "unit": "minute"}})
    job = factories.monitor(db, world.project, "warm-up", config=config)
    factories.monitor(db, world.project, "never")
    factories.monitor(db, world.foreign_project, "theirs")
    factories.check_in(db, job, status="ok", duration=0.34)
    factories.check_in(db, job, status="error", started_at=factories.ago(minutes=4), duration=75)
    text = text_of(web.get(page))
    assert "warm-up Every 5 minutes 4 minutes ago , took 1 min Failed" in text
    assert "never Not said None yet" in text
    assert "theirs" not in text


def test_one_job_shows_its_check_ins(web, db, world, page):
    job = factories.monitor(db, world.project, "nightly")
    for hours in (72, 48, 24):
        at = factories.ago(hours=hours)
        factories.check_in(
            db, job, status="error" if hours == 48 else "ok", started_at=at, updated_at=at,
            duration=12.5, environment="production", release="shop@1",
        )  # fmt: skip
    factories.check_in(db, job, status="in_progress", started_at=factories.ago(minutes=1))
    response = web.get(f"{page}/nightly")
    text = text_of(response)
    assert "The latest 4 check-ins: 2 OK, 1 running, 1 failed" in text
    assert "1 day ago 19 Nov 2026, 12:00:00 UTC 12.5 s production shop@1 OK" in text
    assert response.text.count('<path class="c-') == 3
    assert "There is no such page." in web.get(f"{page}/nightly?page=7").text


def test_how_a_job_does_is_shown_for_each_environment(web, db, world, page):
    job = factories.monitor(db, world.project, "nightly")
    for environment, status in (("production", "failing"), ("<b>", "ok")):
        db.execute(
            """
            INSERT INTO monitor_environments (monitor_id, environment, status, next_expected_at,
                                              last_check_in_at)
            VALUES (?, ?, ?, ?, ?)
            """,
            (job, environment, status, factories.ago(hours=-2), factories.ago(hours=1)),
        )
    response = web.get(f"{page}/nightly")
    text = text_of(response)
    assert "production Last check-in 1 hour ago Next expected in 2 hours Failing" in text
    assert "<b>" not in response.text
    assert "Failing" in text_of(web.get(page))


def test_a_job_is_muted_and_not_expected(web, signed_in, db, world, page):
    factories.monitor(db, world.project, "nightly")
    address = f"{page}/nightly"

    def held():
        return tuple(db.execute("SELECT is_active, is_muted FROM monitors").fetchone())

    for form, state, said in (
        ({"isMuted": "1"}, (1, 1), "It is muted"),
        ({"isActive": "0"}, (0, 1), "not expected any"),
        ({"isActive": "1"}, (1, 1), "It is expected from"),
        ({"isMuted": "0"}, (1, 0), "makes issues"),
    ):
        assert web.post(address, form).headers["Location"] == address
        assert held() == state
        assert said in web.get(address).text
    assert web.post(address, {"is_muted": "1"}).status_code == 400
    assert web.post(f"{page}/other", {"isMuted": "1"}, on=address).status_code == 404
    assert db.execute("SELECT count(*) FROM audit_log").fetchone()[0] == 4
    other = signed_in(world.member)
    assert "Stop expecting" not in other.get(address).text
    response = other.post(address, {"isMuted": "1"}, on="/account")
    assert (response.status_code, held()) == (403, (1, 0))


def test_every_status_of_the_schema_has_a_word(db):
    assert set(checked.words(db, "check_ins", "status")) == shown.STATUSES.keys()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, ""),
        ([1], ""),
        ({"schedule": "hourly"}, ""),
        ({"schedule": {"type": "crontab", "value": "0 3 * * *"}}, "0 3 * * *"),
        (
            {"schedule": {"type": "crontab", "value": "0 3 * * *"}, "timezone": "Europe/Berlin"},
            "0 3 * * * Europe/Berlin",
        ),
        ({"schedule": {"type": "interval", "value": 1, "unit": "hour"}}, "Every hour"),
        ({"schedule": {"type": "interval", "value": [2], "unit": {}}}, ""),
        ({"schedule": {"type": "crontab", "value": {"a": 1}}, "timezone": 5}, "5"),
    ],
)
def test_a_schedule_in_words(config, said):
    assert shown.schedule(config) == said


def test_what_strangers_wrote_is_text(web, db, world, page):
    config = json.dumps({"schedule": {"type": "crontab", "value": "<script>\u202e"}})
    job = factories.monitor(db, world.project, "job", config=config)
    factories.check_in(db, job, environment="<b>", release="<i>")
    for address in (page, f"{page}/job"):
        text = web.get(address).text
        assert not re.search(r"<script>|<b>|<i>|\u202e", text)


def test_what_is_not_there_is_not_found(web, db, world, page):
    factories.monitor(db, world.foreign_project, "theirs")
    for address in (
        f"{page}/theirs",
        f"/projects/{world.foreign_project}/monitors/theirs",
        f"/projects/{world.foreign_project}/monitors",
    ):
        assert web.get(address).status_code == 404


def test_a_line_of_time_needs_a_check_in_and_stands_the_future():
    assert shown.timeline([], factories.ago()) is None
    later = [{"started_at": factories.ago(hours=-3), "status": "ok"}]
    assert shown.timeline(later, factories.ago()).paths == [("ok", "M1000 34v-14")]
