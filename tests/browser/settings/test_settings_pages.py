"""Settings, usage, feedback, monitors and documentation: by mouse, by keyboard, without scripts."""

import pytest

WIDTHS = (1280, 390, 320)
THEMES = ("light", "dark")
ADDRESSES = [
    "/projects/1/settings/general", "/projects/1/settings/keys", "/projects/1/settings/filters",
    "/projects/1/settings/quotas", "/settings/projects", "/settings/members", "/settings/api",
    "/settings/audit", "/settings/usage", "/settings/usage?event=" + "a" * 32,
    "/projects/1/feedback", "/projects/1/monitors", "/projects/1/monitors/nightly", "/server",
    "/settings/alerts/rules", "/settings/alerts/channels", "/settings/alerts/deliveries",
    "/projects/1/delete", "/settings/organization/delete",
    "/docs", "/docs/first-error", "/docs/filters", "/docs/scrubbing", "/docs/releases",
    "/docs/keyboard", "/docs/self-hosting", "/docs/alerts", "/docs/api", "/docs/backup", "/docs/ci",
    "/docs/monitoring", "/docs/testing",
]  # fmt: skip


def copied(page):
    page.locator(".toast").wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def test_a_token_is_shown_once_works_and_is_revoked(opened, place):
    page = opened()
    page.goto("/settings/api")
    assert page.locator("[name=scope]:checked").count() == 0
    page.get_by_label("Name").fill("release-bot")
    page.get_by_role("checkbox", name="project:read").check()
    page.get_by_role("button", name="Create token").click()
    assert "“release-bot” is ready." in page.get_by_role("status").inner_text()
    page.get_by_role("button", name="Copy token").click()
    token = copied(page)
    assert token.startswith("jto_")
    assert [place.api(token, path) for path in ("/projects", "/issues", "/audit")] == [
        200,
        403,
        403,
    ]
    page.goto("/settings/api")
    assert token not in page.content()
    revoke = page.get_by_role("button", name="Revoke release-bot")
    revoke.click()
    dialog = page.get_by_role("dialog")
    assert "Anything using it stops working at once." in dialog.inner_text()
    dialog.get_by_role("button", name="Cancel").click()
    assert place.api(token, "/projects") == 200
    revoke.click()
    dialog.get_by_role("button", name="Revoke").click()
    page.get_by_text("“release-bot” is revoked").wait_for()
    assert place.api(token, "/projects") == 401


def test_a_member_cannot_open_the_pages_of_admins(opened):
    page = opened("teo@acme.test")
    for address in ("/settings/api", "/settings/audit", "/settings/members"):
        response = page.goto(address)
        assert response.status == 403
        assert "Only owners and admins" in page.inner_text("main")
    page.goto("/projects/1/settings/general")
    assert page.get_by_label("Name").is_disabled()
    assert not page.get_by_role("button", name="Save").count()


def test_a_wrong_line_is_named_and_led_to(opened):
    page = opened()
    page.goto("/projects/1/settings/filters")
    page.get_by_label("IP addresses and networks").fill("203.0.113.0/24\nmy laptop")
    page.get_by_role("checkbox", name="Web crawlers").check()
    page.get_by_role("button", name="Save").click()
    problem = page.get_by_role("alert")
    assert "Line 2: Must be an IP address" in problem.inner_text()
    assert page.evaluate("document.activeElement.id") == "problem"
    problem.get_by_role("link").click()
    field = page.get_by_label("IP addresses and networks")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.input_value() == "203.0.113.0/24\nmy laptop"
    assert page.get_by_role("checkbox", name="Web crawlers").is_checked()
    field.fill("203.0.113.0/24")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text().startswith("Saved.")
    assert page.get_by_label("IP addresses and networks").input_value() == "203.0.113.0/24"


def test_a_key_is_copied_disabled_and_rotated(opened):
    page = opened()
    page.goto("/projects/1/settings/keys")
    page.get_by_label("Name", exact=True).fill("Website")
    page.get_by_role("button", name="Create key").click()
    part = page.get_by_role("group", name="Website")
    part.get_by_role("button", name="Copy DSN").click()
    dsn = copied(page)
    assert dsn == part.locator(".secret span").inner_text()
    for name, outcome in (("Rotate", "has a new key"), ("Disable", "is disabled")):
        page.get_by_role("button", name=f"{name} Website").first.click()
        page.get_by_role("dialog").get_by_role("button", name=name).click()
        page.get_by_role("status").get_by_text(outcome).wait_for()
    assert dsn not in page.content()
    page.get_by_role("button", name="Enable Website").first.click()
    page.get_by_role("status").get_by_text("is active").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_event_is_found_where_it_is(opened, place, scripts):
    event_id = place.send("a message that was lost")
    page = opened(scripts=scripts)
    page.goto("/settings/usage")
    page.get_by_label("Event id").fill(event_id)
    page.get_by_label("Event id").press("Enter")
    assert "It is stored." in page.locator("#where").inner_text()
    page.locator("#where").get_by_role("link").click()
    page.get_by_role("heading", name="a message that was lost").wait_for()
    assert event_id in page.url


def test_by_keyboard_alone(opened):
    """From the skip link to a saved setting; focus is visible at each step."""
    page = opened()
    page.goto("/projects/1/settings/quotas")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
        if page.evaluate("document.activeElement.name") == "settings.quotaHour":
            break
    page.keyboard.type("4321")
    page.keyboard.press("Enter")
    page.locator("#status:focus").wait_for()
    assert "of 4,321" in page.inner_text("main")


def test_without_javascript(opened, place):
    page = opened(scripts=False)
    page.goto("/projects/1/settings/general")
    page.get_by_label("Web pages that may report").fill("*")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text().startswith("Saved.")
    page.goto("/settings/api")
    page.get_by_label("Name").fill("plain")
    page.get_by_role("checkbox", name="project:read").check()
    page.get_by_role("button", name="Create token").click()
    token = page.locator("#token").inner_text()
    assert place.api(token, "/projects") == 200
    page.goto("/settings/api")
    page.get_by_role("button", name="Revoke plain").click()
    assert place.api(token, "/projects") == 401
    page.goto("/settings/audit")
    page.get_by_label("What").select_option("token.create")
    page.get_by_role("button", name="Filter").click()
    assert "made the API token plain" in page.inner_text("main")
    assert "revoked" not in page.locator("tbody").inner_text()
    page.goto("/settings/usage?period=7d")
    page.get_by_label("Project").select_option("checkout-api")
    page.get_by_role("button", name="Show").click()
    assert "period=7d" in page.url
    assert "project=1" in page.url
    page.goto("/docs/releases")
    assert not page.get_by_role("button", name="Copy").count()


def test_the_log_is_saved_as_csv(opened):
    page = opened()
    page.goto("/settings/audit")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as CSV").click()
    assert download.value.suggested_filename == "audit.csv"
    assert download.value.path().read_text().startswith("id,time,who,what,action")


def test_blocks_of_the_documentation_are_copied_and_found(opened):
    page = opened()
    page.goto("/docs/first-error")
    blocks = page.locator(".docs pre").count()
    assert page.get_by_role("button", name="Copy", exact=True).count() == blocks > 3
    page.locator(".copyable", has_text="pip install").get_by_role("button").click()
    assert copied(page) == "pip install sentry-sdk"
    contents = page.get_by_role("navigation", name="Documentation")
    contents.get_by_role("link", name="REST API").click()
    page.wait_for_url("**/docs/api")
    assert page.locator("#rotateKey").get_by_text("Destructive", exact=True).is_visible()
    contents.get_by_role("link", name="Client keys").click()
    assert page.url.endswith("#client-keys")


def test_no_page_has_a_barrier_or_scrolls_sideways(opened):
    """With what strangers wrote on them, which runs nowhere."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page, found = opened(), []
    for address in ADDRESSES:
        page.goto(address)
        for width in WIDTHS:
            for theme in THEMES:
                page.set_viewport_size({"width": width, "height": 860})
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                for violation in axe.run(page).response["violations"]:
                    nodes = [node["html"][:200] for node in violation["nodes"]]
                    found.append((address, width, theme, violation["id"], nodes))
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append((address, width, "scrolls sideways"))
    assert found == []
