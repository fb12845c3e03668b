"""The page of operators: the report of `jentry check`, readiness, jobs, settings."""

import html
import re
import shutil
from dataclasses import fields, replace

import pytest

from jentry.health.findings import Finding, Report
from jentry.health.report import report
from jentry.settings import Settings
from jentry.store import upkeep
from jentry.store.backup import record

PAGE = "/server"


@pytest.fixture
def operator(signed_in, db, world):
    db.execute("UPDATE users SET is_operator = 1 WHERE id = ?", (world.member,))
    return signed_in(world.member)


def text_of(response):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def test_it_says_what_check_says(operator, settings):
    text = text_of(operator.get(PAGE))
    plain, found = re.sub(r"\d", "", text).lower(), report(settings, whole=False)
    for finding in found.findings:  # figures and the time move on
        assert re.sub(r"[\d`]", "", finding.text).lower() in plain, finding
    assert "It is well." in text
    assert str(settings.db) in text


def test_problems_come_first_and_are_text(operator, monkeypatch):
    found = Report.of([
        Finding("a", "ok", "Fine thing."), Finding("b", "warning", "<b>odd</b>"),
        Finding("c", "problem", "broken"),
    ])  # fmt: skip
    monkeypatch.setattr("jentry.web.server.report", lambda settings, whole: found)
    response = operator.get(PAGE)
    text = text_of(response)
    assert "It needs attention." in text
    assert text.index("Broken") < text.index("<b>odd</b>") < text.index("Fine thing.")
    assert "<b>odd" not in response.text


@pytest.mark.sqlite(reason="a server's disk is not this machine's")
def test_it_says_that_nothing_can_be_stored(operator, monkeypatch):
    monkeypatch.setattr("jentry.health.readiness.SHARED_SECONDS", -1)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    text = text_of(operator.get(PAGE))
    assert "Events cannot be stored: " in text
    assert "The disk is full: no event can be stored" in text


def test_it_says_how_the_jobs_went(operator, settings):
    assert "No process looks after the database" in text_of(operator.get(PAGE))
    file = upkeep.place(settings.db)
    assert file.take()
    failed = upkeep.Ran(began_at="2026-11-01T10:00:00.000Z", failures=2, error="disk <full>")
    file.write({"conditions": upkeep.Ran(done_at="2026-11-01T10:00:00.000Z"), "prune": failed})
    text = text_of(operator.get(PAGE))
    file.close()
    assert "A process looks after the database" in text
    assert "Prune Not yet Failed 2 times disk <full>" in text


@pytest.mark.sqlite(reason="a server's disk has no budget of ours")
def test_it_says_how_much_of_the_disk_is_used(operator, app, db, settings):
    app.config["SETTINGS"] = replace(settings, disk_budget=str(512 << 20))
    text = text_of(operator.get(PAGE))
    assert re.search(r"Files of the database \d+\.\d [KM]iB Budget 512\.0 MiB Free inside", text)
    assert "Growth a day Not known yet" in text


@pytest.mark.sqlite(reason="a server has programs of its own for that")
def test_it_lists_the_latest_backups(operator, db):
    assert "None was ever made." in text_of(operator.get(PAGE))
    for error in (None, "the disk <full>"):
        made = record.Backup("2026-11-01T10:00:00.000Z", "/b/<1>.db", 3 << 20, 1.5, 12, True, error)
        record.save(db, made)
    text = text_of(operator.get(PAGE))
    assert "1 Nov 2026, 10:00:00 UTC the disk <full> Failed" in text
    assert "/b/<1>.db 3.0 MiB, 12 events Fine" in text


def test_it_shows_what_was_chosen_but_no_secret(operator, app, settings):
    secrets = {item.name for item in fields(Settings) if item.metadata["is_secret"]}
    assert secrets
    chosen = {"metrics_token": "s3cret-" + "x" * 20, "quota_hour": 77}
    app.config["SETTINGS"] = replace(settings, **chosen)
    text = text_of(operator.get(PAGE))
    assert "JENTRY_METRICS_TOKEN set, and not shown" in text
    assert "s3cret" not in text
    assert "JENTRY_QUOTA_HOUR 77" in text
    assert "JENTRY_API_RATE" not in text


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_others_are_told_who_can_help(signed_in, db, world, role):
    other = signed_in(getattr(world, role))
    response = other.get(PAGE)
    assert (response.status_code, "Only operators of this server" in response.text) == (403, True)
    assert f'href="{PAGE}"' not in other.get("/account").text


def test_operators_find_it(operator):
    assert f'href="{PAGE}"' in operator.get("/account").text
