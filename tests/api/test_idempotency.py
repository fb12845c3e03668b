"""`Idempotency-Key`: a POST sent twice is done once."""

import threading
from datetime import timedelta

import factories
import pytest
from refusals import let, refuse

from jentry import clock

KEY = {"Idempotency-Key": "release-1"}
USED = "This Idempotency-Key was already used with another request; choose a new one."


@pytest.fixture
def releases(world):
    return f"/projects/{world.project}/releases"


@pytest.fixture
def count(db):
    """How many rows a table has."""
    return lambda table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_the_second_time_the_first_answer_is_given_again(api, releases, audited):
    body = {"version": "1", "commits": [{"sha": "a"}]}
    first = api.post(releases, body, headers=KEY)
    api.post(releases, {"version": "1"})  # meanwhile it is changed
    before = audited()
    again = api.post(releases, body, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert again.data == first.data
    assert again.content_type == "application/json"
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert audited() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("{releases}", {"version": "2"}, id="another body"),
        pytest.param("{releases}?x=1", {"version": "1"}, id="other parameters"),
        pytest.param("{other}", {"version": "1"}, id="another address"),
    ],
)
def test_a_key_stands_for_one_request(api, world, releases, count, path, body):
    api.post(releases, {"version": "1"}, headers=KEY)
    path = path.format(releases=releases, other=f"/projects/{world.other_project}/releases")
    answer = api.post(path, body, headers=KEY)
    assert (answer.status_code, answer.json) == (409, {"error": USED})
    assert count("releases") == 1


def test_keys_are_the_tokens_own(api, db, world, releases):
    api.post(releases, {"version": "1"}, headers=KEY)
    token = factories.token(db, world.org, world.owner)
    headers = KEY | {"Authorization": f"Bearer {token}"}
    answer = api.post(releases, {"version": "2"}, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("hours", "replayed"), [(23.99, "true"), (24, None)], ids=["within a day", "after a day"]
)
def test_a_key_holds_for_a_day(api, releases, monkeypatch, count, hours, replayed):
    api.post(releases, {"version": "1"}, headers=KEY)
    moment = factories.NOW + timedelta(hours=hours)
    monkeypatch.setattr(clock, "now", lambda: moment)
    answer = api.post(releases, {"version": "1"}, headers=KEY)
    assert (answer.status_code, answer.headers.get("Idempotency-Replayed")) == (201, replayed)
    assert count("idempotency_keys") == 1


def test_what_was_refused_may_be_corrected(api, releases):
    assert api.post(releases, {"version": ""}, headers=KEY).status_code == 400
    assert api.post(releases, {"version": "1"}, headers=KEY).status_code == 201


def test_a_change_and_its_answer_are_stored_together_or_not_at_all(
    api, db, releases, count, broken_audit_log
):
    assert api.post(releases, {"version": "1"}, headers=KEY).status_code == 500
    assert (count("releases"), count("idempotency_keys")) == (0, 0)
    let(db, "audit_log")
    refuse(db, "INSERT", "idempotency_keys")
    assert api.post(releases, {"version": "1"}, headers=KEY).status_code == 500
    assert (count("releases"), count("audit_log")) == (0, 0)


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
def test_what_is_no_key_is_refused(api, releases, count, key):
    answer = api.post(releases, {"version": "1"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert answer.json["error"].startswith("Idempotency-Key must be")
    assert count("releases") == 0


def test_sent_at_once_it_is_done_once(app, api, releases, audited):
    start, answers = threading.Barrier(4), []

    def send():
        start.wait()
        headers = KEY | {"Authorization": f"Bearer {api.token}"}
        path = f"/api/v1{releases}"
        answers.append(app.test_client().post(path, json={"version": "1"}, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.data for answer in answers} == {answers[0].data}
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert sorted(map(str, replayed)) == ["None", "true", "true", "true"]
    assert [entry[0] for entry in audited()] == ["release.create"]


def test_who_may_not_do_it_is_not_told_what_was_done(api, db, world, releases):
    api.post(releases, {"version": "1"}, headers=KEY)
    db.execute("UPDATE api_tokens SET scopes = 'org:read'")
    assert api.post(releases, {"version": "1"}, headers=KEY).status_code == 403


def test_other_methods_take_no_notice(api, db, world):
    path = f"/issues/{factories.issue(db, world.project)}"
    assert api.patch(path, {"status": "resolved"}, headers=KEY).status_code == 200
    assert api.patch(path, {"status": "ignored"}, headers=KEY).status_code == 200
    assert api.get(path, headers=KEY).json["data"]["status"] == "ignored"
