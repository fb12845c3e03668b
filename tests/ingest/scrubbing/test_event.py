"""Nothing secret is left in an event, and nothing else is missing."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from jentry.ingest.normalise import Context, identity, normalise
from jentry.ingest.scrubbing import Policy, scrub
from jentry.ingest.scrubbing.names import is_secret_name
from jentry.ingest.scrubbing.policy import Scrubber
from jentry.ingest.scrubbing.rows import Budget, folded

CONTEXT = Context(received=datetime(2026, 6, 29, tzinfo=UTC), client_ip="203.0.113.9")
F = "[Filtered]"


def clean(body: dict[str, Any], policy: Policy | None = None) -> dict[str, Any]:
    event = normalise(copy.deepcopy(body), CONTEXT)
    scrub(event, policy or Policy())
    return event


def extra(value: Any, policy: Policy | None = None) -> Any:
    return clean({"extra": {"x": value}}, policy)["extra"]["x"]


SECRET_NAMES = (
    "password userPassword PASSWD secret client_secret api_key apiKey X-Api-Key APIKEY auth OAuth2"
    " Authorization credentials mysql_pwd MYSQL_PWD privateKey private_key token access_token"
    " bearer stripetoken card[number] github_token Set-Cookie X-CSRFToken csrfmiddlewaretoken"
    " xsrf sessionid session_id PHPSESSID HTTP_COOKIE Proxy-Authorization db_pass pass cvv"
    " author_token authenticity_token aws_secret_access_key"
)
HARMLESS_NAMES = (
    "author authors co-authored-by authority tokenizer tokenize max_tokens"
    " token_count secretary compass passenger bypass keyboard monkey id session sid unauthorized"
    " X-Forwarded-For User-Agent Accept cardinality discard class path"
)


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_secret_name(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", HARMLESS_NAMES.split())
def test_harmless_name(name):
    assert not is_secret_name(name)


def test_whole_objects_go_with_their_name_and_flags_stay():
    found = extra({"auth": {"user": "u"}, "tokens": [1], "is_authenticated": True, "secret": None})
    assert found == {"auth": F, "tokens": F, "is_authenticated": True, "secret": None}


def test_pairs_and_options_count_as_names():
    assert extra([["token", "x1"], ["b", "c"]]) == [["token", F], ["b", "c"]]
    assert extra(["run", "--password", "x1", "-v"]) == ["run", "--password", F, "-v"]
    assert extra([{"name": "password", "value": "x1"}]) == [{"name": "password", "value": F}]


def test_a_secret_context_stays_an_object():
    assert clean({"contexts": {"auth": {"user": "u"}}})["contexts"] == {
        "auth": {"type": "auth", "value": F}
    }


CARD = "4111 1111 1111 1111"
TEXTS = [
    ("pay with 4111111111111111 now", f"pay with {F} now"),
    (f"pay with {CARD}.", f"pay with {F}."),
    ("378282246310005", F),
    ("ssn 078-05-1120", f"ssn {F}"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx", f"{F}\nx"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE", F),
    ("postgres://app:s3cret@db:5432/shop", f"postgres://{F}@db:5432/shop"),
    ("http://:s3@h/ and redis://u:p@ss@h/0", f"http://{F}@h/ and redis://{F}@h/0"),
    ("GET /a?token=abc&b=c", f"GET /a?token={F}&b=c"),
    ("/a?next=%2Fb%3Faccess_token%3Dabc%26x%3D1", f"/a?next=%2Fb%3Faccess_token%3D{F}%26x%3D1"),
    ("login password=hunter2, user=bob", f"login password={F}, user=bob"),
    ("Server=x;Password=a,b!c;Database=y", f"Server=x;Password={F};Database=y"),
    ("PASSWORD = swordfish", f"PASSWORD = {F}"),
    ("password: swordfish", f"password: {F}"),
    ("failed, api_key: k3y", f"failed, api_key: {F}"),
    ("{'password': 'hunter two', 'a': 1}", f"{{'password': '{F}', 'a': 1}}"),
    ('{"password": "a\\"b", "a": 1, "t', f'{{"password": "{F}", "a": 1, "t'),
    ('{"a": "{\\"token\\": \\"x y\\"}"', f'{{"a": "{{\\"token\\": \\"{F}\\"}}"'),
    ('{"auth": {"user": "u"}, "a": ', f'{{"auth": {{{F}}}, "a": '),
    ('{"pin": 1, "secret": 12345', f'{{"pin": 1, "secret": {F}'),
    ("<Client api_key='k 1' host='h'>", f"<Client api_key='{F}' host='h'>"),
    ("Authorization: Basic dXNlcjpwYXNz", f"Authorization: {F}"),
    ("curl -H 'Cookie: a=b; c=d' http://h", f"curl -H 'Cookie: {F}' http://h"),
    ("sent Bearer abcdef123456 to it", f"sent Bearer {F} to it"),
    ("key sk_live_abcdefgh12345678", f"key {F}"),
    ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", F),
    ("id AKIAIOSFODNN7EXAMPLE", f"id {F}"),
    ("xoxb-123456789012-abcdef", F),
    ("with jto_abcdefghijklmnopqrstuvwx", f"with {F}"),
    ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def", f"jwt {F}"),
]


@pytest.mark.parametrize(("text", "found"), TEXTS)
def test_a_secret_is_known_by_its_looks(text, found):
    assert extra(text) == found
    assert extra({"deep": [text]}) == {"deep": [found]}


PAIR_NAMES = (*SECRET_NAMES.split(), "api key", "Session ID", "credit card number", "a.b[token]")
SEPARATORS = ("=", " = ", ": ", ":\n", "\n=", '": "', '\\": \\"', "'] = '", "%3D", "=>", " := ")


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize(
    "before", ["", "x ", "a=1&", "one\ntwo\t", "/p?", 'é"', "https://h/p?q=1;"]
)
def test_a_hint_never_overlooks_what_would_be_hidden(before, separator):
    texts = [f"{before}{name}{separator}x1y" for name in PAIR_NAMES] + [text for text, _ in TEXTS]
    looks = Scrubber(Policy()).texts.looks
    for text in texts:
        lines = "\n".join(["harmless: text", text, "id=5 more"]).encode()
        for look in looks:
            if look.hide(text, Budget(len(text))) != text:
                assert look.hint(lines, folded(lines)), text


HARMLESS = [
    "Unexpected token < in JSON at position 0",
    "SyntaxError: Unexpected token: punc (})",
    "cannot load token: row is missing",
    "Error during auth: connection refused",
    "AuthError: 401",
    "TokenExpiredError: jwt expired",
    "POST /oauth/token: 404",
    "KeyError: 'password'",
    "password is required",
    "password=None",
    "if token == other",
    "author=Jane Doe; author: 5",
    "max_tokens=4096",
    "Auth::User not found",
    "Basic authentication required",
    "Bearer authentication",
    "http://host:8080/a@b?email=a@b.c",
    "mail bob@example.com at 12:30",
    "4111111111111112 fails the check digit",
    "1782734400000 and 1782734400000000",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "fc6d8c0c43fc4630ad850ee518f1b9d0",
    "0.4111111111111111",
    "tel 030-12-34567, 2026-06-29",
    "SELECT * FROM tokens WHERE id = 5",
    "a - b = c: d",
    "",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_survives(text):
    event = clean({"extra": {"x": [text]}, "message": text, "tags": {"t": text}})
    assert F not in orjson.dumps(event).decode()
    assert event["extra"]["x"] == [text]


def test_exception_types_ids_and_names_of_code_are_not_touched():
    trace = {"trace_id": "4" * 32, "span_id": "4111111111111111"}
    frame = {"filename": "token.py", "abs_path": "/a/token.py", "function": "password=x1"}
    event = clean(
        {
            "event_id": "4" * 32,
            "release": "token=x1",
            "contexts": {"trace": trace},
            "exception": [
                {"type": "AuthToken=x1", "value": "v", "stacktrace": {"frames": [frame]}}
            ],
        }
    )
    assert event["event_id"] == "4" * 32
    assert event["release"] == "token=x1"
    assert event["contexts"]["trace"] == {"type": "trace", **trace}
    assert event["exception"]["values"][0]["type"] == "AuthToken=x1"
    assert event["exception"]["values"][0]["stacktrace"]["frames"] == [frame]


def test_in_source_only_literals_are_secret():
    lines = {
        "token = request.headers['x']": "token = request.headers['x']",
        'PASSWORD = "hunter2"': f'PASSWORD = "{F}"',
        "connect('amqp://u:p@h')": f"connect('amqp://{F}@h')",
    }
    frame = {"filename": "a", "abs_path": "a", "pre_context": list(lines)}
    for _ in range(2):  # the second time the harmless ones are remembered
        event = clean({"exception": [{"type": "E", "stacktrace": {"frames": [frame]}}]})
        (found,) = event["exception"]["values"][0]["stacktrace"]["frames"]
        assert found["pre_context"] == list(lines.values())


def secrets() -> dict[str, Any]:
    """An event with a secret in every place; every secret contains `s3cr3t`, or is a card."""
    s = "s3cr3t"
    frame = {
        "filename": "a.py",
        "abs_path": f"http://u:{s}1@h/a.js?token={s}2",
        "context_line": f'api_key = "{s}3"',
        "pre_context": [f"https://u:{s}4@h/"],
        "post_context": [f"secret: '{s}5'"],
        "vars": {
            "password": f"{s}6",
            "self": f"<A token={s}7>",
            "headers": {"Authorization": f"Bearer {s}8", "Cookie": f"a={s}9"},
            "config": [["api_key", f"{s}10"]],
            "cookies": {"sid": f"{s}11"},
            "kwargs": f"{{'passwd': '{s}12', 'x': b'{s[:0]}'}}",
            "deep": {"a": {"b": {"c": {"d": {"password": f"{s}13"}}}}},
            "card": 4111111111111111,
        },
    }
    request = {
        "url": f"https://u:{s}14@h/p?access_token={s}15&password={s}16",
        "headers": {
            "Authorization": f"Basic {s}17",
            "X-Api-Key": f"{s}18",
            "Cookie": f"sessionid={s}19; csrftoken={s}20; connect.sid={s}21",
            "Proxy-Authorization": f"{s}22",
            "Referer": f"https://h/?token={s}23",
        },
        "env": {"HTTP_AUTHORIZATION": f"{s}24", "MYSQL_PWD": f"{s}25", "DB_URL": f"a://u:{s}26@h"},
        "data": json.dumps(
            {"password": f"{s}27", "card": {"number": CARD}, "note": f"token={s}28"}
        ),
    }
    broken = {"data": f'{{"password": "{s}29", "cut": "', "query_string": f"a=1&secret={s}30"}
    crumbs = [
        {"message": f"GET https://h/?api_key={s}31", "data": {"token": f"{s}32"}},
        {"category": "http", "data": {"url": f"https://u:{s}33@h/?auth={s}34"}},
        {"message": f'sent {{"password": "{s}35"}}'},
    ]
    exceptions = [
        {"type": "E", "value": f"login failed: password={s}36"},
        {
            "type": "E",
            "value": f"could not connect to postgres://u:{s}37@h/db with card {CARD}",
            "mechanism": {"type": "m", "data": {"token": f"{s}38"}, "meta": {"secret": f"{s}39"}},
            "stacktrace": {"frames": [frame]},
        },
    ]
    return {
        "request": request,
        "breadcrumbs": crumbs,
        "exception": exceptions,
        "threads": [{"id": 1, "stacktrace": {"frames": [{"vars": {"secret": f"{s}40"}}]}}],
        "logentry": {"message": "token=%s", "params": [f"{s}41", {"password": f"{s}42"}]},
        "extra": {
            "sys.argv": ["x", "--token", f"{s}43", f"--password={s}44"],
            "credentials": {"user": "u", "key": f"{s}45"},
            "text": f"Authorization: Bearer {s}46\nCookie: a={s}47; b={s}48",
            "pem": f"-----BEGIN EC PRIVATE KEY-----\n{s}49\n-----END EC PRIVATE KEY-----",
            "request": broken,
            "fields": [{"name": "password", "value": f"{s}50"}],
        },
        "contexts": {"app": {"api_token": f"{s}51"}, "auth": {"x": f"{s}52"}},
        "tags": {"token": f"{s}53", "url": f"https://h/?secret={s}54"},
        "user": {"id": "1", "auth_token": f"{s}55", "data": {"password": f"{s}56"}},
        "transaction": f"/reset?token={s}57",
        "fingerprint": [f"password={s}58"],
        "csp": {"document_uri": f"https://h/?token={s}59"},
        "culprit": f"https://u:{s}60@h/",
        "level": f"secret={s}61",
        "dist": f"password={s}62",
    }


def test_of_sixty_secrets_none_is_left():
    for _ in range(2):
        found = orjson.dumps(clean(secrets())).decode()
        assert [found[max(at - 40, 0) : at + 12] for at in _places(found, "s3cr3t")] == []
        assert "4111" not in found


def _places(text: str, part: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(part, at)]


def test_a_message_that_was_filled_is_scrubbed_too():
    event = clean({"logentry": {"message": "password=%s", "params": ["hunter2"]}})
    assert event["logentry"]["formatted"] == f"password={F}"


def test_a_query_string_and_cookies_keep_what_is_harmless():
    request = {"query_string": "page=2&token=abc", "cookies": "theme=dark; sid=abc; a.session=x"}
    assert clean({"request": request})["request"] == {
        "query_string": [["page", "2"], ["token", F]],
        "cookies": {"theme": F, "sid": F, "a.session": F},
    }


def test_a_project_has_words_of_its_own():
    policy = Policy(sensitive=("iban", "Kunden-Nummer"))
    assert extra({"iban": "1", "kundenNummer": 2, "a": "IBAN=DE1 b=c"}, policy) == {
        "iban": F,
        "kundenNummer": F,
        "a": f"IBAN={F} b=c",
    }


def test_safe_names_and_paths_stay():
    policy = Policy(safe=("token_id", "extra.x.secret"))
    found = extra({"token_id": "5", "secret": "s", "a": {"secret": "s"}}, policy)
    assert found == {"token_id": "5", "secret": "s", "a": {"secret": F}}
    assert extra("token_id=5 secret=5", policy) == f"token_id=5 secret={F}"


def test_addresses_are_forgotten_where_they_are_not_wanted():
    headers = {"X-Forwarded-For": "198.51.100.1", "X-Real-Ip": "198.51.100.1", "Accept": "a"}
    body = {
        "platform": "javascript",
        "user": {"ip_address": "198.51.100.1"},
        "request": {
            "headers": headers,
            "env": {"REMOTE_ADDR": "198.51.100.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1"},
        },
        "contexts": {"net": {"client_ip": "198.51.100.1"}},
    }
    assert orjson.dumps(clean(body)).count(b"198.51.100.1") == 6
    event = clean(body, Policy(keep_ip=False))
    assert b"198.51.100.1" not in orjson.dumps(event)
    assert event["request"]["headers"] == {"Accept": "a"}
    assert identity(event) is None


def test_long_and_hostile_texts_do_not_go_on_for_ever():
    for text in ("token" * 3000, "a" * 16000, "=\\" * 8000, "auth: " * 2600, "4 " * 8000,
                 "://" * 5000, "token=\\\"" * 2000, "-----BEGIN PRIVATE KEY" * 700, "eyJ" * 5000,
                 "passw=\"" * 2200, "sk-a-" * 3000):  # fmt: skip
        started = datetime.now(UTC)
        extra(text)
        assert (datetime.now(UTC) - started).total_seconds() < 20, text[:20]  # not for ever


PLACES = {
    "server_name": "web password=s3cr3t1",
    "logger": "auth token=s3cr3t2",
    "transaction": "/reset?token=s3cr3t3",
    "modules": {"shop": "1.0+https://u:s3cr3t4@pypi.example/simple"},
    "threads": {"values": [{"id": 1, "name": "worker --password s3cr3t5"}]},
    "user": {"id": "1", "username": "bob password=s3cr3t6", "name": "api_key=s3cr3t7"},
}


@pytest.mark.parametrize("place", PLACES)
def test_no_text_is_looked_over(place):
    found = orjson.dumps(clean({place: PLACES[place]})).decode()
    assert "s3cr3t" not in found
    assert F in found


def test_cookies_are_hidden_unless_they_are_safe():
    body = {"request": {"cookies": "theme=dark; a=b"}}
    found = clean(body, Policy(safe=("theme",)))
    assert found["request"]["cookies"] == {"theme": "dark", "a": F}
