"""How another server is asked: paced, patient, and never with the token at a third one."""

import pytest
from recorded import Recorded, serving

from jentry.importers import client as asking
from jentry.importers.client import Client, NoAnswer, TooLong

PATH = "/api/0/organizations/"
BUSY = {"status": 429, "body": {"detail": "slow down"}}


@pytest.mark.parametrize(
    ("first", "pauses"),
    [
        pytest.param([BUSY | {"headers": {"Retry-After": "7"}}], [7.0], id="as long as it says"),
        pytest.param([BUSY, {"status": 503, "body": {}}], [1.0, 2.0], id="else longer and longer"),
        pytest.param(
            [{"body": [], "headers": {"X-Sentry-Rate-Limit-Remaining": "0"}}],
            [1.0],
            id="when the limit is used up",
        ),
    ],
)
def test_a_server_gets_the_rest_it_wants(first, pauses):
    rested, told = [], []
    with serving(Recorded({PATH: []}, first=first)) as url:
        client = Client(url, "t", told.append, rested.append)
        assert client.get(PATH).body == []
    assert rested == pauses
    assert len(told) == sum(pause >= 2 for pause in pauses)


@pytest.mark.parametrize(
    ("answer", "message", "requests"),
    [
        pytest.param({"status": 401, "body": {}}, "The token is not accepted there", 1, id="401"),
        pytest.param({"status": 403, "body": {"detail": "no"}}, f"{PATH}: no", 1, id="403"),
        pytest.param(BUSY, f"{PATH} answered 429: slow down", asking.TRIES, id="busy for ever"),
        pytest.param(
            BUSY | {"headers": {"Retry-After": "7200"}}, "left alone for 2.0 hours", 1, id="hours"
        ),
    ],
)
def test_what_does_not_help_is_said(answer, message, requests):
    source = Recorded({}, first=[answer] * asking.TRIES)
    with serving(source) as url, pytest.raises(NoAnswer, match=message):
        Client(url, "t", sleep=lambda _: None).get(PATH)
    assert len(source.requests) == requests


def test_the_token_does_not_follow_to_another_server():
    with serving(other := Recorded({})) as there:
        moved = {"status": 302, "body": {}, "headers": {"Location": f"{there}{PATH}"}}
        refused = pytest.raises(NoAnswer, match=f"say --url {there}")
        with serving(Recorded({}, first=[moved])) as url, refused:
            Client(url, "secret-token").get(PATH)
    assert other.requests == []


def test_the_token_follows_to_another_path_of_the_same_server():
    with serving(source := Recorded({PATH: []})) as url:
        source.first.append({"status": 301, "body": {}, "headers": {"Location": PATH}})
        assert Client(url, "secret-token").get(PATH[:-1]).body == []
    assert [head["Authorization"] for _, head in source.requests] == ["Bearer secret-token"] * 2


def test_an_answer_is_bounded_however_well_it_is_packed(monkeypatch):
    monkeypatch.setattr(asking, "MOST_BYTES", 1024 * 1024)
    source = Recorded({}, first=[{"body": ["a" * 2_000_000]}])
    with serving(source) as url, pytest.raises(TooLong):
        Client(url, "t").get(PATH)
