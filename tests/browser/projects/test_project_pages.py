"""Projects, their set-up and their releases: by mouse, with and without scripts."""

import pytest

SESSIONS = """
sentry_sdk.init(DSN, release="shop@2.0.0", environment="production")
scope = sentry_sdk.get_isolation_scope()
for number in range(10):
    scope.start_session()
    if number == 0:
        scope._session.update(status="crashed")
    scope.end_session()
sentry_sdk.capture_message("checkout failed")
"""
EVIL = "<script>alert(1)</script>\u202e'\"><img src=x>"


@pytest.fixture(scope="module")
def shop(site):
    """A project with two releases of which one has sessions, and hostile commits."""
    project_id, dsn = site.project("Shop", "--platform", "python-flask")
    for version, message in (("shop@1.0.0", EVIL), ("shop@2.0.0", f"Fix the basket {EVIL}")):
        site.api(
            f"/projects/{project_id}/releases",
            "POST",
            {
                "version": version,
                "ref": EVIL,
                "commits": [
                    {"sha": f"a1b2c3d{n}", "author": f"{EVIL} {n}", "message": f"{message} {n}"}
                    for n in range(12)
                ],
                "deploys": [{"environment": name} for name in ("staging", "production", "x" * 60)],
            },
        )
    site.send(dsn, SESSIONS)
    site.issue(project_id, "checkout failed")
    return project_id


def test_a_project_is_made_and_its_first_error_opens_by_itself(opened, site):
    page = opened()
    page.goto("/projects")
    page.click("text=New project >> nth=-1")
    page.fill("[name=name]", "Made by hand")
    page.check("text=FastAPI")
    page.click("button:text('Create project')")
    page.wait_for_url("**/setup")
    assert "uvicorn" in page.locator("#run").inner_text()
    page.click("[aria-label='Copy code of app.py']")
    page.locator(".toast").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    dsn = page.locator("#dsn").inner_text()
    assert f'dsn="{dsn}"' in copied
    assert copied.strip() == page.locator("#file-1").inner_text().strip()
    page.click("summary:has-text('Choose another')")
    page.click(".platforms a:text-is('Python')")
    page.wait_for_url("**platform=python")
    site.send(dsn, "sentry_sdk.init(DSN)\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n"
              "    sentry_sdk.capture_exception()")  # fmt: skip
    page.wait_for_url("**/issues/*")
    assert "ZeroDivisionError" in page.locator("h1").inner_text()


def test_without_scripts_check_again_finds_it(opened, site):
    page = opened(scripts=False)
    page.goto("/projects/new")
    page.fill("[name=name]", "Made without scripts")
    page.click("button:text('Create project')")
    page.wait_for_url("**/setup")
    dsn = page.locator("#dsn").inner_text()
    page.click("text=Check again")
    assert page.locator("text=Waiting for the first error.").is_visible()
    program = "sentry_sdk.init(DSN)\nsentry_sdk.capture_message('quiet')"
    site.send(dsn, program)
    site.issue(int(dsn.rpartition("/")[2]), "quiet")
    page.click("text=Check again")
    page.click("text=Open it")
    page.click("button.pri:has-text('Resolve') >> nth=0")
    page.locator("#status", has_text="Resolved 1 issue.").wait_for()
    site.send(dsn, program)
    page.reload()
    page.locator(".tag.reg", has_text="Regressed").wait_for()


def test_a_release_shows_its_commits_deploys_sessions_and_marker(opened, shop, site):
    page = opened()
    page.goto(f"/projects/{shop}/issues?period=14d")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/releases")
    row = page.locator("tbody tr").first
    assert "shop@2.0.0" in row.inner_text()
    assert "production" in row.inner_text()
    assert page.locator(".commits li code").first.inner_text() == "a1b2c3d"
    data = site.api(f"/projects/{shop}/releases")["data"][0]
    assert data["sessions"] >= 10
    assert f"{data['crashFreeRate']:.1f}%" in row.inner_text()
    assert "100.0%" in row.inner_text()  # all sessions are of this release
    page.click("a.ver >> nth=0")
    page.locator("h1", has_text="shop@2.0.0").wait_for()
    assert "checkout failed" in page.locator("#new").inner_text()
    assert page.locator("#commits li").count() == 12
    page.keyboard.press("k")
    page.locator("h1", has_text="shop@1.0.0").wait_for()
    assert "No sessions yet" in page.locator("main").inner_text()
    page.goto(f"/projects/{shop}/issues?period=14d")
    assert page.locator("line.rel").count() == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_pages_fit_their_width_and_axe_finds_nothing(opened, shop, theme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(width=width, theme=theme)
    path = f"/projects/{shop}"
    for address in (
        "/projects", "/projects/new", path, f"{path}/setup", f"{path}/setup?platform=nextjs",
        f"{path}/releases", f"{path}/releases?period=24h", f"{path}/releases/shop@2.0.0",
        f"{path}/releases/shop@1.0.0", f"{path}/releases/none",
    ):  # fmt: skip
        page.goto(address)
        scrolled = page.evaluate("document.documentElement.scrollWidth")
        assert scrolled <= width, (address, scrolled)
        found = axe.run(page).response["violations"]
        said = [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found]
        assert said == [], address
        assert not page.locator("img[src=x]").count()
        assert not page.locator("main script").count()
        assert "\u202e" not in page.content()
