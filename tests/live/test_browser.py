"""The newest browser SDK in headless Chromium, on a page of another origin, read over the API."""

import contextlib
import json
import os
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import pytest
from served import without_lines
from servers import environment

SECONDS = 60
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-proxy-server",
)  # fmt: skip
PAGE = b"""<!doctype html><meta charset="utf-8"><title>Shop</title>
<script type="module" src="/static/bundle.js"></script>"""


@pytest.fixture(scope="module")
def bundle(packages):
    """The page's program and its SDK in one file, readable."""
    done = subprocess.run(
        ["node_modules/.bin/esbuild", "page.js", "--bundle", "--format=esm", "--keep-names"],
        cwd=packages,
        capture_output=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def visit(bundle, chromium, tmp_path_factory):
    """Opens the page with a query; what the SDK saw of the answers."""
    with pages(bundle) as site:

        def visit(**query):
            site.answers, site.is_done = None, threading.Event()
            process = subprocess.Popen(
                [
                    chromium, *FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
                    f"http://127.0.0.1:{site.server_port}/basket?{urlencode(query)}",
                ],
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            try:
                assert site.is_done.wait(SECONDS), "the page did not finish"
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            return site.answers

        yield visit


@contextlib.contextmanager
def pages(bundle):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            is_script = self.path.endswith(".js")
            self._answer(bundle if is_script else PAGE, "javascript" if is_script else "html")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(b"", "plain")
            self.server.answers = json.loads(body)
            self.server.is_done.set()

        def _answer(self, body, kind):
            self.send_response(200)
            self.send_header("Content-Type", f"text/{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module", params=["direct", "tunnel", "preflight"])
def shop(request, org, visit):
    """A project that the page has reported to, and what the SDK saw."""
    project_id, dsn = org.project(f"Page {request.param}")
    query = {"tunnel": f"{org.url}/tunnel"} if request.param == "tunnel" else {}
    if request.param == "preflight":
        query["preflight"] = "1"
    return project_id, visit(dsn=dsn, **query)


def test_each_bug_is_one_issue_with_exact_counts(org, shop):
    members = ("count", "userCount", "level", "culprit")
    assert without_lines(org.issues(shop[0], members)) == {
        "Error: the basket cannot be shown": (1, 1, "error", "everything(/static/bundle.js)"),
        "stock is low": (1, 1, "warning", ""),
        "TypeError: basket without rows": (1, 1, "error", "bundle.js:n"),
        "RangeError: nobody waited": (1, 1, "error", "everything(/static/bundle.js)"),
        "SyntaxError: nobody caught it": (1, 1, "error", "bundle.js:n"),
    }


def test_an_event_is_shown_whole(org, shop):
    event = org.event(shop[0], "Error: the basket cannot be shown")
    chain = [value["type"] for value in event["exception"]["values"]]
    assert chain == ["TypeError", "Error"]
    functions = [
        frame["function"] for frame in event["exception"]["values"][0]["stacktrace"]["frames"]
    ]
    assert "renderBasket" in functions
    shown = (event["environment"], event["release"], event["platform"])
    assert shown == ("live", "page@2.0.0", "javascript")
    assert event["tags"]["page"] == "basket"
    assert event["user"]["id"] == "b7"
    assert event["contexts"]["browser"]["name"] in ("Chrome", "Headless Chrome", "HeadlessChrome")
    assert "added a saddle" in [crumb.get("message") for crumb in event["breadcrumbs"]["values"]]


def test_an_attachment_comes_with_its_event(org, shop):
    event = org.event(shop[0], "TypeError: basket without rows")
    (file,) = org.api(f"/events/{event['id']}/attachments")["data"]
    assert (file["filename"], file["size"]) == ("basket.txt", 14)


def test_one_crashed_session_is_counted(org, shop):
    members = ("release", "events", "issues", "sessions")
    assert org.releases(shop[0], members) == [("page@2.0.0", 5, 5, 1)]


def test_the_sdk_saw_nothing_but_200(shop):
    assert {answer["status"] for answer in shop[1]} == {200}


def test_the_sdk_sees_the_limits_and_stops_sending(org, visit):
    project_id, dsn = org.project("Limited")
    org.api(f"/projects/{project_id}", "PATCH", {"settings": {"quota5Min": 2}})
    answers = visit(dsn=dsn, many="1")
    limited = [answer for answer in answers if answer["status"] == 429]
    (only,) = limited
    assert only["limits"] == (
        f"{only['after']}:error;default;security;attachment:project:quota_exceeded"
    )
    totals = org.totals(project_id)
    assert totals["error", "accepted", ""] == 2
    assert totals["error", "rate_limited", "quota"] == 1
    assert totals["session", "accepted", ""] >= 1
