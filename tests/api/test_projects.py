"""Making a project, reading it whole, changing it."""

import json

import factories
import pytest

from jentry import clock
from jentry.app.factory import equip
from jentry.settings import Settings
from jentry.store.project_settings import ProjectSettings

NOW = clock.timestamp(factories.NOW)
KEY = "0123456789abcdef0123456789abcdef"
DEFAULTS = {
    "allowedOrigins": ["*"],
    "storeIps": True,
    "sensitiveFields": [],
    "safeFields": [],
    "quota5Min": None,
    "quotaHour": None,
    "retentionDays": None,
    "eventsPerIssue": None,
    "eventsPerProject": None,
    "codeLink": "",
    "filters": {
        "browserExtensions": False,
        "localhost": False,
        "legacyBrowsers": False,
        "webCrawlers": False,
        "releases": [],
        "environments": [],
        "messages": [],
        "ips": [],
    },
}
ALL = {
    "allowedOrigins": ["example.com", "*.example.com", "https://example.com:8443"],
    "storeIps": False,
    "sensitiveFields": ["iban"],
    "safeFields": ["extra.token_name"],
    "quota5Min": 0,
    "quotaHour": 10**9,
    "retentionDays": 30,
    "eventsPerIssue": 20,
    "eventsPerProject": 1000,
    "codeLink": "https://git.test/shop/blob/{release}/{path}#L{line}",
    "filters": {
        "browserExtensions": True,
        "localhost": True,
        "legacyBrowsers": True,
        "webCrawlers": True,
        "releases": ["shop@0.*"],
        "environments": ["dev?"],
        "messages": ["*ResizeObserver*"],
        "ips": ["203.0.113.0/24", "2001:db8::/32", "192.0.2.7"],
    },
}
STORED = {
    "allowed_origins": ALL["allowedOrigins"],
    "store_ips": False,
    "sensitive_fields": ["iban"],
    "safe_fields": ["extra.token_name"],
    "quota_5min": 0,
    "quota_hour": 10**9,
    "retention_days": 30,
    "events_per_issue": 20,
    "events_per_project": 1000,
    "code_link": "https://git.test/shop/blob/{release}/{path}#L{line}",
    "filters": {
        "browser_extensions": True,
        "localhost": True,
        "legacy_browsers": True,
        "web_crawlers": True,
        "releases": ["shop@0.*"],
        "environments": ["dev?"],
        "messages": ["*ResizeObserver*"],
        "ips": ["203.0.113.0/24", "2001:db8::/32", "192.0.2.7"],
    },
}
EVERY_FIELD = [f"settings.{name}" for name in ALL if name != "filters"] + [
    f"settings.filters.{name}" for name in ALL["filters"]
]


@pytest.fixture
def stored(db):
    """The settings of a project as they stand in the database."""

    def read(project):
        row = db.execute("SELECT settings FROM projects WHERE id = ?", (project,)).fetchone()
        return json.loads(row["settings"])

    return read


@pytest.fixture
def patch(api, world):
    def call(body):
        return api.patch(f"/projects/{world.project}", body)

    return call


def count(db):
    return [
        db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("projects", "client_keys")
    ]


def test_a_project_is_made_with_a_slug_a_key_and_the_default_settings(api, db, world, audited):
    answer = api.post("/projects", {"name": " Søren's Shop "})
    key = db.execute("SELECT public_key FROM client_keys ORDER BY id DESC").fetchone()[0]
    project = answer.json["data"]["id"]
    assert answer.status_code == 201
    assert answer.json["data"] == {
        "id": project,
        "name": "Søren's Shop",
        "slug": "soren-s-shop",
        "platform": None,
        "publicKey": key,
        "createdAt": NOW,
        "dsn": f"http://{key}@jentry.test/{project}",
        "settings": DEFAULTS,
        "eventsKept": 0,
        "bytesKept": 0,
    }
    meta = json.dumps({"via": "api", "token": "test", "slug": "soren-s-shop", "platform": None})
    assert audited() == [("project.create", f"project:{project}", world.owner, meta)]
    assert api.get(f"/projects/{project}").json == answer.json


def test_a_project_that_moves_here_keeps_its_id_and_key(api, stored):
    body = {"name": "Shop", "slug": "shop", "platform": "ruby-rails", "settings": ALL}
    answer = api.post("/projects", body | {"id": 4711, "publicKey": KEY.upper()})
    assert answer.json["data"] == {
        **body,
        "id": 4711,
        "publicKey": KEY,
        "createdAt": NOW,
        "dsn": f"http://{KEY}@jentry.test/4711",
        "eventsKept": 0,
        "bytesKept": 0,
    }
    assert stored(4711) == STORED


@pytest.mark.parametrize(
    "null", [{}, dict.fromkeys(("slug", "platform", "id", "publicKey", "settings"))]
)
def test_what_is_null_is_as_if_left_out(api, null):
    answer = api.post("/projects", {"name": "Shop"} | null).json["data"]
    assert (answer["slug"], answer["platform"], answer["settings"]) == ("shop", None, DEFAULTS)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"slug": "taken"}, "This organization already has a project with the slug taken."),
        ({"id": 77}, "The id 77 cannot be given on this server; leave it out."),
        ({"publicKey": KEY}, f"The key {KEY} cannot be given on this server; leave it out."),
    ],
    ids=str,
)
def test_what_is_taken_is_a_conflict_and_makes_nothing(api, db, world, audited, body, error):
    factories.project(db, world.org, slug="taken")
    foreign = factories.project(db, world.foreign_org, id=77, slug="free")
    factories.key(db, foreign, public_key=KEY)
    before = count(db)
    answer = api.post("/projects", {"name": "Shop"} | body)
    assert (answer.status_code, answer.json) == (409, {"error": error})
    assert (count(db), audited()) == (before, [])
    assert api.post("/projects", {"name": "Shop", "slug": "free"}).status_code == 201


WORD = "Must be a word in lower case such as python, javascript or ruby-rails."
SLUG = "Must be made of lower-case letters a-z, digits and single hyphens between them."
NUMBER = (
    "A slug is made of lower-case letters a-z, digits and single hyphens between them, at most 50 "
    "characters, and is no number."
)
ORIGIN = (
    "Must be *, a host such as example.com, *.example.com for all hosts below it, or an origin "
    "such as https://example.com:8443."
)
NETWORK = "Must be an IP address or a network such as 203.0.113.0/24 or 2001:db8::/32."
QUOTA = "Must be greater than or equal to 0 and less than or equal to 1000000000."
NUL = "Must not contain NUL characters or half a surrogate pair."
BAD = [
    ({"name": None}, "name: Field may not be null."),
    ({"name": 7}, "name: Not a valid string."),
    ({"name": "  "}, "name: Length must be between 1 and 100."),
    ({"name": "x" * 101}, "name: Length must be between 1 and 100."),
    ({"name": "a\0"}, f"name: {NUL}"),
    ({"name": "a\nb"}, "The project's name must not contain line breaks or control characters."),
    ({"slug": ""}, "slug: Length must be between 1 and 50."),
    ({"slug": "x" * 51}, "slug: Length must be between 1 and 50."),
    *(
        ({"slug": slug}, f"slug: {SLUG}")
        for slug in ("Shop", "a--b", "-a", "a-", "a_b", "ß", "a b")
    ),
    ({"slug": 7}, "slug: Not a valid string."),
    ({"slug": "42"}, NUMBER),
    ({"platform": "x" * 65}, "platform: Length must be between 1 and 64."),
    *(({"platform": text}, f"platform: {WORD}") for text in ("Python", "a b", "-", "<b>")),
    ({"platform": []}, "platform: Not a valid string."),
    ({"settings": []}, "settings: Invalid input type."),
    ({"settings": "x"}, "settings: Invalid input type."),
]
BAD_SETTINGS = [
    ({"allowedOrigins": "*"}, "allowedOrigins: Not a valid list."),
    ({"allowedOrigins": [None]}, "allowedOrigins.0: Field may not be null."),
    *(
        ({"allowedOrigins": ["*", text]}, f"allowedOrigins.1: {ORIGIN}")
        for text in ("https://", "https://*.x.test", "x.test/", "https://x.test/a", "a b", "*.*",
                     "user@x.test", "x.test:80", "ü.test", "**", "https://x.test:", "<script>")
    ),
    ({"allowedOrigins": [""]}, "allowedOrigins.0: Length must be between 1 and 255."),
    ({"allowedOrigins": ["x" * 256]}, "allowedOrigins.0: Length must be between 1 and 255."),
    ({"allowedOrigins": ["x"] * 101}, "allowedOrigins: Longer than maximum length 100."),
    *(({"storeIps": value}, "storeIps: Not a valid boolean.") for value in (0, 1, "true", [], "")),
    *(
        ({name: ["a", text]}, f"{name}.1: Length must be between 1 and 100.")
        for name in ("sensitiveFields", "safeFields")
        for text in ("", " ", "x" * 101)
    ),
    ({"sensitiveFields": ["x"] * 101}, "sensitiveFields: Longer than maximum length 100."),
    ({"safeFields": {}}, "safeFields: Not a valid list."),
    *(({name: -1}, f"{name}: {QUOTA}") for name in ("quota5Min", "quotaHour")),
    ({"quotaHour": 10**9 + 1}, f"quotaHour: {QUOTA}"),
    *(
        ({"quota5Min": value}, "quota5Min: Not a valid integer.")
        for value in (True, "5", 5.0, 1.5, 1e3, [])
    ),
    ({"filters": []}, "filters: Invalid input type."),
    *(
        ({"filters": {name: 1}}, f"filters.{name}: Not a valid boolean.")
        for name in ("browserExtensions", "localhost", "legacyBrowsers", "webCrawlers")
    ),
    *(
        ({"filters": {name: [text]}}, f"filters.{name}.0: Length must be between 1 and 300.")
        for name in ("releases", "environments", "messages")
        for text in ("", "x" * 301)
    ),
    *(
        ({"filters": {name: ["x"] * 101}}, f"filters.{name}: Longer than maximum length 100.")
        for name in ("releases", "environments", "messages")
    ),
    ({"filters": {"messages": "x"}}, "filters.messages: Not a valid list."),
    ({"filters": {"messages": ["\0"]}}, f"filters.messages.0: {NUL}"),
    *(
        ({"filters": {"ips": [text]}}, f"filters.ips.0: {NETWORK}")
        for text in ("x", "1.2.3", "1.2.3.4/33", "::/129", "1.2.3.4/x", "1.2.3.4-5", "256.1.1.1")
    ),
    ({"filters": {"ips": ["::1"] * 101}}, "filters.ips: Longer than maximum length 100."),
    ({"filters": {"ips": [1]}}, "filters.ips.0: Not a valid string."),
]  # fmt: skip
BAD += [({"settings": body}, f"settings.{error}") for body, error in BAD_SETTINGS]


def short(value):
    return json.dumps(value)[:60] if isinstance(value, dict) else ""


@pytest.mark.parametrize(
    ("body", "error"),
    [
        *BAD,
        ({}, "name: Missing data for required field."),
        *(
            ({"id": number}, "id: Must be greater than or equal to 1 and less than or equal to "
             "9007199254740991.")
            for number in (0, -1, 2**53)
        ),
        *(({"id": value}, "id: Not a valid integer.") for value in (True, "5", 5.0, [])),
        *(
            ({"publicKey": key}, "publicKey: Must be 32 hexadecimal digits.")
            for key in ("", "x" * 32, KEY[:-1], KEY + "-", "-" * 36, f"{KEY}'")
        ),
        ({"publicKey": 7}, "publicKey: Not a valid string."),
    ],
    ids=short,
)  # fmt: skip
def test_bad_values_make_no_project(api, db, audited, body, error):
    before = count(db)
    answer = api.post("/projects", body and {"name": "Shop"} | body)
    assert (answer.status_code, answer.json) == (400, {"error": error})
    assert (count(db), audited()) == (before, [])


@pytest.mark.parametrize(
    ("body", "error"), [*BAD, ({"slug": None}, "slug: Field may not be null.")], ids=short
)
def test_bad_values_change_nothing(api, world, patch, stored, audited, body, error):
    before = api.get(f"/projects/{world.project}").json
    answer = patch({"platform": "python"} | body)
    assert (answer.status_code, answer.json) == (400, {"error": error})
    assert api.get(f"/projects/{world.project}").json == before
    assert (stored(world.project), audited()) == ({}, [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"colour": "red"},
        {"id": 5, "publicKey": KEY},
        {"settings": {}},
        {"settings": {"quotaHours": 5}},
        {"settings": {"filters": {"localHost": True}}},
    ],
    ids=str,
)
def test_a_change_of_nothing_is_a_mistake(patch, body):
    answer = patch(body)
    assert answer.status_code == 400
    assert answer.json == {"error": "Nothing to update: send name, slug, platform or settings."}


def test_everything_can_be_changed_at_once(api, world, patch, stored, audited):
    body = {"name": "New", "slug": "new", "platform": "go", "settings": ALL}
    answer = patch(body)
    assert answer.status_code == 200
    assert {name: answer.json["data"][name] for name in body} == body
    assert api.get(f"/projects/{world.project}").json == answer.json
    assert stored(world.project) == STORED
    ((action, target, user, meta),) = audited()
    assert (action, target, user) == ("project.update", f"project:{world.project}", world.owner)
    assert json.loads(meta) == {
        "via": "api",
        "token": "test",
        "fields": ["name", "slug", "platform", *EVERY_FIELD],
    }


@pytest.mark.parametrize(
    ("before", "change", "after", "fields"),
    [
        pytest.param(
            {"quota_hour": 5, "filters": {"localhost": True}},
            {"storeIps": False, "filters": {"ips": ["::1"]}},
            {
                "quota_hour": 5,
                "store_ips": False,
                "filters": {"localhost": True, "ips": ["::1"]},
            },
            ["settings.storeIps", "settings.filters.ips"],
            id="only members given are changed",
        ),
        pytest.param(
            {"quota_hour": 5, "store_ips": False, "filters": {"localhost": True, "ips": ["::1"]}},
            {"quotaHour": None, "filters": {"localhost": None}},
            {"store_ips": False, "filters": {"ips": ["::1"]}},
            ["settings.quotaHour", "settings.filters.localhost"],
            id="null is the default",
        ),
        pytest.param(
            {"quota_hour": 5, "filters": {"localhost": True, "ips": ["::1"]}},
            {"filters": None},
            {"quota_hour": 5},
            ["settings.filters.localhost", "settings.filters.ips"],
            id="null sets back all filters",
        ),
        pytest.param(
            STORED,
            DEFAULTS,
            {},
            EVERY_FIELD,
            id="what equals the default is not stored",
        ),
        pytest.param(
            {"of_a_newer_version": [1], "filters": {"another": 2}},
            {"quotaHour": 0, "filters": {"localhost": True}},
            {
                "of_a_newer_version": [1],
                "filters": {"another": 2, "localhost": True},
                "quota_hour": 0,
            },
            ["settings.quotaHour", "settings.filters.localhost"],
            id="what is not known stays",
        ),
        pytest.param(
            {},
            {"allowedOrigins": [" HTTPS://Shop.Test ", "*.Test"], "filters": {"releases": [" a "]}},
            {"allowed_origins": ["https://shop.test", "*.test"], "filters": {"releases": ["a"]}},
            ["settings.allowedOrigins", "settings.filters.releases"],
            id="origins are written as browsers do",
        ),
    ],
)
def test_settings(db, world, patch, stored, audited, before, change, after, fields):
    db.execute("UPDATE projects SET settings = ? WHERE id = ?", (json.dumps(before), world.project))
    assert patch({"settings": change}).status_code == 200
    assert stored(world.project) == after
    assert [json.loads(meta)["fields"] for *_, meta in audited()] == [fields]


def test_null_sets_all_settings_back(patch, stored, world):
    patch({"settings": ALL})
    assert patch({"settings": None}).json["data"]["settings"] == DEFAULTS
    assert stored(world.project) == {}


@pytest.mark.parametrize(
    "origin",
    ["*", "localhost", "x.test", "*.x.test", "http://localhost:3000", "https://[::1]:8000",
     "127.0.0.1", "capacitor://localhost", "chrome-extension://abcdef", "https://xn--bcher.test"],
)  # fmt: skip
def test_origins_that_browsers_send_are_taken(patch, origin):
    answer = patch({"settings": {"allowedOrigins": [origin]}})
    assert answer.json["data"]["settings"]["allowedOrigins"] == [origin]


def test_the_longest_lists_fit(patch):
    filters = {name: ["x" * 300] * 100 for name in ("releases", "environments", "messages")}
    assert patch({"settings": {"filters": filters}}).status_code == 200


@pytest.mark.parametrize("body", [{"name": "Same"}, {"slug": "same"}, {"platform": "go"}], ids=str)
def test_the_same_again_is_not_audited_and_does_not_disturb_ingestion(db, patch, audited, body):
    def version():
        return db.execute("SELECT config_version FROM instance").fetchone()[0]

    first, after = patch(body | {"settings": ALL}), version()
    assert patch(body | {"settings": ALL}).json == first.json
    assert [action for action, *_ in audited()] == ["project.update"]
    assert version() == after


def test_a_slug_of_another_project_is_a_conflict(api, db, world, patch, audited):
    factories.project(db, world.org, slug="taken")
    factories.project(db, world.foreign_org, slug="free")
    answer = patch({"name": "New", "slug": "taken"})
    assert answer.status_code == 409
    assert answer.json == {"error": "This organization already has a project with the slug taken."}
    assert audited() == []
    assert api.get(f"/projects/{world.project}").json["data"]["name"] != "New"
    assert patch({"slug": "free"}).json["data"]["slug"] == "free"


def test_without_its_audit_entry_nothing_is_changed(api, db, world, patch, broken_audit_log):
    before, rows = api.get(f"/projects/{world.project}").json, count(db)
    for answer in (patch({"name": "New", "settings": ALL}), api.post("/projects", {"name": "X"})):
        assert answer.status_code == 500
        assert list(answer.json) == ["error"]
    assert api.get(f"/projects/{world.project}").json == before
    assert count(db) == rows


def test_a_project_whose_keys_are_disabled_has_no_dsn(api, db, world):
    db.execute("UPDATE client_keys SET disabled_at = ?", (NOW,))
    answer = api.get(f"/projects/{world.project}").json["data"]
    assert (answer["publicKey"], answer["dsn"]) == (None, None)


def test_without_a_configured_address_the_dsn_has_that_of_the_request(api, app, world):
    equip(app, Settings(db=app.config["SETTINGS"].db))
    key = api.get("/projects").json["data"][0]["publicKey"]
    answer = api.get(f"/projects/{world.project}", base_url="https://errors.test/sub")
    assert answer.json["data"]["dsn"] == f"https://{key}@errors.test/sub/{world.project}"


def test_the_defaults_above_are_those_of_ingestion():
    shown = {**DEFAULTS, **{f"filters.{name}": v for name, v in DEFAULTS["filters"].items()}}
    del shown["filters"]
    ours = ProjectSettings().flat()
    assert {name: list(v) if isinstance(v, tuple) else v for name, v in ours.items()} == shown
