"""The page about source maps, run as it is printed: what Chromium reports reads as its source."""

import html
import re
import shutil
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from chromium import launch
from live import npm
from servers import environment

from jentry.mapper.master import is_there

BUNDLERS = Path(__file__).with_name("bundlers")
PAGE = '<!doctype html><meta charset="utf-8"><script type="module" src="{}"></script>'
CAUGHT = "TypeError: Cannot read properties of undefined (reading 'amount')"
UNCAUGHT = "RangeError: nobody caught it"
PLACES = {CAUGHT: ("src/cart.js", "item.price.amount"), UNCAUGHT: ("src/main.js", "RangeError")}
PLUGINS = ("webpack", "vite", "rollup", "esbuild")
OLDER, OLDER_CLI = 4, "2.58"
SECONDS = 120

pytestmark = pytest.mark.skipif(not is_there(), reason="needs pip install '.[maps]'")


@dataclass(frozen=True)
class Section:
    """Of the page: what stands as code in its text, and its block."""

    words: list[str]
    block: str


@pytest.fixture(scope="module")
def sections(org):
    with urllib.request.urlopen(f"{org.url}/docs/source-maps") as answer:
        page = answer.read().decode()
    found = re.findall(r'<section id="(\w+)">(.*?)<pre[^>]*>(.*?)</pre>', page, re.DOTALL)
    return {
        name: Section(
            list(map(html.unescape, re.findall("<code>(.*?)</code>", text))), html.unescape(block)
        )
        for name, text, block in found
    }


@pytest.fixture(scope="module")
def bundlers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundlers")
    return npm.install(shutil.copytree(BUNDLERS, folder, dirs_exist_ok=True))


@pytest.fixture(scope="module")
def browser(chromium):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs pip install '.[dev]'")
    with playwright.sync_playwright() as running:
        browser = launch(running)
        yield browser
        browser.close()


@dataclass
class Shop:
    """A page, its folder, and the project that hears of its errors."""

    org: object
    browser: object
    folder: Path
    name: str

    def __post_init__(self):
        self.project_id, self.dsn = self.org.project(self.name)
        self.folder.mkdir()
        shutil.copytree(BUNDLERS / "src", self.folder / "src")
        for file in BUNDLERS.iterdir():
            if file.is_file():
                shutil.copy(file, self.folder)

    def source(self, name):
        return (self.folder / name).read_text("utf-8").split("\n")

    def edit(self):
        """The same program with other lines before it."""
        for file in (self.folder / "src").iterdir():
            file.write_text(
                f'console.log("a newer build of", "{file.name}");\n\n{file.read_text()}'
            )

    def run(self, command):
        shutil.rmtree(self.folder / "home", ignore_errors=True)
        variables = {
            "SENTRY_URL": self.org.url, "SENTRY_AUTH_TOKEN": self.org.token, "SENTRY_ORG": "acme",
            "SENTRY_PROJECT": self.name, "HOME": str(self.folder / "home"), "CI": "true",
            "PATH": f"{self.folder}/global/bin:{self.folder.parent}/node_modules/.bin:"
            + environment()["PATH"],
            "npm_config_prefix": str(self.folder / "global"),
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "-ec", command], cwd=self.folder, env=environment(**variables),
            capture_output=True, text=True, timeout=20 * SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def visit(self):
        """Until the page has reported its errors."""
        dist = self.folder / "dist"
        if not (dist / "index.html").exists():
            (script,) = (path.name for path in dist.iterdir() if path.suffix in (".js", ".mjs"))
            (dist / "index.html").write_text(PAGE.format(script))
        with served(dist) as address:
            page = self.browser.new_page()
            page.goto(f"{address}/?dsn={self.dsn}")
            page.wait_for_function("document.title === 'reported'", timeout=1000 * SECONDS)
            page.close()

    def counts(self):
        return {
            title: count for title, (count,) in self.org.issues(self.project_id, ["count"]).items()
        }

    def crash(self, title):
        event = self.org.event(self.project_id, title)
        return event["exception"]["values"][0]["stacktrace"]["frames"][-1]

    def mapped(self, title):
        """The crash, once its map has been read: an event does not wait for that for long."""
        deadline = time.monotonic() + SECONDS
        while "context_line" not in (frame := self.crash(title)):
            assert time.monotonic() < deadline, f"{frame} is still minified"
            time.sleep(0.5)
        return frame

    def reads_as_its_source(self):
        for title, (name, word) in PLACES.items():
            lines, frame = self.source(name), self.mapped(title)
            number = next(number for number, line in enumerate(lines) if word in line)
            shown = (frame["filename"], frame["lineno"], frame["context_line"])
            assert shown == (name, number + 1, lines[number])
            assert frame["pre_context"] == lines[number - 5 : number]
            assert frame["post_context"] == lines[number + 1 : number + 6]


@contextmanager
def served(folder):
    class Quiet(SimpleHTTPRequestHandler):
        extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def build(shop, section):
    """As the section says: its block in a file of that name, then its last command."""
    _, name, command = section.words
    (shop.folder / name).write_text(section.block)
    shutil.rmtree(shop.folder / "dist", ignore_errors=True)
    shop.run(command)


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """With plugins of an older major version."""
    folder = tmp_path_factory.mktemp("older")
    npm.install(shutil.copytree(BUNDLERS, folder, dirs_exist_ok=True))
    plugins = (f"@sentry/{name}-plugin@{OLDER}" for name in PLUGINS)
    return npm.add(folder, *plugins, f"@sentry/cli@{OLDER_CLI}")


of_both = pytest.mark.parametrize(
    "packages", ["bundlers", pytest.param("older", marks=pytest.mark.slow)]
)


@pytest.mark.parametrize("name", PLUGINS)
@of_both
def test_two_builds_read_as_their_source_and_are_one_issue(
    request, org, sections, browser, packages, name
):
    folder = request.getfixturevalue(packages)
    shop = Shop(org, browser, folder / name, f"{packages}-{name}")
    for number in (1, 2):
        build(shop, sections[name])
        shop.visit()
        shop.reads_as_its_source()
        assert shop.counts() == {CAUGHT: number, UNCAUGHT: number}
        shop.edit()


@of_both
def test_what_sentry_cli_uploads_late_heals_what_came_before(
    request, org, sections, browser, packages
):
    """Scripts that end in .mjs, too."""
    folder = request.getfixturevalue(packages)
    _, inject, upload = sections["cli"].block.strip().split("\n")
    shop = Shop(org, browser, folder / "late", f"{packages}-late")
    shop.run(f"npm run build -- --out-extension:.js=.mjs && {inject}")
    shop.visit()
    assert shop.crash(CAUGHT)["filename"].endswith(".mjs")
    shop.run(upload)
    shop.reads_as_its_source()
    assert shop.counts() == {CAUGHT: 1, UNCAUGHT: 1}


@pytest.mark.slow
def test_a_job_that_builds_and_uploads(org, sections, bundlers, browser):
    """The whole block: it installs the packages once more."""
    shop = Shop(org, browser, bundlers / "job", "job")
    shop.run(
        "git init -q && git add . && "
        "git -c user.name=ci -c user.email=ci@example.com commit -qm built"
    )
    shop.run(sections["ci"].block)
    shop.visit()
    shop.reads_as_its_source()
    (release,) = org.releases(shop.project_id, ["release"])
    assert release[0].startswith("shop@")


def test_what_the_page_installs_is_what_is_tested_here(sections):
    needed = (BUNDLERS / "package.json").read_text("utf-8")
    lines = [sections[name].words[0] for name in PLUGINS] + [sections["cli"].block.split("#")[0]]
    for word in " ".join(lines).split():
        assert not word.startswith("@") or f'"{word}"' in needed
