"""Find, understand and close errors by mouse and keyboard, with and without scripts."""

import pytest
from issue_pages import CHAINED, INIT, ids, path_of, posting
from sdk import KEY

MANY = (
    INIT
    + """
for number in range({first}, {last}):
    with sentry_sdk.new_scope() as scope:
        scope.fingerprint = ["issue", str(number)]
        sentry_sdk.capture_message("problem {word} " + str(number), level="{level}")
"""
)


@pytest.fixture(scope="module")
def shop(site):
    """A project with one issue of four events: its id, its DSN, the issue."""
    project_id, dsn = site.project("Shop", "--platform", "python")
    site.send(dsn, CHAINED.replace("{times}", "4"))
    return project_id, dsn, site.issue(project_id, "ReservationFailed")


@pytest.fixture(scope="module")
def many(site):
    """A project with sixty issues: its id."""
    project_id, dsn = site.project("Many", "--platform", "python")
    for first, last, word, level in ((0, 30, "alpha", "error"), (30, 60, "beta", "warning")):
        program = MANY.replace("{first}", str(first)).replace("{last}", str(last))
        site.send(dsn, program.replace("{word}", word).replace("{level}", level))
    site.issue(project_id, "problem beta 59")
    return project_id


def test_the_failing_line_its_values_and_its_cause(opened, shop):
    page = opened()
    page.goto(path_of(shop[2]))
    first = page.locator("details.frame[open]").first
    assert "raise ReservationFailed" in first.locator(".ln.hot").inner_text()
    assert "42" in first.locator(".locals").inner_text()
    assert first.locator("tr", has_text="password").locator(".filtered").is_visible()
    assert "hunter2" not in page.content()
    assert page.locator("h3", has_text="ReservationFailed").first.is_visible()
    assert page.locator(".link-note").inner_text() == "was caused by this exception"
    assert page.locator("h3", has_text="JSONDecodeError").is_visible()
    run = page.locator("details.run").first
    frame = run.locator(".frame").first
    assert "in json" in run.locator("summary").first.inner_text()
    assert not frame.is_visible()
    run.locator("summary").first.click()
    assert frame.is_visible()
    assert "SELECT stock" in page.locator("#breadcrumbs").inner_text()


def test_an_event_of_a_browser(opened, site):
    site.project("Web", "--platform", "javascript", "--id", "7", "--key", KEY)
    site.replay("browser-sentry/onerror_unhandled.3")
    page = opened()
    page.goto(path_of(site.issue(7, "TypeError")))
    assert "main.js" in page.locator(".where").first.inner_text()
    assert "at line" in page.locator(".where").first.inner_text()
    assert ":" in page.locator(".where").first.inner_text().rpartition("at line")[2]
    assert page.locator(".tag", has_text="Unhandled").is_visible()


def test_raw_is_complete_remembered_and_copied(opened, shop, site):
    page = opened()
    page.goto(path_of(shop[2]))
    with posting(page):
        page.click("button:text('Raw')")
    raw = page.locator("#raw").inner_text()
    assert raw.startswith("Traceback (most recent call last):")
    assert "The above exception was the direct cause of the following exception:" in raw
    assert raw.rstrip().endswith("ReservationFailed: order 3 failed")
    page.reload()
    assert page.locator("#raw").is_visible()
    page.click("text=Copy Markdown")
    page.locator(".toast").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    for part in (
        "# ReservationFailed: order 3 failed",
        "shop@1.4.2",
        "in reserve",
        "quantity = 42",
    ):
        assert part in copied
    assert "Filtered" not in copied
    assert "hunter2" not in copied
    with posting(page):
        page.click("button:text('In app')")
    assert not page.locator("#raw").count()


def test_events_are_walked_by_buttons_and_keys(opened, shop):
    page = opened()
    page.goto(path_of(shop[2]))
    assert page.locator(".evwho").inner_text().startswith("Event 4 of 4")
    assert page.locator("[aria-label='Next event'][aria-disabled=true]").is_visible()
    with posting(page):
        page.click("[aria-label^='Previous event']")
    assert page.locator(".evwho").inner_text().startswith("Event 3 of 4")
    assert "order 2 failed" in page.locator("#trace").inner_text()
    with posting(page):
        page.keyboard.press("k")
    assert page.locator(".evwho").inner_text().startswith("Event 2 of 4")
    with posting(page):
        page.keyboard.press("j")
    assert page.locator(".evwho").inner_text().startswith("Event 3 of 4")
    with posting(page):
        page.click("[aria-label='First event']")
    assert page.locator("[aria-label='Previous event'][aria-disabled=true]").is_visible()
    with posting(page):
        page.click("[aria-label='Latest event']")
    assert page.locator(".evwho").inner_text().startswith("Event 4 of 4")


def test_filters_combine_survive_and_come_back(opened, many, site):
    page = opened()
    page.goto(f"/projects/{many}/issues")
    page.click(".chip:has-text('Warning')")
    page.wait_for_url("**level=warning**")
    page.fill("[type=search]", "beta 4")
    with posting(page):
        page.press("[type=search]", "Enter")
    with posting(page):
        page.select_option("#sort", "first_seen")
    address = page.url.partition("/projects/")[2]
    for part in ("level=warning", "search=beta+4", "sort=first_seen", "period=14d"):
        assert part in address
    listed = [row["id"] for row in site.api(f"/projects/{address}")["data"]]
    assert len(listed) == 10
    assert ids(page) == listed
    page.reload()
    assert ids(page) == listed
    page.go_back()
    assert "sort=" not in page.url
    page.go_forward()
    assert ids(page) == listed
    page.fill("[type=search]", "nowhere")
    with posting(page):
        page.press("[type=search]", "Enter")
    assert page.locator("h2", has_text="No issues match.").is_visible()
    with posting(page):
        page.click("text=Clear filters")
    assert len(ids(page)) == 25
    with posting(page):
        page.click("a[rel='next']")
    assert "page=2" in page.url
    assert ids(page) == [
        row["id"] for row in site.api(f"/projects/{page.url.partition('/projects/')[2]}")["data"]
    ]


def test_two_rows_are_resolved_and_undone(opened, many, site):
    page = opened()
    page.goto(f"/projects/{many}/issues?query=alpha&period=14d")
    chosen = ids(page)[:2]
    for number in chosen:
        page.check(f"[name=id][value='{number}']")
    assert page.locator("[data-picked]").inner_text() == "2 selected"
    with posting(page):
        page.click(".bulk button:text('Resolve')")
    assert page.locator("#status").inner_text().startswith("Resolved 2 issues.")
    assert not set(chosen) & set(ids(page))
    assert {site.api(f"/issues/{n}")["data"]["status"] for n in chosen} == {"resolved"}
    newest = site.api("/audit?limit=2")["data"]
    assert {entry["action"] for entry in newest} == {"issue.resolve"}
    assert {entry["meta"]["via"] for entry in newest} == {"web"}
    log = opened()
    log.goto("/settings/audit?action=issue.resolve")
    told = [" ".join(row.inner_text().split()) for row in log.locator("tbody tr").all()[:2]]
    assert all(any(f"Mara resolved #{n}" in line for line in told) for n in chosen), told
    with posting(page):
        page.click("#status button:text('Undo')")
    assert set(chosen) <= set(ids(page))
    assert {site.api(f"/issues/{n}")["data"]["status"] for n in chosen} == {"unresolved"}


def test_all_matching_over_pages_and_nothing_else(opened, many, site):
    page = opened()
    page.goto(f"/projects/{many}/issues?level=warning&period=14d&limit=10")
    page.check("[data-pick-all]")
    page.check("text=Select all 30 matching")
    with posting(page):
        page.click(".bulk button:text('Ignore')")
    assert "Ignored 30 issues." in page.locator("#status").inner_text()
    total = site.api(f"/projects/{many}/issues?status=ignored")["total"]
    left = site.api(f"/projects/{many}/issues?level=error")["total"]
    assert (total, left) == (30, 30)
    with posting(page):
        page.click("#status button:text('Undo')")
    assert site.api(f"/projects/{many}/issues?status=ignored")["total"] == 0


def test_resolved_regresses_ignored_stays_and_the_api_is_told(opened, site):
    project_id, dsn = site.project("Back")
    for word in ("first", "second"):
        site.send(dsn, INIT + f"\nsentry_sdk.capture_message('{word}')")
    first, second = site.issue(project_id, "first"), site.issue(project_id, "second")
    page = opened()
    for issue, action in ((first, "Resolve"), (second, "Ignore")):
        page.goto(path_of(issue))
        with posting(page):
            page.click(f"button.btn:has-text('{action}') >> nth=0")
    for word in ("first", "second"):
        site.send(dsn, INIT + f"\nsentry_sdk.capture_message('{word}')")
    page.goto(f"/projects/{project_id}/issues")
    assert ids(page) == [first["id"]]
    assert page.locator(".tag.reg").inner_text() == "Regressed"
    page.goto(path_of(first))
    assert "Regressed in shop@1.4.2" in page.locator("#activity").inner_text()
    site.api(f"/issues/{first['id']}", "PATCH", {"status": "resolved"})
    page.reload()
    assert "via API" in page.locator("#activity").inner_text()
    with posting(page):
        page.click("button:text('Reopen')")
    assert page.locator("button:text('Resolve')").first.is_visible()


def test_by_keyboard_alone(opened, many, site):
    page = opened()
    page.goto(f"/projects/{many}/issues?level=error&period=14d")
    page.keyboard.press("/")
    page.keyboard.type("jx?")
    assert page.input_value("[type=search]") == "jx?"
    assert not page.locator("tr.at").count()
    page.fill("[type=search]", "")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("tr.at").count() == 1
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    with posting(page):
        page.keyboard.press("Enter")
    number = int(page.url.rpartition("/")[2])
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.wait_for_function("!document.activeElement.closest('dialog')")
    with posting(page):
        page.keyboard.press("r")
    assert site.api(f"/issues/{number}")["data"]["status"] == "resolved"
    with posting(page):
        page.keyboard.press("r")
    assert site.api(f"/issues/{number}")["data"]["status"] == "unresolved"
    page.keyboard.press("a")
    assert page.locator("#asg").is_visible()
    page.keyboard.press("Escape")


HOSTILE = (
    INIT
    + r"""
evil = "<script>alert(1)</script>\u202e\x00'\"><img src=x onerror=alert(1)>"

def deep(number):
    if number:
        return deep(number - 1)
    long = evil + "x" * 5000
    raise ValueError(evil + "m" * 100_000)

try:
    sentry_sdk.set_tag("evil", evil)
    sentry_sdk.set_extra(evil, {evil: evil})
    sentry_sdk.set_user({"id": evil, "email": evil})
    sentry_sdk.add_breadcrumb(category=evil, message=evil, data={evil: "javascript:alert(1)"})
    sentry_sdk.set_context("request", {"url": "javascript:alert(1)"})
    deep(250)
except ValueError:
    sentry_sdk.capture_exception()
sentry_sdk.capture_event({
    "message": evil + "m" * 900_000, "request": {"url": "javascript:alert(1)", "method": "GET"},
    "logger": evil, "release": "evil@1", "fingerprint": ["evil"],
})
"""
)


def test_a_hostile_event_is_text_everywhere(opened, site):
    project_id, dsn = site.project("Hostile")
    site.send(dsn, HOSTILE)
    issue = site.issue(project_id, "ValueError")
    page = opened()
    path = path_of(issue)
    for address in (
        f"/projects/{project_id}/issues?period=14d", "/issues?period=14d", path, f"{path}/events",
        f"{path}/tags", f"{path}/activity", path_of(site.issue(project_id, "<script>")),
    ):  # fmt: skip
        answer = page.goto(address)
        assert answer.status == 200
        assert len(answer.body()) < 400_000
        assert not page.locator("img[src=x]").count()
        assert not page.locator("main script").count()
        assert not page.locator("a[href^='javascript:']").count()
        assert "\u202e" not in page.content()
    page.goto(path)
    assert page.locator("details.frame, .frame.bare").count() > 200
    for mode in ("All frames", "Raw", "In app"):
        with posting(page):
            page.click(f"button:text('{mode}')")


def test_what_is_not_there_says_so(opened, shop):
    page = opened()
    assert page.goto(f"/projects/{shop[0]}/issues/9999").status == 404
    assert "There is no issue #9999 in Shop." in page.locator("main").inner_text()
    assert page.goto(f"{path_of(shop[2])}/events/{'0' * 31}1").status == 404
    assert "ReservationFailed" in page.locator("h1").inner_text()
    page.goto(f"/projects/{shop[0]}/issues?level=red&period=14d")
    assert "level: not understood" in page.locator("main").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_pages_fit_their_width_and_axe_finds_nothing(opened, shop, many, theme, width, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(width=width, theme=theme)
    path = path_of(shop[2])
    for name, address in (
        ("list", f"/projects/{many}/issues?period=14d&limit=5&environment=production&status=all"),
        ("empty", f"/projects/{many}/issues?period=14d&query=nowhere"), ("issue", path),
        ("events", f"{path}/events"), ("none", f"{path}/events?tag[a]=b&tag[=x"),
        ("tags", f"{path}/tags"), ("activity", f"{path}/activity"),
    ):  # fmt: skip
        page.goto(address)
        scrolled = page.evaluate("document.documentElement.scrollWidth")
        assert scrolled <= width, (name, scrolled)
        if name == "list":
            page.check("tbody tr:nth-child(2) .cb")
        found = axe.run(page).response["violations"]
        said = [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found]
        assert said == [], name
        page.screenshot(path=tmp_path / f"{name}-{width}-{theme}.png", full_page=True)


def test_without_scripts(opened, many, shop, site):
    page = opened(scripts=False)
    page.goto(f"/projects/{many}/issues?period=14d")
    page.fill("[type=search]", "alpha 1")
    page.press("[type=search]", "Enter")
    page.wait_for_url("**search=alpha+1**")
    assert len(ids(page)) == 11
    chosen = ids(page)[0]
    page.check(f"[name=id][value='{chosen}']")
    page.click(".bulk button:text('Resolve')")
    page.locator("#status").wait_for()
    assert site.api(f"/issues/{chosen}")["data"]["status"] == "resolved"
    page.click("#status button:text('Undo')")
    page.locator("#status", has_text="Put back").wait_for()
    page.goto(path_of(shop[2]))
    run = page.locator("details.run").first
    run.locator("summary").first.click()
    assert run.locator(".frame").first.is_visible()
    page.click("[popovertarget=asg]")
    page.click("#asg button:has-text('Teo')")
    page.locator("#status", has_text="Assigned 1 issue.").wait_for()
    page.click("[aria-label='More ways to ignore']")
    page.click("#ign button:text('For 1 day')")
    page.locator(".note", has_text="Ignored for 1 day").wait_for()
    page.click("button:text('Reopen')")
    page.locator("#status", has_text="Reopened 1 issue.").wait_for()
    page.click("button:text('Raw')")
    page.locator("#raw").wait_for()
    page.fill("#comment", "seen")
    page.click("button:text('Comment')")
    page.locator("#activity q", has_text="seen").wait_for()


def test_of_two_people_the_last_one_wins_and_both_are_told(opened, site):
    project_id, dsn = site.project("Two")
    site.send(dsn, INIT + "\nsentry_sdk.capture_message('contested')")
    issue = site.issue(project_id, "contested")
    mara, teo = opened("mara@acme.test"), opened("teo@acme.test")
    mara.goto(path_of(issue))
    teo.goto(path_of(issue))
    with posting(mara):
        mara.click("button.pri:has-text('Resolve') >> nth=0")
    with posting(teo):
        teo.click("button:has-text('Ignore') >> nth=0")
    said = teo.locator("#activity").inner_text()
    assert "Mara resolved this" in said
    assert "Teo ignored this" in said
    assert site.api(f"/issues/{issue['id']}")["data"]["status"] == "ignored"
