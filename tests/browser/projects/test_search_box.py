"""The box above the list: suggestions, mistakes, saved views; by keyboard, and without scripts."""

import time

import pytest

BOX = "[name=search]"
PATIENCE = 30  # seconds
TEXTS = "all => all.map((li) => li.firstChild.data)"
EVENTS = """
sentry_sdk.init(DSN, release="shop@1.0.0", environment="production")
for plan, text in (("gold", "cart is empty"), ("silver plus", "card declined")):
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("plan", plan)
        sentry_sdk.capture_message(text)
"""


@pytest.fixture(scope="module")
def shop(site):
    project_id, dsn = site.project("Box")
    site.send(dsn, EVENTS)
    for text in ("cart is empty", "card declined"):
        site.issue(project_id, text)
    return project_id


@pytest.fixture
def listed(opened, shop):
    def open_list(*who, **options):
        page = opened(*who, **options)
        page.goto(f"/projects/{shop}/issues?period=14d")
        return page

    return open_list


def suggests(page, *texts):
    """Waits until these are the suggestions, without their hints."""
    shown = page.locator("#suggested:not([hidden]) li")
    deadline = time.monotonic() + PATIENCE
    while (found := shown.evaluate_all(TEXTS)) != [*texts]:
        assert time.monotonic() < deadline, found
        page.wait_for_timeout(50)


def chosen(page):
    return page.locator("#suggested [aria-selected=true]").evaluate_all(
        "all => all.map((li) => [li.id, li.firstChild.data])"
    )


def titles(page):
    return sorted(page.locator(".ledger .t b").all_inner_texts())


def test_fields_tags_and_values_are_suggested_and_taken_by_keys(listed):
    page = listed()
    box, levels = page.locator(BOX), ("fatal", "error", "warning", "info", "debug")
    page.keyboard.press("/")
    page.keyboard.type("lev")
    suggests(page, "level:", "tags[level]:")  # SDKs send a tag of that name, too
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    ((number, text),) = chosen(page)
    assert (text, box.get_attribute("aria-activedescendant")) == ("level:", number)
    page.keyboard.press("Enter")
    suggests(page, *(f"level:{level}" for level in levels))
    page.keyboard.press("Escape")
    assert page.locator("#suggested").is_hidden()
    assert box.input_value() == "level:"
    page.keyboard.type("info pla")
    suggests(page, "platform:", "plan:")
    page.keyboard.press("ArrowUp")
    assert [text for _, text in chosen(page)] == ["plan:"]
    page.keyboard.press("Tab")
    suggests(page, "plan:gold", 'plan:"silver plus"')
    page.keyboard.type("sil")
    suggests(page, 'plan:"silver plus"')
    page.click("#suggested li")
    assert box.input_value() == 'level:info plan:"silver plus" '
    suggests(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**silver**")
    assert titles(page) == ["card declined"]
    page.fill(BOX, "")
    suggests(page, 'level:info plan:"silver plus"')  # a recent one
    page.goto(page.url.partition("?")[0])
    page.click(BOX)
    suggests(page, 'level:info plan:"silver plus"')
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**silver**")


def test_what_is_wrong_stands_under_the_box_and_help_is_a_key(listed):
    page = listed()
    page.fill(BOX, "levle:error")
    page.press(BOX, "Enter")
    wrong = page.locator("#search-wrong")
    wrong.wait_for()
    said = "levle is no field and no tag (character 1). Did you mean level?"
    assert wrong.inner_text() == said
    box = page.locator(BOX)
    assert box.get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{box.get_attribute('aria-describedby')}").inner_text() == said
    below = wrong.bounding_box()["y"] - box.bounding_box()["y"]
    assert below >= box.bounding_box()["height"]
    assert titles(page) == []
    page.keyboard.press("h")
    page.wait_for_url("**/docs/search")


def test_h_in_the_box_is_a_letter(listed):
    page = listed()
    page.click(BOX)
    page.keyboard.type("h")
    assert page.input_value(BOX) == "h"
    page.locator("h1").click()
    page.keyboard.press("h")
    page.wait_for_url("**/docs/search")


def save(page, name, *, is_shared):
    page.click("button:has-text('Save'):not(.pri)")
    page.fill("#view-name", name)
    if is_shared:
        page.check("[name=shared]")
    page.click("button:text('Save view')")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_view_is_saved_shared_opened_and_deleted(listed, scripts):
    name = f"Gold, {'scripted' if scripts else 'plain'}"
    page = listed(scripts=scripts)
    page.fill(BOX, "plan:gold")
    page.press(BOX, "Enter")
    page.wait_for_url("**plan%3Agold**")
    assert titles(page) == ["cart is empty"]
    save(page, name, is_shared=True)
    tab = page.locator(".views a", has_text=name)
    tab.wait_for()
    assert tab.get_attribute("aria-current") == "true"
    assert page.input_value(BOX) == "tags[plan]:gold"
    other = listed("teo@acme.test", scripts=scripts)
    other.click(f".views a:has-text('{name}')")
    other.wait_for_url("**tags**")
    assert titles(other) == ["cart is empty"]
    other.click(".views .edit")
    other.wait_for_url("**/settings/views")
    other.click(f"[aria-label='Delete {name}']")
    if scripts:
        other.click("dialog[open] .danger")
    other.locator("#status", has_text=name).wait_for()
    assert other.locator(f"a:text-is('{name}')").count() == 0
    page.reload()
    assert page.locator(".views a", has_text=name).count() == 0


def test_without_scripts_the_box_says_finds_and_helps(listed):
    page = listed(scripts=False)
    assert page.locator("#suggested").count() == 0
    page.fill(BOX, 'plan:"silver plus" OR cart')
    page.press(BOX, "Enter")
    page.wait_for_url("**search=plan**")
    assert titles(page) == ["card declined", "cart is empty"]
    page.fill(BOX, "is:nonsense")
    page.press(BOX, "Enter")
    assert "nonsense is no state" in page.locator("#search-wrong").inner_text()
    page.click("[aria-label='How to search']")
    page.wait_for_url("**/docs/search")


def test_chosen_issues_wait_for_what_one_can_without_scripts(listed, site, shop):
    page = listed(scripts=False)
    page.check("[name=id] >> nth=0")
    page.click("[aria-label='More ways to ignore']")
    page.fill("#bulk-ign-users", "3")
    page.press("#bulk-ign-users", "Enter")  # presses no button
    page.select_option("[name=ignore_users_within]", "1440")
    page.click("[name=action][value=ignore_users]")
    page.locator("#status", has_text="Ignored 1 issue.").wait_for()
    (ignored,) = site.api(f"/projects/{shop}/issues?status=ignored")["data"]
    assert ignored["statusDetails"] == {"ignoreUserCount": 3, "ignoreUserWindow": 1440}
    page.click("button:text('Undo')")
    page.locator("#status", has_text="Put back 1 issue.").wait_for()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_box_of_many_lines_has_them_on_a_phone_too(opened, shop, width):
    page = opened(width=width)
    page.goto(f"/projects/{shop}/settings/ownership")
    box = page.locator("textarea").first.bounding_box()
    assert box["height"] > 120
