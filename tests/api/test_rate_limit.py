"""How many requests a token may make."""

import threading
from dataclasses import replace
from datetime import timedelta

import factories
import pytest

from jentry import clock
from jentry.api.limits import Limiter, Quota


@pytest.fixture
def settings(settings):
    return replace(settings, api_rate=3)


@pytest.fixture
def later(monkeypatch):
    def later(seconds):
        moment = factories.NOW + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda: moment)

    return later


def quota(answer):
    return answer.status_code, answer.headers["RateLimit"], answer.headers["RateLimit-Policy"]


def test_a_token_is_told_what_it_has_left_and_waits_for_the_next_minute(api, later):
    policy = '"token";q=3;w=60'
    assert quota(api.get("/projects")) == (200, '"token";r=2;t=60', policy)
    later(0.5)
    assert quota(api.get("/projects/999")) == (404, '"token";r=1;t=60', policy)
    later(20)
    assert quota(api.post("/projects", [])) == (400, '"token";r=0;t=40', policy)
    later(59.2)
    refused = api.get("/projects")
    assert quota(refused) == (429, '"token";r=0;t=1', policy)
    assert refused.headers["Retry-After"] == "1"
    assert refused.json == {"error": "This token may make 3 requests a minute; try again in 1 s."}
    later(60)
    assert quota(api.get("/projects")) == (200, '"token";r=2;t=60', policy)


def test_each_token_has_its_own(api, db, world):
    for _ in range(4):
        api.get("/projects")
    other = factories.token(db, world.org, world.owner)
    answer = api.get("/projects", headers={"Authorization": f"Bearer {other}"})
    assert quota(answer)[:2] == (200, '"token";r=2;t=60')


def test_a_refusal_comes_before_the_scope_and_counts_nothing(api, db, world):
    token = factories.token(db, world.org, world.owner, ["org:read"])
    headers = {"Authorization": f"Bearer {token}"}
    statuses = [api.get("/projects", headers=headers).status_code for _ in range(5)]
    assert statuses == [403, 403, 403, 429, 429]


def test_who_has_no_token_has_no_quota(client):
    for _ in range(5):
        answer = client.get("/api/v1/projects")
    assert answer.status_code == 401
    assert "RateLimit" not in answer.headers
    assert client.get("/api/v1/openapi.json").status_code == 200


def test_zero_is_no_limit(app, api):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], api_rate=0)
    answers = [api.get("/projects") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[-1].headers


def test_threads_together_get_what_one_would_get():
    limiter, allowed = Limiter(), []

    def ask():
        for _ in range(500):
            allowed.append(limiter.take(1, 1000, 0.0).is_open)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (allowed.count(True), allowed.count(False)) == (1000, 1000)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(1000.0, Quota(1, 0, 60, False), id="at once"),
        pytest.param(1059.9, Quota(1, 0, 1, False), id="just before the end"),
        pytest.param(1060.0, Quota(1, 0, 60, True), id="a minute later"),
        pytest.param(900.0, Quota(1, 0, 60, True), id="the clock was set back"),
    ],
)
def test_a_window_is_a_minute_from_its_first_request(now, expected):
    limiter = Limiter()
    limiter.take(1, 1, 1000.0)
    assert limiter.take(1, 1, now) == expected
