"""Pictures of every page of the demo: `python -m tests.browser.screenshots [NAME …]`.

From the root of a checkout. They are put into the folder `screenshots`, which git ignores, as
`NAME-WIDTH-THEME.png`. With names only these pages are shown. A page that is wider than its window
is told, and makes the exit status 1. With `--readme` the README's three are made anew instead.
"""

import base64
import json
import re
import sys
import urllib.request
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.chromium import launch
from tests.servers import serving

FOLDER = Path("screenshots")
PICTURES = Path(__file__).with_name("pictures")  # of the README, as WebP
README = [
    ("issues-all", 1280, 860, "light"),
    ("issue", 1280, 900, "dark"),
    ("issue", 390, 960, "light"),
]
QUALITY = 62  # of 100
WIDTHS = (1280, 390, 320)
THEMES = ("light", "dark")

# Name and address of each page. `{project}`, `{issue}` and `{release}` are filled in from the demo.
PUBLIC = [
    ("sign-in", "/login"),
    ("forgot", "/password/forgot"),
    ("docs", "/docs"),
    ("docs-first-error", "/docs/first-error"),
    ("docs-filters", "/docs/filters"),
    ("docs-source-maps", "/docs/source-maps"),
    ("docs-releases", "/docs/releases"),
    ("docs-api", "/docs/api"),
    ("docs-self-hosting", "/docs/self-hosting"),
]
PAGES = [
    ("issues", "/projects/{project}/issues?period=14d"),
    ("issues-all", "/issues?period=14d&status=all"),
    ("issues-none", "/projects/{project}/issues?period=24h&query=nowhere"),
    ("issue", "/projects/{project}/issues/{issue}"),
    ("issue-events", "/projects/{project}/issues/{issue}/events"),
    ("issue-events-filtered", "/projects/{project}/issues/{issue}/events?environment=production"),
    ("issue-tags", "/projects/{project}/issues/{issue}/tags"),
    ("issue-activity", "/projects/{project}/issues/{issue}/activity"),
    ("projects", "/projects"),
    ("project-new", "/projects/new"),
    ("overview", "/projects/{project}"),
    ("releases", "/projects/{project}/releases"),
    ("release", "/projects/{project}/releases/{release}"),
    ("setup", "/projects/{project}/setup"),
    ("setup-next", "/projects/{project}/setup?platform=nextjs"),
    ("feedback", "/projects/2/feedback"),
    ("feedback-none", "/projects/1/feedback"),
    ("monitors", "/projects/3/monitors"),
    ("monitors-none", "/projects/1/monitors"),
    ("monitor-new", "/projects/{project}/settings/monitors"),
    ("general", "/projects/{project}/settings/general"),
    ("keys", "/projects/{project}/settings/keys"),
    ("inbound-filters", "/projects/{project}/settings/filters"),
    ("source-maps", "/projects/{project}/settings/source-maps"),
    ("quotas", "/projects/{project}/settings/quotas"),
    ("settings-projects", "/settings/projects"),
    ("members", "/settings/members"),
    ("tokens", "/settings/api"),
    ("audit", "/settings/audit"),
    ("deletions", "/settings/deletions"),
    ("views", "/settings/views"),
    ("usage", "/settings/usage?period=14d"),
    ("alert-rules", "/settings/alerts/rules"),
    ("alert-rule", "/settings/alerts/rules/1"),
    ("alert-channels", "/settings/alerts/channels"),
    ("alert-channel", "/settings/alerts/channels/1"),
    ("alert-deliveries", "/settings/alerts/deliveries"),
    ("server", "/server"),
    ("account", "/account"),
    ("second-factor", "/account/second-factor"),
    ("delete-project", "/projects/{project}/delete"),
    ("delete-organization", "/settings/organization/delete"),
    ("not-found", "/projects/{project}/issues/9999"),
]


def main():
    FOLDER.mkdir(exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        serving(Path(folder) / "demo.db", "--demo", lines=9) as (_, url, printed),
        sync_playwright() as playwright,
    ):
        demo = Demo(url, printed)
        browser = launch(playwright)
        if "--readme" in sys.argv:
            demo.shoot_for_readme(browser)
            return
        too_wide = [name for theme in THEMES for name in demo.shoot(browser, theme)]
        browser.close()
    if too_wide:
        sys.exit(f"Wider than the window: {', '.join(too_wide)}")


class Demo:
    def __init__(self, url, printed):
        self.url = url
        login = re.search(r"Login +(\S+) with the password (.+)", printed)
        self.email, self.password = login.groups()
        self.token = re.search(r"Token +(\S+)", printed)[1]

    def shoot(self, browser, theme):
        """All pages in this theme; the names of those that are too wide."""
        context = browser.new_context(base_url=self.url, color_scheme=theme)
        page = context.new_page()
        too_wide = self.show(page, theme, PUBLIC)
        self.sign_in(page)
        return too_wide + self.show(page, theme, PAGES)

    def shoot_for_readme(self, browser):
        """What is seen first of each page. Chromium writes WebP itself."""
        PICTURES.mkdir(exist_ok=True)
        for name, width, height, theme in README:
            size = {"width": width, "height": height}
            context = browser.new_context(base_url=self.url, color_scheme=theme, viewport=size)
            page = context.new_page()
            self.sign_in(page)
            page.goto(dict(PAGES)[name].format(**self.places))
            taken = context.new_cdp_session(page).send(
                "Page.captureScreenshot", {"format": "webp", "quality": QUALITY}
            )
            file = PICTURES / f"{name}-{width}-{theme}.webp"
            file.write_bytes(base64.b64decode(taken["data"]))
            context.close()

    def sign_in(self, page):
        page.goto("/login")
        page.fill("[name=email]", self.email)
        page.fill("[name=password]", self.password)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)

    def show(self, page, theme, pages):
        too_wide = []
        for name, address in pages:
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(address.format(**self.places))
                file = f"{name}-{width}-{theme}"
                page.screenshot(path=FOLDER / f"{file}.png", full_page=True)
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    too_wide.append(file)
        return too_wide

    @cached_property
    def places(self):
        """What addresses are filled in with."""
        project = self.api("/projects?limit=1")[0]["id"]
        return {
            "project": project,
            "issue": self.api(f"/projects/{project}/issues?sort=events&limit=1")[0]["id"],
            "release": self.api(f"/projects/{project}/releases?limit=1")[0]["release"],
        }

    def api(self, path):
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}", headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["data"]


if __name__ == "__main__":
    main()
