"""Every snippet of the set-up page that can be run here, as pasted into an empty project.

`python -m tests.live.snippets [PLATFORM …]`, from the root of a checkout: makes a project of each
platform with its own tools, pastes, runs, and waits for the error to be at a served jentry. Needs
pip and npm with their registries, Chromium; for Celery redis-server; for Ruby and Go the packages
ruby-sentry-rails, rails and golang-github-getsentry-sentry-go-dev of Debian, whose registries are
not asked. Exit status 1 when one did not arrive.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
from chromium import launch
from served import served_organization
from servers import environment

from jentry.web.snippets import DSN, find

VENV = "python3 -m venv .venv"
ACTIVATE = "{ [ ! -e .venv ] || . .venv/bin/activate; }"
GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
SECONDS = 120


@dataclass(frozen=True)
class Recipe:
    """How an empty project of a platform is made, and what cannot be done as it is said."""

    before: str = ""  # commands
    folder: str = ""  # of the files
    install: str | None = None  # None: as pasted
    run: str | None = None
    env: dict[str, str] | None = None
    browser: bool = False  # open what is to be visited in Chromium, and press the button


PYTHON = Recipe(before=VENV)
VITE = "npm create --yes vite@latest . -- --template {} --no-interactive && npm install"
HTML = """cat > index.html <<'X'
<!doctype html><script type="module" src="/main.js"></script>
X
"""
RAILS = """
rails new . --minimal --skip-bundle --skip-git --skip-test --skip-javascript --skip-sprockets
printf 'gem "rails"\\ngem "sqlite3"\\ngem "puma"\\ngem "listen"\\n' > Gemfile
"""
RECIPES = {
    "python": PYTHON,
    "python-flask": PYTHON,
    "python-django": Recipe(
        before=VENV, folder="mysite",
        install="{} && django-admin startproject mysite .",
    ),
    "python-fastapi": PYTHON,
    "python-celery": PYTHON,
    "javascript": Recipe(
        before=HTML, install="npm init -y && {} && npm install vite", browser=True,
    ),
    "javascript-react": Recipe(before=VITE.format("react"), browser=True),
    "javascript-vue": Recipe(before=VITE.format("vue"), browser=True),
    "javascript-nextjs": Recipe(
        before="npx --yes create-next-app@latest . --js --app --yes --no-src-dir --no-eslint "
        "--no-tailwind --disable-git",
        install="npm install @sentry/nextjs@10",  # of 11.8.0 not all packages are at every mirror
        env={"NEXT_TELEMETRY_DISABLED": "1"},
    ),
    "node": Recipe(before="npm init -y"),
    "node-express": Recipe(before="npm init -y"),
    "go": Recipe(install="", run="go run main.go", env=GO),
    "ruby": Recipe(install=""),
    "ruby-rails": Recipe(
        before=RAILS, install="echo 'gem \"sentry-rails\"' >> Gemfile && bundle install --local",
    ),
}  # fmt: skip


def paste(folder, recipe, snippet, dsn):
    for file in snippet.files:
        path = folder / recipe.folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        code = file.code.replace(DSN, dsn)
        if file.place == "at the end of":
            code = f"{path.read_text()}\n{code}"
        elif file.place == "inside the block of":
            head, end, _ = path.read_text().rpartition("end")
            code = f"{head}{code}{end}\n"
        path.write_text(code)


def shell(folder, recipe, command):
    done = subprocess.run(
        ["bash", "-c", f"{ACTIVATE}\n{command}"], cwd=folder, capture_output=True,
        text=True, env=environment(**(recipe.env or {})), timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")


@contextmanager
def running(folder, recipe, command):
    """Ends all that the command has started."""
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(
            ["bash", "-c", f"{ACTIVATE}\n{command}"], cwd=folder, stdout=output,
            stderr=output, env=environment(**(recipe.env or {})), start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            try:
                os.killpg(process.pid, signal.SIGTERM)
                time.sleep(1)
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def visit(address):
    """True once somebody has answered."""
    try:
        urllib.request.urlopen(address, timeout=60).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def visit_in_browser(address):
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.goto(address)
        page.wait_for_timeout(1500)
        if page.locator("button").count():
            page.locator("button").first.click()
        page.wait_for_timeout(2500)
        browser.close()


def wait(condition, what):
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} within {SECONDS} s")
        time.sleep(0.5)
    return found


def run(org, folder, platform):
    """The titles of the issues that are there then."""
    recipe, snippet = RECIPES[platform], find(platform)
    project_id, dsn = org.project(f"Fresh {platform}", "--platform", platform)
    if recipe.before:
        shell(folder, recipe, recipe.before)
    install = snippet.install if recipe.install is None else recipe.install
    if install:
        shell(folder, recipe, install.replace("{}", snippet.install).replace(DSN, dsn))
    paste(folder, recipe, snippet, dsn)
    command = recipe.run or snippet.run
    with running(folder, recipe, command.replace(" &\n", " &\nsleep 6\n") + "; sleep 120"):
        try:
            if snippet.visit:
                address = snippet.visit.split()[0]
                wait(lambda: visit(address), "nothing answers")
                if recipe.browser:
                    visit_in_browser(address)
            return wait(lambda: list(org.issues(project_id, ())), "nothing arrived")
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{(folder / 'output.txt').read_text()[:1500]}") from None


def main():
    failed = []
    with TemporaryDirectory() as base, served_organization(Path(base, "jentry.db")) as org:
        for platform in sys.argv[1:] or RECIPES:
            folder = Path(base, f"my-{platform}")
            folder.mkdir()
            try:
                print(f"{platform:18} {', '.join(run(org, folder, platform))}", flush=True)
            except RuntimeError as error:
                failed.append(platform)
                print(f"{platform:18} FAILED: {error}", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
    if failed:
        sys.exit(f"Did not arrive: {', '.join(failed)}")


if __name__ == "__main__":
    main()
