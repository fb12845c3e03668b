"""Setting up, signing in, one's account: by mouse, by keyboard, without JavaScript."""

import pyotp
import pytest

PASSWORD = "correct horse battery"
WIDTHS = (1280, 390, 320)
THEMES = ("light", "dark")


def set_up(page, server):
    page.goto(server.setup)
    page.get_by_label("Organization name").fill("Acme")
    page.get_by_label("Your name").fill("Mara Lindqvist")
    page.get_by_label("Email").fill("mara@acme.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Project name").fill("checkout-api")
    page.get_by_role("button", name="Set up").click()
    page.wait_for_url("**/projects/1/setup")


def sign_in(page, server, address="/account", password=PASSWORD):
    page.goto(f"{server.url}{address}")
    page.get_by_label("Email").fill("mara@acme.test")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_the_first_run_makes_the_owner_and_cannot_be_repeated(visit, server):
    with visit() as page:
        set_up(page, server)
        token = page.locator("#token").inner_text()
        assert token.startswith("jto_")
        assert page.get_by_text("Waiting for the first error.").is_visible()
        page.reload()
        assert token not in page.content()
        response = page.request.get(server.setup, max_redirects=0)
        assert (response.status, response.headers["location"]) == (303, "/")
        page.get_by_role("button", name="Mara Lindqvist, account menu").click()
        page.get_by_role("button", name="Sign out").click()
        assert page.get_by_text("You are signed out.").is_visible()


def test_by_keyboard_alone(visit, server):
    """Focus is visible at each step, and keys do nothing while typing or in a dialog."""
    with visit() as page:
        set_up(page, server)
    with visit() as page:
        page.goto(f"{server.url}/account")
        for typed in ("mara@acme.test", PASSWORD):
            assert has_visible_focus(page)
            page.keyboard.type(typed)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # on the box "Stay signed in" it sends the form
        page.wait_for_url(f"{server.url}/account")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        assert dialog.is_visible()
        page.keyboard.press("Escape")
        assert not dialog.is_visible()
        page.get_by_label("Your name").focus()
        page.keyboard.press("End")
        page.keyboard.type("?x")
        assert not dialog.is_visible()
        assert page.get_by_label("Your name").input_value() == "Mara Lindqvist?x"


def has_visible_focus(page):
    return page.evaluate(
        """() => {
            const element = document.activeElement, style = getComputedStyle(element);
            return element !== document.body && style.outlineStyle !== "none";
        }"""
    )


def test_shortcuts_can_be_turned_off(visit, server):
    with visit() as page:
        set_up(page, server)
        page.goto(f"{server.url}/account")
        page.get_by_role("checkbox", name="Keyboard shortcuts").uncheck()
        page.get_by_role("button", name="Save preferences").click()
        page.wait_for_url("**/account#preferences")
        assert page.get_by_role("status").inner_text() == "Your preferences are saved."
        page.keyboard.press("?")
        assert not page.locator("#keys").is_visible()


def test_a_session_is_ended_from_another(visit, server):
    with visit() as page:
        set_up(page, server)
        with visit(user_agent="Mozilla/5.0 (iPhone) Version/18 Safari/604") as phone:
            sign_in(phone, server)
            phone.get_by_role("heading", name="Account").wait_for()
            page.goto(f"{server.url}/account")
            page.get_by_role("button", name="End the session of Safari on iPhone").click()
            assert page.get_by_text("That session has ended.").is_visible()
            phone.reload()
            assert phone.get_by_role("heading", name="Sign in").is_visible()


def test_the_second_factor_by_an_app(visit, server):
    with visit() as page:
        set_up(page, server)
        page.goto(f"{server.url}/account/second-factor")
        secret = page.locator("#secret").inner_text().replace(" ", "")
        assert page.locator("svg.qr").is_visible()
        page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Turn on").click()
        codes = page.locator("#codes").inner_text().split()
        assert len(codes) == 10
    with visit() as page:
        sign_in(page, server)
        page.get_by_role("textbox", name="Code").fill(codes[0])
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url(f"{server.url}/account")
        page.locator("#second-factor").get_by_label("Current password").fill(PASSWORD)
        page.get_by_role("button", name="Turn off").click()
        question = page.get_by_role("dialog", name="Turn the second factor off?")
        question.get_by_role("button", name="Cancel").click()
        assert page.get_by_text("You have 9 recovery codes left.").is_visible()
        page.get_by_role("button", name="Turn off").click()
        question.get_by_role("button", name="Turn off").click()
        page.get_by_text("The second factor is off.").wait_for()


@pytest.mark.parametrize("has_script", [True, False])
def test_what_was_typed_survives_the_end_of_the_session(visit, server, has_script):
    with visit() as page:
        set_up(page, server)
    with visit(java_script_enabled=has_script) as page:
        sign_in(page, server)
        page.get_by_label("Your name").fill("Mara, Queen of the North")
        server.run("DELETE FROM user_sessions")
        page.get_by_role("button", name="Save name").click()
        assert "You were signed out. Sign in again" in page.get_by_role("alert").inner_text()
        page.get_by_label("Email").fill("mara@acme.test")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        assert page.get_by_label("Name").input_value() == "Mara, Queen of the North"
        page.get_by_role("button", name="Send").click()
        assert page.get_by_label("Your name").input_value() == "Mara, Queen of the North"


def test_without_javascript(visit, server):
    """The set-up, the menus, the theme, an invitation accepted, signing out."""
    with visit(java_script_enabled=False) as page:
        set_up(page, server)
        page.get_by_role("link", name="Check again").click()
        page.goto(f"{server.url}/settings/members")
        page.get_by_label("Email").fill("teo@acme.test")
        page.get_by_role("button", name="Make a link").click()
        link = page.locator("#link").inner_text()
        page.goto(f"{server.url}/account")
        page.get_by_role("button", name="Mara Lindqvist, account menu").click()
        page.get_by_role("button", name="Dark theme").click()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        page.get_by_role("button", name="Mara Lindqvist, account menu").click()
        page.get_by_role("button", name="Sign out").click()
        page.goto(link)
        page.get_by_label("Your name").fill("Teo")
        page.get_by_label("Password").fill("another good phrase")
        page.get_by_role("button", name="Join").click()
        page.goto(f"{server.url}/account")
        assert page.get_by_role("button", name="Teo, account menu").is_visible()


def test_the_theme_is_there_from_the_first_paint(visit, server):
    with visit(color_scheme="light") as page:
        set_up(page, server)
        page.get_by_role("button", name="Mara Lindqvist, account menu").click()
        with page.expect_response("**/account/theme"):
            page.get_by_role("button", name="Dark theme").click()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        html = page.request.get(f"{server.url}/account").text()
        assert '<html lang="en" data-theme="dark"' in html
        assert 'value="dark" selected' in html  # the account knows it too


def test_no_page_has_a_barrier_or_scrolls_sideways(visit, server):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = []

    def look(page, name):
        for width in WIDTHS:
            for theme in THEMES:
                page.set_viewport_size({"width": width, "height": 860})
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                for violation in axe.run(page).response["violations"]:
                    nodes = [node["html"] for node in violation["nodes"]]
                    found.append((name, width, theme, violation["id"], nodes))
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append((name, width, "scrolls sideways"))
        page.set_viewport_size({"width": 1280, "height": 860})

    with visit() as page:
        page.goto(server.url)
        look(page, "start")
        page.goto(server.setup)
        page.evaluate("document.querySelector('form').noValidate = true")
        page.get_by_role("button", name="Set up").click()
        look(page, "set-up, all wrong")
        set_up(page, server)
        look(page, "project's set-up")
        for address in ("/account", "/account/second-factor", "/nothing"):
            page.goto(f"{server.url}{address}")
            look(page, address)
        page.goto(f"{server.url}/settings/members")
        page.get_by_label("Email").fill("teo@acme.test")
        page.get_by_role("button", name="Make a link").click()
        look(page, "members")
        link = page.locator("#link").inner_text()
    with visit() as page:
        page.goto(link)
        look(page, "invitation")
        sign_in(page, server, password="wrong horse battery")
        look(page, "sign-in, wrong")
        page.goto(f"{server.url}/password/forgot")
        look(page, "forgot")
    assert found == []
