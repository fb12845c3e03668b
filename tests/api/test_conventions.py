"""What holds for every endpoint, taken from the routes themselves."""

import json
import re

import factories
import pytest
from refusals import refuse

from jentry.vocabulary import MAX_ID, SCOPES

ENDPOINTS = {  # method, address -> scope, a body that is accepted
    ("GET", "/projects"): ("project:read", None),
    ("POST", "/projects"): ("project:admin", {"name": "Shop"}),
    ("GET", "/projects/<id:project_id>"): ("project:read", None),
    ("PATCH", "/projects/<id:project_id>"): ("project:admin", {"name": "Shop"}),
    ("GET", "/projects/<id:project_id>/ownership"): ("project:read", None),
    ("PUT", "/projects/<id:project_id>/ownership"): ("project:admin", {"rules": "# nobody"}),
    ("GET", "/projects/<id:project_id>/fingerprint-rules"): ("project:read", None),
    ("PUT", "/projects/<id:project_id>/fingerprint-rules"): (
        "project:admin",
        {"rules": "level:error -> errors"},
    ),
    ("POST", "/projects/<id:project_id>/grouping/preview"): (
        "issue:read",
        {"rules": "level:error -> errors"},
    ),
    ("GET", "/projects/<id:project_id>/summary"): ("project:read", None),
    ("GET", "/projects/<id:project_id>/keys"): ("project:read", None),
    ("POST", "/projects/<id:project_id>/regroup"): ("project:admin", None),
    ("GET", "/projects/<id:project_id>/regroup"): ("issue:read", None),
    ("POST", "/projects/<id:project_id>/regroup/preview"): ("issue:read", None),
    ("POST", "/projects/<id:project_id>/keys"): ("project:admin", {}),
    ("GET", "/projects/<id:project_id>/keys/<id:key_id>"): ("project:read", None),
    ("PATCH", "/projects/<id:project_id>/keys/<id:key_id>"): ("project:admin", {"name": "Shop"}),
    ("POST", "/projects/<id:project_id>/keys/<id:key_id>/rotate"): ("project:admin", None),
    ("GET", "/projects/<id:project_id>/stats"): ("project:read", None),
    ("GET", "/projects/<id:project_id>/quotas"): ("project:read", None),
    ("GET", "/stats"): ("project:read", None),
    ("GET", "/projects/<id:project_id>/user-reports"): ("event:read", None),
    ("GET", "/projects/<id:project_id>/monitors"): ("project:read", None),
    ("GET", "/monitors/<id:monitor_id>/check-ins"): ("project:read", None),
    ("GET", "/events/<event:event_id>/attachments"): ("event:read", None),
    ("GET", "/events/<event:event_id>/user-reports"): ("event:read", None),
    ("GET", "/attachments/<id:attachment_id>"): ("event:read", None),
    ("GET", "/attachments/<id:attachment_id>/content"): ("event:read", None),
    ("GET", "/members"): ("member:read", None),
    ("GET", "/projects/<id:project_id>/issues"): ("issue:read", None),
    ("PATCH", "/projects/<id:project_id>/issues"): (
        "issue:write",
        {"filter": {}, "status": "resolved"},
    ),
    ("GET", "/projects/<id:project_id>/issues/stats"): ("issue:read", None),
    ("GET", "/issues"): ("issue:read", None),
    ("GET", "/issues/stats"): ("issue:read", None),
    ("PATCH", "/issues"): ("issue:write", {"filter": {"level": "debug"}, "status": "resolved"}),
    ("GET", "/operations/<id:operation_id>"): ("issue:read", None),
    ("POST", "/operations/<id:operation_id>/undo"): ("issue:write", None),
    ("GET", "/issues/<id:issue_id>/comments"): ("issue:read", None),
    ("POST", "/issues/<id:issue_id>/comments"): ("issue:write", {"text": "Seen."}),
    ("GET", "/issues/<id:issue_id>/activity"): ("issue:read", None),
    ("GET", "/issues/<id:issue_id>/tags"): ("issue:read", None),
    ("GET", "/issues/<id:issue_id>/releases"): ("issue:read", None),
    ("GET", "/issues/<id:issue_id>/stats"): ("issue:read", None),
    ("GET", "/issues/<id:issue_id>/parts"): ("issue:read", None),
    ("POST", "/issues/<id:issue_id>/unmerge"): ("issue:write", {"parts": [1001]}),
    ("GET", "/issues/<id:issue_id>/hashes"): ("issue:read", None),
    ("GET", "/issues/<id:issue_id>/suspect-commits"): ("issue:read", None),
    ("POST", "/issues/<id:issue_id>/split"): ("issue:write", {"hashes": ["0a"]}),
    ("GET", "/issues/<id:issue_id>"): ("issue:read", None),
    ("PATCH", "/issues/<id:issue_id>"): ("issue:write", {"status": "resolved"}),
    ("GET", "/issues/<id:issue_id>/events"): ("event:read", None),
    ("GET", "/issues/<id:issue_id>/events/<any(latest, oldest):end>"): ("event:read", None),
    ("GET", "/issues/<id:issue_id>/events/<event:event_id>"): ("event:read", None),
    ("GET", "/events/<event:event_id>"): ("event:read", None),
    ("GET", "/projects/<id:project_id>/releases"): ("project:read", None),
    ("POST", "/projects/<id:project_id>/releases"): ("project:write", {"version": "1"}),
    ("GET", "/projects/<id:project_id>/releases/<version>"): ("project:read", None),
    ("PATCH", "/projects/<id:project_id>/releases/<version>"): ("project:write", {"ref": "a1b2"}),
    ("GET", "/projects/<id:project_id>/releases/<version>/comparison"): ("project:read", None),
    ("GET", "/projects/<id:project_id>/releases/<version>/sessions"): ("project:read", None),
    ("GET", "/projects/<id:project_id>/releases/<version>/deploys"): ("project:read", None),
    ("POST", "/projects/<id:project_id>/releases/<version>/deploys"): (
        "project:write",
        {"environment": "production"},
    ),
    ("POST", "/projects/<id:project_id>/monitors"): ("project:admin", {"slug": "nightly"}),
    ("GET", "/monitors/<id:monitor_id>"): ("project:read", None),
    ("PATCH", "/monitors/<id:monitor_id>"): ("project:admin", {"isMuted": True}),
    ("DELETE", "/monitors/<id:monitor_id>"): ("project:admin", None),
    ("GET", "/monitors/schedule"): ("project:read", None),
    ("GET", "/alert-rules"): ("alert:read", None),
    ("POST", "/alert-rules"): (
        "alert:write",
        {"name": "New", "conditions": [{"kind": "new_issue"}], "channelIds": [1]},
    ),
    ("GET", "/alert-rules/<id:rule_id>"): ("alert:read", None),
    ("PATCH", "/alert-rules/<id:rule_id>"): ("alert:write", {"isActive": False}),
    ("DELETE", "/alert-rules/<id:rule_id>"): ("alert:write", None),
    ("POST", "/alert-rules/dry-run"): ("alert:read", {"conditions": [{"kind": "new_issue"}]}),
    ("GET", "/alert-channels"): ("alert:read", None),
    ("POST", "/alert-channels"): (
        "alert:write",
        {"name": "Ops", "kind": "email", "to": ["members"]},
    ),
    ("GET", "/alert-channels/<id:channel_id>"): ("alert:read", None),
    ("PATCH", "/alert-channels/<id:channel_id>"): ("alert:write", {"name": "Night"}),
    ("DELETE", "/alert-channels/<id:channel_id>"): ("alert:write", None),
    ("POST", "/alert-channels/<id:channel_id>/test"): ("alert:write", None),
    ("POST", "/alert-channels/<id:channel_id>/rotate"): ("alert:write", None),
    ("GET", "/alert-deliveries"): ("alert:read", None),
    ("GET", "/alert-deliveries/<id:delivery_id>"): ("alert:read", None),
    ("POST", "/alert-deliveries/<id:delivery_id>/retry"): ("alert:write", None),
    ("GET", "/audit"): ("org:read", None),
    ("GET", "/usage"): ("org:read", None),
    ("DELETE", "/issues/<id:issue_id>"): ("issue:write", None),
    ("DELETE", "/projects/<id:project_id>"): ("project:admin", None),
    ("GET", "/deletions"): ("project:read", None),
    ("GET", "/deletions/<id:deletion_id>"): ("project:read", None),
    ("POST", "/erasures"): ("project:admin", {"email": "jane@person.test"}),
    ("GET", "/erasures/<id:erasure_id>"): ("project:admin", None),
    ("GET", "/erasures/<id:erasure_id>/export"): ("project:admin", None),
    ("POST", "/erasures/<id:erasure_id>/confirm"): ("project:admin", None),
    ("GET", "/views"): ("issue:read", None),
    ("POST", "/views"): ("issue:read", {"name": "Mine"}),
    ("GET", "/views/<id:view_id>"): ("issue:read", None),
    ("PATCH", "/views/<id:view_id>"): ("issue:read", {"name": "Ours"}),
    ("DELETE", "/views/<id:view_id>"): ("issue:read", None),
    ("GET", "/projects/<id:project_id>/artifacts"): ("project:read", None),
    ("DELETE", "/artifacts/<id:artifact_id>"): ("project:write", None),
    ("GET", "/events/<event:event_id>/symbolication"): ("event:read", None),
    ("POST", "/projects/<id:project_id>/symbolication"): ("project:write", {"limit": 10}),
}
STREAMED = "/erasures/<id:erasure_id>/export"  # of any length, so without an ETag
RAW = ("/attachments/<id:attachment_id>/content", STREAMED)  # the answers that are not JSON
OBJECTS = (
    ">",
    "/comparison",
    "/summary",
    "/usage",
    "/symbolication",
    "/ownership",
    "/fingerprint-rules",
    "/regroup",
)  # the ends of addresses that answer one thing
NEEDED = {"/monitors/schedule": "value=0+4+*+*+*"}  # a query without which there is no answer
LISTS = sorted(
    rule
    for method, rule in ENDPOINTS
    if method == "GET" and not rule.endswith(OBJECTS) and rule not in (*RAW, *NEEDED)
)
NEED_TOKEN = {"error": "Send an API token in the header Authorization: Bearer jto_…."}
NOT_VALID = {"error": "This API token is not valid: it is mistyped, was revoked or has expired."}
NO_ADDRESS = {"error": "There is no such address."}

each_endpoint = pytest.mark.parametrize(
    ("method", "rule"), ENDPOINTS, ids=[f"{method} {rule}" for method, rule in ENDPOINTS]
)
WITH_ID = [key for key in ENDPOINTS if "<" in key[1]]


def fill(rule, found):
    return re.sub(r"<(?:[^<>]+:)?(\w+)>", lambda match: str(found[match[1]]), rule)


def success(app, method, rule):
    """The status of an answer that is no refusal, as it is described."""
    views = {(m, r.rule): r.endpoint for r in app.url_map.iter_rules() for m in r.methods}
    return app.view_functions[views[method, f"/api/v1{rule}"]].description.status


def everything(db, project):
    """One of each thing that has an id, all in one project."""
    issue, attachment = factories.issue(db, project), factories.attachment(db, project)
    key = db.execute("SELECT id FROM client_keys WHERE project_id = ?", (project,)).fetchone()
    event = db.execute("SELECT event_id FROM attachments WHERE id = ?", (attachment,)).fetchone()
    factories.event(db, issue, event_id=event["event_id"])
    factories.part(db, issue, id=1000 + project)
    for hashed in (b"\x0a", b"\x0b"):
        db.execute(
            "INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)"
            " VALUES (?, 3, ?, ?, '{}')",
            (project, hashed, issue),
        )
    factories.release(db, project, "shop@1")
    owner = db.execute("SELECT org_id FROM projects WHERE id = ?", (project,)).fetchone()
    channel = factories.alert_channel(db, owner["org_id"])
    return {
        "rule_id": factories.alert_rule(db, owner["org_id"]),
        "channel_id": channel,
        "delivery_id": factories.delivery(db, owner["org_id"], channel),
        "project_id": project,
        "issue_id": issue,
        "key_id": key["id"],
        "monitor_id": factories.monitor(db, project),
        "attachment_id": attachment,
        "event_id": event["event_id"].hex(),
        "operation_id": factories.regroup(db, project),
        "deletion_id": factories.deletion(db, project),
        "erasure_id": factories.erasure(db, project),
        "artifact_id": factories.artifact(db, project),
        "view_id": factories.view(db, owner["org_id"], _somebody(db, owner["org_id"])),
        "version": "shop@1",
        "end": "latest",
    }


def _somebody(db, org_id):
    rows = db.execute("SELECT min(user_id) AS id FROM memberships WHERE org_id = ?", (org_id,))
    return rows.fetchone()["id"]


def nothing(number):
    """Ids that nothing has."""
    ids = ("project_id", "issue_id", "key_id", "monitor_id", "attachment_id", "operation_id",
           "rule_id", "channel_id", "delivery_id", "deletion_id", "erasure_id",
           "artifact_id", "view_id")  # fmt: skip
    names = {"event_id": "f" * 32, "version": "shop@2", "end": "oldest"}
    return dict.fromkeys(ids, number) | names


@pytest.fixture
def own(db, world):
    return everything(db, world.project)


@pytest.fixture
def foreign(db, world):
    return everything(db, world.foreign_project)


def confirmation(db, rule, found):
    """The word without which nothing is deleted."""
    if "project" not in rule:
        return found["issue_id"]
    rows = db.execute("SELECT id, slug FROM projects").fetchall()
    return {row["id"]: row["slug"] for row in rows}.get(found["project_id"], "nothing")


@pytest.fixture
def call(api, own, db):
    def call(method, rule, found=own, suffix="", **options):
        _, body = ENDPOINTS.get((method, rule), (None, None))
        if needed := NEEDED.get(rule):
            suffix += ("&" if "?" in suffix else "?") + needed
        if method == "DELETE" and "?" not in suffix:
            suffix += f"?confirm={confirmation(db, rule, found)}"
        return api.open(method, fill(rule, found) + suffix, **{"json": body} | options)

    return call


def test_the_list_above_is_complete(app):
    routes = {
        (method, rule.rule.removeprefix("/api/v1")): app.view_functions[rule.endpoint].scope
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("v1.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == {key: scope for key, (scope, _) in ENDPOINTS.items()}


@each_endpoint
def test_a_token_with_just_the_scope_gets_the_members_that_are_described(
    app, call, db, own, world, method, rule
):
    scope, _ = ENDPOINTS[method, rule]
    endpoint, _ = app.url_map.bind("").match(f"/api/v1{fill(rule, own)}", method)
    token = factories.token(db, world.org, world.owner, [scope])
    answer = call(method, rule, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == success(app, method, rule)
    assert answer.headers["Cache-Control"] == "no-store"
    if rule not in RAW and answer.status_code != 204:
        assert answer.content_type == "application/json"
        assert answer.json.keys() == {"data", *app.view_functions[endpoint].description.envelope}


@pytest.fixture
def lacking(db, world):
    """Scope -> the headers of a token with all others."""

    def headers(scope):
        token = factories.token(db, world.org, world.owner, [s for s in SCOPES if s != scope])
        return {"Authorization": f"Bearer {token}"}

    return {scope: headers(scope) for scope in SCOPES}


def test_all_other_scopes_together_are_not_enough(call, lacking):
    for (method, rule), (scope, _) in ENDPOINTS.items():
        answer = call(method, rule, headers=lacking[scope])
        assert (method, rule, answer.status_code) == (method, rule, 403)
        assert answer.json == {"error": f"This needs a token with the scope {scope}."}


def test_a_missing_scope_comes_before_a_missing_object_and_a_bad_value(call, lacking):
    missing = nothing(10**6)
    for (method, rule), (scope, _) in ENDPOINTS.items():
        headers = lacking[scope]
        answer = call(method, rule, missing, "?limit=0&page=0", json=[], headers=headers)
        assert (method, rule, answer.status_code) == (method, rule, 403)


def test_a_missing_token_comes_before_everything_but_the_route(client):
    missing = nothing(10**6)
    for method, rule in ENDPOINTS:
        answer = client.open(f"/api/v1{fill(rule, missing)}?limit=0", method=method, json=[])
        found = (method, rule, answer.status_code, answer.json)
        assert found == (method, rule, 401, NEED_TOKEN)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("authorization", "error"),
    [
        pytest.param("", NEED_TOKEN, id="empty header"),
        pytest.param("{token}", NEED_TOKEN, id="bare token"),
        pytest.param("Token {token}", NEED_TOKEN, id="another scheme"),
        pytest.param("Basic {token}", NEED_TOKEN, id="basic scheme"),
        pytest.param("Bearer", NEED_TOKEN, id="no token"),
        pytest.param("Bearer  ", NEED_TOKEN, id="blank token"),
        pytest.param("Bearer{token}", NEED_TOKEN, id="no blank"),
        pytest.param("Bearer jto_wrong", NOT_VALID, id="unknown token"),
        pytest.param("Bearer {token}x", NOT_VALID, id="one letter too many"),
        pytest.param("Bearer {token} {token}", NOT_VALID, id="two tokens"),
        pytest.param("Bearer jto_\xe9\xff", NOT_VALID, id="not ASCII"),
    ],
)
def test_what_is_no_token_is_refused(api, client, authorization, error):
    header = authorization.format(token=api.token)
    answer = client.get(
        f"/api/v1/projects?access_token={api.token}&token={api.token}",
        headers={"Authorization": header},
    )
    assert (answer.status_code, answer.json) == (401, error)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_written_in_any_case(api, scheme):
    headers = {"Authorization": f"{scheme} {api.token}"}
    assert api.get("/projects", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        pytest.param({"revoked_at": "2026-11-20T11:59:59.999Z"}, 401, id="revoked"),
        pytest.param({"expires_at": "2026-11-20T12:00:00.000Z"}, 401, id="expired just now"),
        pytest.param({"expires_at": "2026-11-20T12:00:00.001Z"}, 200, id="not yet expired"),
    ],
)
def test_a_token_holds_until_it_is_revoked_or_expires(api, db, world, columns, status):
    token = factories.token(db, world.org, world.owner, **columns)
    answer = api.get("/projects", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status


def test_a_token_dies_with_the_membership_of_its_creator(api, db, world):
    db.execute("DELETE FROM memberships WHERE user_id = ?", (world.owner,))
    assert api.get("/projects").status_code == 401


def test_what_another_organization_has_does_not_exist(call, foreign, db):
    tables = ("issues", "releases", "release_deploys", "comments", "operations", "audit_log")

    def rows():
        return [list(map(tuple, db.execute(f"SELECT * FROM {table}"))) for table in tables]

    before = rows()
    for method, rule in WITH_ID:
        missing = call(method, rule, nothing(10**6))
        answer = call(method, rule, foreign)
        found = (method, rule, answer.status_code, answer.json)
        assert found == (method, rule, 404, missing.json)
        assert missing.status_code == 404
        assert list(answer.json) == ["error"]
        assert (method, rule, rows()) == (method, rule, before)


def test_a_missing_object_comes_before_a_bad_value(call, foreign):
    for method, rule in WITH_ID:
        answer = call(method, rule, foreign, "?limit=0&page=0", json=[])
        assert (method, rule, answer.status_code) == (method, rule, 404)


def test_what_is_no_id_is_no_address(call):
    for method, rule in WITH_ID:
        for text in ("-1", "+1", "1.0", "1e3", "abc", "٣", "0x1", "%00", "1%0A", "%20"):
            answer = call(method, rule, dict.fromkeys(nothing(0), text))
            found = (method, rule, text, answer.status_code, answer.json)
            assert found == (method, rule, text, 404, NO_ADDRESS)


def test_ids_that_nothing_has_are_not_found(call):
    for method, rule in WITH_ID:
        for number in (0, MAX_ID, MAX_ID + 1, 2**64 + 1, "9" * 5000):
            answer = call(method, rule, nothing(number))
            sent = (method, rule, str(number)[:30])
            assert (*sent, answer.status_code) == (*sent, 404)
            assert answer.json != NO_ADDRESS


def test_a_slash_at_the_end_changes_nothing(app, call, own):
    addresses = app.url_map.bind("")
    for method, rule in ENDPOINTS:
        path = f"/api/v1{fill(rule, own)}"
        assert addresses.match(f"{path}/", method) == addresses.match(path, method)
        if method == "GET":
            answer = call(method, rule, suffix="/")
            assert (rule, answer.status_code) == (rule, success(app, method, rule))


def test_options_need_no_token(client, own):
    for method, rule in ENDPOINTS:
        answer = client.options(f"/api/v1{fill(rule, own)}")
        assert (rule, answer.status_code, answer.data) == (rule, 200, b"")
        assert method in answer.headers["Allow"]


def test_other_methods_are_refused_with_those_allowed(client, own):
    for rule in sorted({rule for _, rule in ENDPOINTS}):
        allowed = {"OPTIONS"}
        for known, address in ENDPOINTS:
            if address == rule:
                allowed |= {known, "HEAD"} if known == "GET" else {known}
        for wrong in {"PUT", "DELETE", "TRACE", "BREW", "PROPFIND"} - allowed:
            answer = client.open(f"/api/v1{fill(rule, own)}", method=wrong)
            assert (rule, wrong, answer.status_code) == (rule, wrong, 405)
            takes = answer.headers["Allow"]
            assert (rule, set(takes.split(", "))) == (rule, allowed)
            assert answer.json == {"error": f"This address takes {takes}, not {wrong}."}


GETS = [rule for method, rule in ENDPOINTS if method == "GET" and rule != STREAMED]


def test_head_is_get_without_the_body(call):
    for rule in GETS:
        got, head = call("GET", rule), call("HEAD", rule)
        assert (rule, head.status_code, head.data) == (rule, 200, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
        assert head.content_type == got.content_type


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/events/latest", "/projects/1/x"])
def test_addresses_that_do_not_exist_are_told_in_the_same_form(client, path):
    answer = client.get(f"/api/v1{path}")
    assert (answer.status_code, answer.json) == (404, NO_ADDRESS)
    assert answer.headers["Cache-Control"] == "no-store"


NUMBERS = [
    ("0", "Must be greater than or equal to 1 and less than or equal to 100."),
    ("101", "Must be greater than or equal to 1 and less than or equal to 100."),
    ("9" * 40, "Must be greater than or equal to 1 and less than or equal to 100."),
    ("9" * 5000, "Not a valid integer."),
    ("-1", "Not a valid integer."),
    ("%2B1", "Not a valid integer."),
    ("1.5", "Not a valid integer."),
    ("1e2", "Not a valid integer."),
    ("1_0", "Not a valid integer."),
    ("%201", "Not a valid integer."),
    ("1%0A", "Not a valid integer."),
    ("٣", "Not a valid integer."),
    ("abc", "Not a valid integer."),
    ("", "Not a valid integer."),
    ("%00", "Not a valid integer."),
]


def test_limits_are_numbers_from_1_to_100(call):
    for rule in LISTS:
        for text, error in NUMBERS:
            answer = call("GET", rule, suffix=f"?limit={text}")
            found = (rule, text[:40], answer.status_code, answer.json)
            assert found == (rule, text[:40], 400, {"error": f"limit: {error}"})


def test_numbers_within_are_taken_and_of_a_repeated_one_the_first(call):
    for rule in LISTS:
        for text in ("1", "100", "007", "5&limit=x"):
            answer = call("GET", rule, suffix=f"?limit={text}")
            assert (rule, text, answer.status_code) == (rule, text, 200)


def test_unknown_parameters_are_ignored_and_names_have_a_case(call):
    for rule in LISTS:
        answer = call("GET", rule, suffix="?colour=red&Limit=0&LIMIT=x&%00=%ff")
        assert (rule, answer.status_code) == (rule, 200)


WRITES = [key for key, (_, body) in ENDPOINTS.items() if body is not None]


NOT_OBJECTS = [
    (b"[]", "The body must be a JSON object, such as {}."),
    (b'"x"', "The body must be a JSON object, such as {}."),
    (b"7", "The body must be a JSON object, such as {}."),
    (b"null", "The body must be a JSON object, such as {}."),
    (b"true", "The body must be a JSON object, such as {}."),
    (b"", "The body is not valid JSON"),
    (b"{", "The body is not valid JSON"),
    (b"{'version': 1}", "The body is not valid JSON"),
    (b'{"version": NaN}', "The body is not valid JSON"),
    (b'{"version": Infinity}', "The body is not valid JSON"),
    (b'{"version": %d}' % 10**400, "The body is not valid JSON"),
    (b'{"version": "\\ud800"}', "The body is not valid JSON"),
    (b'{"version": "\xff"}', "The body is not valid JSON"),
    (b'{"a":' + b"[" * 99_999, "The body is not valid JSON"),
    ('{"version": "1"}'.encode("utf-16"), "The body is not valid JSON"),
    (b"version=1&status=resolved", "The body is not valid JSON"),
]


def test_bodies_are_json_objects(call):
    for method, rule in WRITES:
        for body, error in NOT_OBJECTS:
            answer = call(method, rule, json=None, data=body, content_type="application/json")
            sent = (method, rule, body[:40])
            assert (*sent, answer.status_code, list(answer.json)) == (*sent, 400, ["error"])
            assert answer.json["error"].startswith(error)


MANY = (  # refuse what they do not know
    ("PATCH", "/projects/<id:project_id>/issues"),
    ("PATCH", "/issues"),
)


def fitting(method, rule, padding=""):
    """A body that is accepted, padded with blanks and, where it may be, an unknown member."""
    unknown = {} if (method, rule) in MANY else {"unknown": {"a": [1]}}
    return json.dumps(ENDPOINTS[method, rule][1] | unknown).encode() + padding.encode()


FORM = "application/x-www-form-urlencoded"
CONTENT_TYPES = [
    None, "application/json", "application/json; charset=utf-8", "text/plain", FORM,
    "multipart/form-data; boundary=x", "nonsense",
]  # fmt: skip
EACH_WRITE_AND_TYPE = [
    pytest.param(
        *write,
        content_type,
        marks=[] if content_type == FORM or write == WRITES[0] else pytest.mark.exhaustive,
    )
    for write in WRITES
    for content_type in CONTENT_TYPES
]


@pytest.mark.parametrize(("method", "rule", "content_type"), EACH_WRITE_AND_TYPE)
def test_the_content_type_does_not_matter(call, method, rule, content_type):
    body = b"\xef\xbb\xbf" + fitting(method, rule)
    answer = call(method, rule, json=None, data=body, content_type=content_type)
    assert answer.status_code in (200, 201, 202)


@pytest.mark.parametrize(("method", "rule"), WRITES)
def test_a_body_over_a_mebibyte_is_too_large(call, method, rule):
    size = 1024 * 1024 - len(fitting(method, rule))
    fits, larger = (fitting(method, rule, " " * length) for length in (size, size + 1))
    assert call(method, rule, json=None, data=fits).status_code in (200, 201, 202)
    answer = call(method, rule, json=None, data=larger)
    assert answer.status_code == 413
    assert answer.json == {"error": "The body must not be larger than 1048576 bytes."}


HOSTILE = [
    None, True, False, 0, -1, 2**63, 10**30, 1.5, "", " ", "\0", "x" * 300_000, [], [[]], [{}],
    [None], {}, {"a": None}, "'; DROP TABLE issues; --",
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "rule", "member"),
    [
        ("PATCH", "/issues/<id:issue_id>", "status"),
        ("PATCH", "/issues/<id:issue_id>", "assigneeUserId"),
        ("POST", "/issues/<id:issue_id>/comments", "text"),
        *(
            ("PATCH", "/projects/<id:project_id>/releases/<version>", member)
            for member in ("ref", "url", "dateReleased")
        ),
        *(
            ("POST", "/projects/<id:project_id>/releases", member)
            for member in ("version", "ref", "url", "dateReleased", "commits", "deploys")
        ),
        *(
            ("POST", "/projects/<id:project_id>/releases", f"commits.{member}")
            for member in ("sha", "author", "authorEmail", "message", "url", "files", "id")
        ),
        *(
            ("POST", "/projects/<id:project_id>/releases", f"deploys.{member}")
            for member in ("environment", "name", "url", "deployedAt")
        ),
    ],
)
def test_no_value_of_any_type_breaks_a_body(call, method, rule, member):
    for value in HOSTILE:
        body = {"version": "1"} if method == "POST" else {}
        outer, _, inner = member.partition(".")
        basis = {"sha": "a"} if outer == "commits" else {"environment": "a"}
        body[outer] = [basis | {inner: value}] if inner else value
        answer = call(method, rule, json=body)
        assert answer.status_code in (200, 201, 400), value
        if answer.status_code == 400:
            assert list(answer.json) == ["error"]
            assert answer.json["error"].startswith(outer)


def test_the_use_of_a_token_is_noted_once_a_minute(api, db, world, caplog):
    token = factories.token(db, world.org, world.owner)
    headers = {"Authorization": f"Bearer {token}"}

    def last_use():
        rows = db.execute("SELECT last_used_at FROM api_tokens ORDER BY id DESC LIMIT 1")
        return rows.fetchone()[0]

    assert api.get("/projects", headers=headers).status_code == 200
    assert last_use() == "2026-11-20T12:00:00.000Z"
    refuse(db, "UPDATE", "api_tokens")
    assert api.get("/projects", headers=headers).status_code == 200
    assert "could not be noted" not in caplog.text


def test_reading_goes_on_while_the_use_of_a_token_cannot_be_noted(api, db, world, caplog):
    token = factories.token(db, world.org, world.owner)
    refuse(db, "UPDATE", "api_tokens")
    answer = api.get("/projects", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert "could not be noted" in caplog.text
    assert token not in caplog.text


def test_what_was_read_before_is_not_sent_again(call):
    for rule in GETS:
        tag = call("GET", rule).headers["ETag"]
        again = call("GET", rule, headers={"If-None-Match": tag})
        assert (rule, again.status_code, again.data) == (rule, 304, b"")


def test_lists_come_as_lines_too(call):
    for rule in LISTS:
        rows = call("GET", rule).json["data"]
        answer = call("GET", rule, headers={"Accept": "application/x-ndjson"}, buffered=True)
        assert (rule, answer.content_type) == (rule, "application/x-ndjson")
        assert [json.loads(line) for line in answer.data.splitlines()] == rows


@pytest.mark.parametrize("rule", [rule for method, rule in ENDPOINTS if method == "PATCH"])
def test_a_change_of_what_has_changed_is_refused(call, audited, rule):
    answer = call("PATCH", rule, headers={"If-Match": '"before"'})
    assert answer.status_code == 412
    assert audited() == []
    assert call("PATCH", rule, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("rule", [rule for method, rule in ENDPOINTS if method == "POST"])
def test_what_is_sent_twice_with_a_key_is_done_once(call, audited, rule):
    first = call("POST", rule, headers={"Idempotency-Key": "k"})
    done = audited()
    again = call("POST", rule, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert audited() == done
