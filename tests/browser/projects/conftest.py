"""A served organization whose events come from real SDKs, and the people who look at them."""

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from servers import command, environment, serving

CORPUS = Path(__file__).parents[2] / "corpus"
PASSWORD = "a bicycle made for two"
PEOPLE = {"mara@acme.test": "Mara", "teo@acme.test": "Teo"}


class Site:
    """A served organization with two people; `dsn` is that of its project."""

    def __init__(self, folder, url, run, token):
        self.folder, self.url, self.run, self.token = folder, url, run, token

    def project(self, name, *flags):
        made = self.run("project", "create", name, "--org", "acme", *flags)
        dsn = made["dsn"].replace(":8000", f":{self.url.rpartition(':')[2]}")
        return made["id"], dsn

    def api(self, path, method="GET", body=None):
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def send(self, dsn, program):
        """Run a program with the Python SDK."""
        self.folder.joinpath("app.py").write_text(
            f"import sentry_sdk\nDSN = {dsn!r}\n{program}\nsentry_sdk.flush(10)\n"
        )
        done = subprocess.run(
            [sys.executable, "app.py"], cwd=self.folder,
            capture_output=True, text=True, env=environment(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def replay(self, name):
        """Captured traffic, byte for byte. Of project 7."""
        head = json.loads((CORPUS / f"{name}.http.json").read_text())
        body = (CORPUS / name).parent / head["body_file"]
        skipped = ("content-length", "transfer-encoding", "host", "connection")
        request = urllib.request.Request(
            f"{self.url}{head['path']}?{head['query'] or ''}",
            data=body.read_bytes(),
            headers={k: v for k, v in head["headers"] if k.lower() not in skipped},
        )
        urllib.request.urlopen(request, timeout=10).close()

    def issue(self, project_id, title):
        """Waits until it is there."""
        deadline = time.monotonic() + 10
        while True:
            found = self.api(f"/projects/{project_id}/issues?status=all&limit=100")["data"]
            for issue in found:
                if title in issue["title"]:
                    return issue
            assert time.monotonic() < deadline, [issue["title"] for issue in found]
            time.sleep(0.05)


@pytest.fixture(scope="session")
def site(chromium, tmp_path_factory):
    database = tmp_path_factory.mktemp("site") / "jentry.db"

    def run(*args, **options):
        done = subprocess.run(
            command(*args, "--db", database, "--json"),
            capture_output=True, text=True, check=True, **options,
        )  # fmt: skip
        return json.loads(done.stdout)

    run("org", "create", "Acme")
    for email, name in PEOPLE.items():
        run(
            "user", "create", email, "--org", "acme", "--role", "owner", "--name", name,
            "--password-stdin", input=PASSWORD,
        )  # fmt: skip
    flags = ("project:read", "issue:read", "issue:write", "event:read", "org:read", "project:write")
    scopes = [word for scope in flags for word in ("--scope", scope)]
    token = run("token", "create", "ci", "--org", "acme", "--user", "mara@acme.test", *scopes)
    with serving(database) as (_, url, _):
        yield Site(database.parent, url, run, token["token"])


@pytest.fixture
def opened(visit, site):
    """`opened(…)`: a page of somebody who is signed in; what goes wrong on it fails the test."""
    with ExitStack() as stack:

        def open_page(email="mara@acme.test", *, width=1280, theme="light", scripts=True):
            page = stack.enter_context(
                visit(
                    base_url=site.url,
                    color_scheme=theme,
                    java_script_enabled=scripts,
                    permissions=["clipboard-read", "clipboard-write"],
                )
            )
            page.set_viewport_size({"width": width, "height": 900})
            page.goto("/login")
            page.fill("[name=email]", email)
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "/login" not in url)
            return page

        yield open_page
