"""Programs that people own for Sentry, from the registries, against a served demo."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path

import pytest
from agents import agent
from served import environment
from servers import serving

TOOLS = Path(__file__).with_name("tools")
ORG = "spokewell"  # the demo's
REFUSED = ("find_dashboards", "analyze_issue_with_seer")  # what jentry has none of
PYTHON = (
    "sentry-cli==2.58.6",
    "export-sentry-issue==0.1.1",
    "mcp-server-glitchtip==1.0.0",
    "mcp<2",
)


class Demo:
    def __init__(self, url, token, client):
        self.url, self.token, self._client = url, token, client
        self.host = url.removeprefix("http://")
        (self.issue,) = self.get(f"/organizations/{ORG}/issues/?limit=1&query=is:unresolved")
        self.event = self.get(f"/issues/{self.issue['id']}/events/latest/")

    def get(self, path):
        return self._client(f"{self.url}/api/0{path}", self.token)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    def client(address, token):
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    database = tmp_path_factory.mktemp("tools") / "jentry.db"
    with serving(database, "--demo", lines=8) as (_, url, printed):
        yield Demo(url, re.search(r"jto_\w+", printed)[0], client)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A folder with the tools that npm has."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("node")
    for file in TOOLS.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"npm cannot install the tools: {done.stderr[-300:]}")
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A folder with the tools that the Python index has."""
    folder = tmp_path_factory.mktemp("python")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), *PYTHON],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"pip cannot install the tools: {done.stderr[-300:]}")
    return folder


def calls(demo):
    """Tool, arguments: all that Sentry's server has for errors."""
    short, project = demo.issue["shortId"], demo.issue["project"]["slug"]
    org, event = {"organizationSlug": ORG}, demo.event["id"]
    issue = org | {"issueId": short}
    of_project = org | {"projectSlug": project}
    monitor = demo.get(f"/organizations/{ORG}/monitors/")[0]["slug"]
    release = demo.get(f"/organizations/{ORG}/releases/")[0]["version"]
    link = demo.issue["permalink"]
    return [
        ("whoami", {}),
        ("find_organizations", {}),
        ("find_organizations", {"query": "spoke"}),
        ("find_projects", org),
        ("find_teams", org),
        ("search_issues", org | {"query": "is:unresolved", "sort": "date"}),
        ("search_issues", org | {"query": "is:unresolved e", "projectSlugOrId": project,
                                 "sort": "freq", "period": "7d"}),
        ("get_sentry_resource", org | {"resourceType": "issue", "resourceId": short}),
        ("get_sentry_resource", org | {"resourceType": "event", "resourceId": event}),
        ("get_sentry_resource", org | {"resourceType": "monitor", "resourceId": monitor}),
        ("get_sentry_resource", {"url": link}),
        ("get_issue_details", issue),
        ("get_issue_details", org | {"eventId": event}),
        ("get_issue_details", {"issueUrl": f"{link}events/{event}/"}),
        ("search_events", org | {"dataset": "errors", "query": "level:error",
                                 "fields": ["issue", "title", "timestamp"], "sort": "-timestamp"}),
        ("search_events", of_project | {"dataset": "errors", "query": "", "sort": "-count()",
                                        "fields": ["title", "count()"], "period": "24h"}),
        ("search_events", org | {"dataset": "errors", "query": "is:unresolved"}),
        ("find_releases", org),
        ("find_releases", of_project | {"query": "4"}),
        ("get_release_details", org | {"releaseVersion": release}),
        ("find_dsns", of_project),
        ("create_dsn", of_project | {"name": "ci"}),
        ("create_project", org | {"teamSlug": ORG, "name": "new"}),
        ("update_project", org | {"projectSlug": "new", "name": "newer"}),
        ("get_event_attachment", of_project | {"eventId": event}),
        ("get_issue_tag_values", issue | {"tagKey": "environment"}),
        ("search_issue_events", issue | {"query": "environment:production"}),
        ("search_issue_events", issue),
        ("add_issue_note", issue | {"text": "seen"}),
        ("get_issue_activity", issue),
        ("get_issue_breadcrumbs", issue),
        ("get_event_stacktrace", issue | {"eventId": event}),
        ("get_issue_user_reports", issue),
        ("find_monitors", org),
        ("get_monitor_details", org | {"monitorSlug": monitor}),
        ("find_alert_rules", org),
        ("find_dashboards", org),
        ("analyze_issue_with_seer", issue),
        ("update_issue", issue | {"status": "resolved"}),
        ("update_issue", issue | {"status": "resolvedInNextRelease"}),
        ("update_issue", issue | {"status": "ignored", "ignoreMode": "forDuration",
                                  "ignoreDurationMinutes": 60}),
        ("update_issue", issue | {"status": "ignored"}),
        ("update_issue", issue | {"status": "unresolved"}),
        ("update_issue", issue | {"assignedTo": "user:1", "reason": "mine"}),
    ]  # fmt: skip


@pytest.mark.parametrize(("package", "most"), [("@sentry/mcp-server", 44), ("sentry-mcp-0-36", 22)])
def test_sentrys_own_server_for_agents(demo, node, package, most):
    """Each tool once or more; of the older one those that it has."""
    command = (
        "node", str(node / "node_modules" / package / "dist" / "index.js"), f"--host={demo.host}",
        "--insecure-http", f"--access-token={demo.token}", "--sentry-dsn=",
    )  # fmt: skip
    wrong, made = {}, 0
    with agent(*command, env=environment()) as server:
        tools = server.tools()
        for number, (tool, arguments) in enumerate(calls(demo)):
            if tool in tools:
                if (
                    arguments.get("resourceType") == "monitor"
                    and "execute_sentry_tool" not in tools
                ):
                    continue
                text, is_error = server.call(tool, **arguments)
            elif "execute_sentry_tool" in tools:
                text, is_error = server.call("execute_sentry_tool", name=tool, arguments=arguments)
            else:
                continue
            made += 1
            is_wrong = is_error or text.startswith(("**Error**", "**Input Error**"))
            if is_wrong != (tool in REFUSED):
                wrong[f"{number} {tool}"] = text[:500]
            if tool == "get_issue_details":
                assert demo.event["metadata"]["value"] in text
    assert wrong == {}
    assert made >= most


@pytest.mark.parametrize(
    "words",
    [
        "auth status", "org list --json", f"org view {ORG} --json", f"project list {ORG}/ --json",
        "project view {org}/{project} --json", "issue list {org}/{project} --json",
        "issue list {org}/ --query is:unresolved --sort freq --json", "issue view {short} --json",
        "issue view {org}/{id} --json", "issue events {org}/{short} --json",
        "issue resolve {org}/{short} --json", "issue archive {org}/{short} --json",
        "event view {org}/{project}/{event} --json", "release list {org}/ --json",
        "dsn list {org}/{project} --json", "monitor list {org}/ --json", "team list {org}/ --json",
        "api organizations/",
        "explore {org}/{project} --dataset errors --field title --field count() --json",
    ],
)  # fmt: skip
def test_the_sentry_command(demo, node, tmp_path, words):
    done = run_named(demo, node / "node_modules" / ".bin" / "sentry", words, tmp_path)
    assert done.returncode == 0, done.stderr
    if "--json" in words:
        assert json.loads(done.stdout)


@pytest.mark.parametrize("version", ["2.58.6", "3.8.0"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("info", "spokewell"),
        ("organizations list", "spokewell"),
        ("projects list -o {org}", "storefront"),
        ("monitors list -o {org}", "nightly"),
        ("issues list -o {org} -p {project}", "{id}"),
        ("events list -o {org} -p {project} --max-rows 5", "{uuid}"),
        ("issues resolve -o {org} -p {project} -i {id}", "Updated"),
        ("issues mute -o {org} -p {project} -i {id}", "Updated"),
        ("issues unresolve -o {org} -p {project} -i {id}", "Updated"),
        ("releases list -o {org} -p {project}", "storefront@"),
    ],
)
def test_sentry_cli(request, demo, tmp_path, version, words, said):
    if version.startswith("2"):
        program = request.getfixturevalue("python") / "bin" / "sentry-cli"
    else:
        program = request.getfixturevalue("node") / "node_modules" / ".bin" / "sentry-cli"
    done = run_named(demo, program, words, tmp_path)
    assert done.returncode == 0, done.stderr
    if words != "info":
        assert named(demo, said) in done.stdout


def named(demo, words):
    return words.format(
        org=ORG, project=demo.issue["project"]["slug"], short=demo.issue["shortId"],
        id=demo.issue["id"], event=demo.event["id"],
        uuid=uuid.UUID(demo.event["id"]),
    )  # fmt: skip


def run_named(demo, program, words, home):
    return subprocess.run(
        [str(program), *(named(demo, word) for word in words.split())],
        env=environment(SENTRY_URL=demo.url, SENTRY_AUTH_TOKEN=demo.token, HOME=str(home),
                        SENTRY_ORG="", SENTRY_PROJECT=""),
        cwd=home, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_issues_are_exported(demo, python, tmp_path):
    done = subprocess.run(
        [sys.executable, str(python / "bin" / "export-sentry-issue"), "export", "--base-url",
         f"{demo.url}/api/0/projects/{ORG}/{demo.issue['project']['slug']}/issues/",
         "--ids", demo.issue["id"], "--token", demo.token],
        env=environment(PYTHONPATH=str(python), HOME=str(tmp_path)),
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    written = "".join(file.read_text("utf-8") for file in tmp_path.rglob("*.txt"))
    assert demo.issue["title"] in written
    assert demo.event["entries"][0]["data"]["values"][0]["stacktrace"]["frames"][-1][
        "filename"
    ] in (written)


def test_a_server_that_people_wrote_for_another_tracker(demo, python):
    settings = {
        "GLITCHTIP_API_URL": f"{demo.url}/api/0/", "GLITCHTIP_AUTH_TOKEN": demo.token,
        "GLITCHTIP_ORGANIZATION": ORG, "GLITCHTIP_PROJECT": demo.issue["project"]["slug"],
    }  # fmt: skip
    command = (sys.executable, str(python / "bin" / "mcp-server-glitchtip"))
    with agent(*command, env=environment(PYTHONPATH=str(python), **settings)) as server:
        listed, _ = server.call("get_glitchtip_issues", status="unresolved")
        shown, _ = server.call("get_glitchtip_issue", issue_id=demo.issue["id"])
        done, _ = server.call("resolve_glitchtip_issue", issue_id=demo.issue["id"])
    assert "ID: " in listed
    assert demo.issue["title"] in shown
    assert "No stacktrace" not in shown
    assert "resolved" in done
    assert demo.get(f"/issues/{demo.issue['id']}/")["status"] == "resolved"


@pytest.mark.parametrize(
    ("tool", "arguments", "is_error"),
    [("find_issues", {"search": "TypeError"}, False), ("get_issue", {"issue": "9999"}, True)],
)
def test_the_protocols_own_client_reads_our_tools(demo, node, tool, arguments, is_error):
    done = subprocess.run(
        ["node", "client.js"], cwd=node, capture_output=True, text=True, timeout=60,
        env=environment(ADDRESS=f"{demo.url}/mcp", TOKEN=demo.token, TOOL=tool,
                        ARGUMENTS=json.dumps(arguments)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["server"], answer["isError"]) == ("jentry", is_error)
    assert tool in answer["tools"]
    assert is_error or "reported" in answer["text"]
