"""From the list of issues to one event among many, and to Resolve: by links and forms alone."""

import pytest

PROGRAM = """
sentry_sdk.init(DSN, release="shop@1.4.2", environment="production")
for number in range(60):
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("plan", "free" if number % 20 else "paid")
        scope.fingerprint = ["one"]
        sentry_sdk.capture_message("order " + str(number) + " failed")
"""


@pytest.fixture(scope="module")
def issue(site):
    project_id, dsn = site.project("Orders", "--platform", "python")
    site.send(dsn, PROGRAM)
    return site.issue(project_id, "order 59")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_event_is_found_by_its_tag_and_its_issue_is_resolved(opened, site, issue, scripts):
    site.api(f"/issues/{issue['id']}", "PATCH", {"status": "unresolved"})
    page = opened(scripts=scripts)
    page.goto(f"/projects/{issue['projectId']}/issues?period=14d")
    page.click("text=order 59 failed")
    page.click("text=All events")
    page.locator("tbody tr").first.wait_for()
    assert page.locator("tbody tr").count() == 50
    page.click("text=Older")
    page.locator("text=Older events, newest first.").wait_for()
    assert page.locator("tbody tr").count() == 10
    page.fill("[name=add]", "plan=paid")
    page.click("button:text('Filter')")
    page.locator(".kv", has_text="plan").wait_for()
    assert page.locator("tbody tr").count() == 3
    assert "tag%5Bplan%5D=paid" in page.url
    page.click("tbody tr:nth-child(2) a")
    page.locator(".evwho", has_text="Event 21 of 60").wait_for()
    page.click("button.pri:has-text('Resolve') >> nth=0")
    page.locator("#status", has_text="Resolved 1 issue.").wait_for()
    assert site.api(f"/issues/{issue['id']}")["data"]["status"] == "resolved"
