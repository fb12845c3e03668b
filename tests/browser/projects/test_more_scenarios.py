"""What is empty, foreign, expired or under way; filters, one by one, beside the API's answers."""

import json

import pytest
from issue_pages import CHAINED, INIT, ids, path_of, posting

from jentry.store import connection

VARIED = (
    INIT
    + """
for number in range(24):
    with sentry_sdk.new_scope() as scope:
        scope.fingerprint = ["varied", str(number)]
        scope.set_tag("plan", ("free", "paid")[number % 2])
        scope.set_user({"id": number % 3})
        sentry_sdk.capture_message("varied " + str(number), level=("error", "warning")[number % 2])
sentry_sdk.flush(10)
sentry_sdk.init(DSN, release="shop@1.5.0", environment="staging")
for number in range(0, 24, 4):
    with sentry_sdk.new_scope() as scope:
        scope.fingerprint = ["varied", str(number)]
        sentry_sdk.capture_message("varied " + str(number), level="error")
"""
)


@pytest.fixture(scope="module")
def varied(site):
    """A project whose issues differ in what lists go by: its id."""
    project_id, dsn = site.project("Varied", "--platform", "python")
    site.send(dsn, VARIED)
    site.issue(project_id, "varied 23")
    listed = site.api(f"/projects/{project_id}/issues?limit=100")["data"]
    for number, status in ((1, "resolved"), (2, "ignored"), (3, "resolved")):
        site.api(f"/issues/{listed[number]['id']}", "PATCH", {"status": status})
    site.api(f"/issues/{listed[5]['id']}", "PATCH", {"assigneeUserId": 1})
    return project_id


def write(site, statement, *values):
    db = connection.connect(site.folder / "jentry.db", write=True)
    with connection.transaction(db):
        db.execute(statement, values)
    db.close()


def test_each_filter_lists_what_the_api_lists(opened, varied, site):
    page = opened()
    base = f"/projects/{varied}/issues?"
    for query in (
        "status=all", "status=resolved", "status=ignored", "level=warning", "period=24h",
        "query=varied+1", "environment=staging", "release=shop@1.5.0", "tag[plan]=paid",
        "assignee=1", "assignee=none", "sort=events", "sort=users", "sort=first_seen",
        "level=error&environment=staging&sort=events&query=varied", "limit=5&page=2",
    ):  # fmt: skip
        page.goto(f"{base}{query}" + ("" if "period" in query else "&period=14d"))
        asked = page.url.partition("/projects/")[2]
        listed = [row["id"] for row in site.api(f"/projects/{asked}")["data"]]
        assert ids(page) == listed != [], query
        page.reload()
        assert ids(page) == listed, query
    page.goto(f"{base}level=error&period=14d&limit=5")
    with posting(page):
        page.click("a[rel='next']")
    assert "level=error" in page.url
    assert "page=2" in page.url


def test_the_choice_of_raw_holds_for_another_issue(opened, site):
    project_id, dsn = site.project("Remembered", "--platform", "python")
    site.send(dsn, CHAINED.replace("{times}", "1"))
    site.send(dsn, CHAINED.replace("{times}", "1").replace("ReservationFailed", "OtherFailed"))
    page = opened()
    page.goto(path_of(site.issue(project_id, "ReservationFailed")))
    with posting(page):
        page.click("button:text('Raw')")
    page.goto(path_of(site.issue(project_id, "OtherFailed")))
    assert "OtherFailed: order 0 failed" in page.locator("#raw").inner_text()
    with posting(page):
        page.click("button:text('In app')")


def test_what_is_empty_foreign_or_expired_says_so(opened, site):
    empty, dsn = site.project("Empty", "--platform", "python")
    page = opened()
    page.goto(f"/projects/{empty}/issues?period=14d")
    page.wait_for_url("**/setup")
    assert page.get_by_text("Waiting for the first error.").is_visible()

    site.send(dsn, INIT + "\nsentry_sdk.capture_message('short-lived')")
    issue = site.issue(empty, "short-lived")
    site.api(f"/issues/{issue['id']}", "PATCH", {"status": "resolved"})
    page.goto(f"/projects/{empty}/issues?period=14d")
    assert page.locator("h2", has_text="Nothing unresolved").is_visible()

    site.run("org", "create", "Other")
    other = site.run("project", "create", "Secret", "--org", "other")["id"]
    foreign, unknown = (page.goto(f"/projects/{n}/issues/1") for n in (other, 987_654))
    assert (foreign.status, unknown.status) == (404, 404)
    assert "Secret" not in page.content()

    write(site, "DELETE FROM events WHERE issue_id = ?", issue["id"])
    write(site, "INSERT INTO issue_evictions VALUES (?, 'age', 1, ?)", issue["id"],
          issue["lastSeen"])  # fmt: skip
    assert page.goto(path_of(issue)).status == 200
    assert "short-lived" in page.locator("h1").inner_text()
    assert "90 days" in page.locator("main").inner_text()


LONG_NAMES = """
frame = {"module": "m" * 110, "function": "f" * 110, "in_app": True}
value = {"type": "T" + "t" * 150, "value": "v" * 300, "stacktrace": {"frames": [frame]}}
sentry_sdk.capture_event({"exception": {"values": [value]}})
"""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_comment_survives_the_end_of_the_session(opened, site, scripts):
    project_id, dsn = site.project("Typing")
    site.send(dsn, INIT + "\nsentry_sdk.capture_message('typed about')")
    issue = site.issue(project_id, "typed about")
    page = opened(scripts=scripts)
    page.goto(path_of(issue))
    page.fill("#comment", "It is the <cache>, I think")
    write(site, "DELETE FROM user_sessions")
    page.click("button:text('Comment')")
    assert "You were signed out. Sign in again" in page.get_by_role("alert").inner_text()
    page.fill("[name=email]", "mara@acme.test")
    page.fill("[name=password]", "a bicycle made for two")
    page.get_by_role("button", name="Sign in").click()
    assert "It is the <cache>, I think" in [
        field.input_value() for field in page.locator("main input, main textarea").all()
    ]
    page.get_by_role("button", name="Send").click()
    page.locator("#activity q", has_text="It is the <cache>, I think").wait_for()
    told = site.api(f"/issues/{issue['id']}/activity")["data"]
    assert "It is the <cache>, I think" in json.dumps(told)


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_exact_times_are_reached_by_key_and_touch(opened, varied, site, width):
    """And have room: nothing scrolls sideways."""
    issue = site.api(f"/projects/{varied}/issues?limit=1")["data"][0]
    page = opened(width=width)
    for address in (f"/projects/{varied}/issues?period=14d", path_of(issue), "/settings/members"):
        page.goto(address)
        time = page.locator("time[title]").locator("visible=true").first
        relative, exact = time.inner_text(), time.get_attribute("title")
        assert "UTC" in exact
        page.keyboard.press("t")
        assert time.inner_text() == exact
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        page.get_by_role("button", name="Mara, account menu").click()
        page.get_by_role("button", name="Exact or relative times").click()
        assert time.inner_text() == relative


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_names_without_a_blank_end_at_the_edge_of_the_page(opened, site, width):
    project_id, dsn = site.project(f"Long names {width}")
    site.send(dsn, INIT + LONG_NAMES)
    issue = site.issue(project_id, "Tttt")
    assert "in ffff" in issue["culprit"]
    page = opened(width=width)
    for address in (f"/projects/{project_id}/issues?period=14d", path_of(issue)):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
