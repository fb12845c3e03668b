import base64

import pytest

from jentry.errors import BadRequest, Unauthorized
from jentry.ingest.auth import Credentials, credentials

KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
OTHER = "00112233445566778899aabbccddeeff"


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def x_auth(text: str) -> dict[str, str]:
    return {"x-sentry-auth": text}


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        pytest.param(
            x_auth(
                f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=sentry.python/2.75.0"
            ),
            "sentry.python/2.75.0",
            id="sentry-sdk",
        ),
        pytest.param(
            x_auth(
                "Sentry sentry_timestamp=1764007978123, sentry_client=raven-node/2.6.4, "
                f"sentry_version=5, sentry_key={KEY}, sentry_secret={OTHER}"
            ),
            "raven-node/2.6.4",
            id="raven: another order, a secret, milliseconds",
        ),
        pytest.param(x_auth(f"sentry sentry_key={KEY},sentry_version=99"), None, id="any version"),
        pytest.param(x_auth(f"  SENTRY   sentry_key = {KEY} ,, x"), None, id="blanks and nonsense"),
        pytest.param(x_auth(f"Sentry sentry_key={KEY.upper()}"), None, id="upper case"),
        pytest.param(x_auth(f"Sentry sentry_key={KEY}.no-cache.x"), None, id="flags after a dot"),
        pytest.param(
            x_auth(f"Sentry sentry_key={KEY}, sentry_client=a=b"), "a=b", id="the first = divides"
        ),
        pytest.param({"authorization": f"Sentry sentry_key={KEY}"}, None, id="Authorization"),
        pytest.param(basic(f"{KEY}:"), None, id="Basic"),
        pytest.param(basic(f"{KEY}:anything:else"), None, id="Basic with a secret"),
        pytest.param(basic(KEY), None, id="Basic without a colon"),
        pytest.param(
            x_auth(f"Sentry sentry_key={KEY}") | {"authorization": "Bearer abc"},
            None,
            id="Bearer is for someone else",
        ),
        pytest.param(
            x_auth(f"Sentry sentry_key={KEY}") | basic("admin:secret"),
            None,
            id="Basic of a proxy before us",
        ),
        pytest.param(
            x_auth(f"Sentry sentry_key={KEY}") | {"user-agent": "curl/8"},
            "curl/8",
            id="the user agent stands in for the client",
        ),
        pytest.param(
            x_auth(f"Sentry sentry_key={KEY}, sentry_client=a/1") | {"user-agent": "curl/8"},
            "a/1",
            id="the client before the user agent",
        ),
    ],
)
def test_a_header_carries_the_key(headers, client):
    assert credentials(headers, {}) == Credentials(KEY, None, client)


def test_the_query_carries_the_key():
    query = {"sentry_key": KEY, "sentry_version": "7", "sentry_client": "sentry.javascript/11"}
    assert credentials({}, query) == Credentials(KEY, None, "sentry.javascript/11")


@pytest.mark.parametrize(
    ("dsn", "project_id"),
    [
        (f"https://{KEY}@errors.example.com/7", 7),
        (f"http://{KEY}:@127.0.0.1:9900/7", 7),
        (f"http://{KEY}:{OTHER}@[::1]:9900/a/b/12/", 12),
        (f" https://{KEY.upper()}@h/9007199254740991?x=1#y", 2**53 - 1),
    ],
)
def test_the_dsn_carries_key_and_project(dsn, project_id):
    assert credentials({}, {}, dsn) == Credentials(KEY, project_id)


BAD_DSNS = [
    "",
    "no address",
    "https://errors.example.com/7",
    f"https://{KEY}@h",
    f"https://{KEY}@h/",
    f"https://{KEY}@h/shop",
    f"https://{KEY}@h/-7",
    f"https://{KEY}@h/٧",
    f"https://{KEY}@h/9007199254740992",
    f"https://{KEY[:-1]}@h/7",
    f"ftp://{KEY}@h/7",
    f"https://{KEY}@[::1/7",
]


@pytest.mark.parametrize("dsn", BAD_DSNS)
def test_a_malformed_dsn_is_nothing(dsn):
    assert credentials({}, {"sentry_key": KEY}, dsn) == Credentials(KEY)
    with pytest.raises(Unauthorized):
        credentials({}, {}, dsn)


def test_sources_that_agree_are_accepted():
    headers = x_auth(f"Sentry sentry_key={KEY}") | basic(f"{KEY}:x")
    query = {"sentry_key": f"{KEY}.flag", "sentry_client": "a/1"}
    assert credentials(headers, query, f"http://{KEY}@h/7") == Credentials(KEY, 7, "a/1")


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (x_auth(f"Sentry sentry_key={KEY}"), {"sentry_key": OTHER}),
        (x_auth(f"Sentry sentry_key={KEY}") | basic(OTHER), {}),
        ({"authorization": f"Sentry sentry_key={OTHER}"}, {"sentry_key": KEY}),
    ],
)
def test_sources_that_differ_are_refused(headers, query):
    with pytest.raises(Unauthorized, match="multiple authorization payloads"):
        credentials(headers, query)


def test_a_dsn_of_another_key_is_a_mismatch():
    with pytest.raises(BadRequest, match="header mismatch"):
        credentials({}, {"sentry_key": KEY}, f"http://{OTHER}@h/7")


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        ({"x-sentry-auth": " "}, {"sentry_key": ""}),
        (x_auth("Sentry"), {}),
        (x_auth("Sentry sentry_version=7"), {}),
        (x_auth("Sentry sentry_key="), {}),
        (x_auth(f"sentry_key={KEY}"), {}),
        (x_auth(f"Bearer sentry_key={KEY}"), {}),
        (x_auth("nonsense"), {"sentry_key": KEY}),
        (x_auth(f"Sentry sentry_key={KEY[:-1]}"), {}),
        (x_auth(f"Sentry sentry_key={KEY}0"), {}),
        ({}, {"sentry_key": "z" * 32}),
        ({}, {"sentry_key": ".flag"}),
        ({"authorization": "Bearer jto_x"}, {}),
        ({"authorization": f"Token {KEY}"}, {}),
        ({"authorization": "Basic"}, {}),
        ({"authorization": "Basic !!!"}, {}),
        ({"authorization": "Basic /////w=="}, {}),
        (basic("admin:secret"), {}),
    ],
)
def test_no_key_or_a_malformed_one_is_unauthorized(headers, query):
    with pytest.raises(Unauthorized):
        credentials(headers, query)
