"""Programs that people own for Sentry: how each is started, and what it is asked about the demo."""

import json
import re
import sys
import urllib.request
from uuid import UUID

ORG = "spokewell"  # the demo's
ANY_TOOL = "execute_sentry_tool"  # by which the newer server has most of them
REFUSED = ("find_dashboards", "analyze_issue_with_seer")  # what jentry has none of
PYTHON = (
    "sentry-cli==2.58.6",
    "export-sentry-issue==0.1.1",
    "mcp-server-glitchtip==1.0.0",
    "mcp<2",
)
PROTOCOL = ("mcp==2.3.0",)
SENTRY = (
    "auth status", "org list --json", "org view {org} --json", "project list {org}/ --json",
    "project view {org}/{project} --json", "issue list {org}/{project} --json",
    "issue list {org}/ --query is:unresolved --sort freq --json", "issue view {short} --json",
    "issue view {org}/{id} --json", "issue events {org}/{short} --json",
    "issue resolve {org}/{short} --json", "issue archive {org}/{short} --json",
    "event view {org}/{project}/{event} --json", "release list {org}/ --json",
    "dsn list {org}/{project} --json", "monitor list {org}/ --json", "team list {org}/ --json",
    "api organizations/",
    "explore {org}/{project} --dataset errors --field title --field count() --json",
)  # fmt: skip
SENTRY_CLI = {  # words -> what is said then
    "info": "{org}",
    "organizations list": "{org}",
    "projects list -o {org}": "storefront",
    "monitors list -o {org}": "nightly",
    "issues list -o {org} -p {project}": "{id}",
    "events list -o {org} -p {project} --max-rows 5": "{uuid}",
    "issues resolve -o {org} -p {project} -i {id}": "Updated",
    "issues mute -o {org} -p {project} -i {id}": "Updated",
    "issues unresolve -o {org} -p {project} -i {id}": "Updated",
    "releases list -o {org} -p {project}": "storefront@",
}


class Demo:
    """The demo of a server, and one of its issues. `address`: of a proxy before it."""

    def __init__(self, url, printed, address=None):
        self.url, self.token = address or url, re.search(r"jto_\w+", printed)[0]
        self._server = url
        (self.issue,) = self.get(f"/organizations/{ORG}/issues/?limit=1&query=is:unresolved")
        self.event = self.get(f"/issues/{self.issue['id']}/events/latest/")

    def get(self, path):
        return json.loads(self._send(f"/api/0{path}", None))

    def furnish(self):
        """What the issue and its event lack for all tools to have something to show."""
        self._send(f"/api/0/issues/{self.issue['id']}/notes/", {"text": "seen"})
        own = f"/projects/{ORG}/{self.issue['project']['slug']}"
        key = self.get(f"{own}/keys/")[0]["public"]
        file = {"type": "attachment", "filename": "a.txt", "length": 4}
        lines = [json.dumps({"event_id": self.event["id"]}), json.dumps(file), "text"]
        place = f"/api/{self.issue['project']['id']}/envelope/?sentry_key={key}"
        self._send(place, "\n".join(lines).encode())

    def _send(self, path, body):
        headers = {"Authorization": f"Bearer {self.token}"}
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        request = urllib.request.Request(f"{self._server}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def named(self, words):
        """The words with names of the demo in them."""
        return words.format(
            org=ORG, project=self.issue["project"]["slug"], short=self.issue["shortId"],
            id=self.issue["id"], event=self.event["id"], uuid=UUID(self.event["id"]),
        )  # fmt: skip


def mcp_command(folder, package, url, token):
    """Sentry's server for agents, of what npm installed into the folder."""
    program = folder / "node_modules" / package / "dist" / "index.js"
    return (
        "node", str(program), f"--host={url.removeprefix('http://')}", "--insecure-http",
        f"--access-token={token}", "--sentry-dsn=",
    )  # fmt: skip


def export_command(demo, folder):
    """The program of the Python index that writes an issue to a file where it is started."""
    project = demo.issue["project"]["slug"]
    return (
        sys.executable, str(folder / "bin" / "export-sentry-issue"), "export", "--base-url",
        f"{demo.url}/api/0/projects/{ORG}/{project}/issues/", "--ids", demo.issue["id"],
        "--token", demo.token,
    )  # fmt: skip


def glitchtip_command(folder):
    """A server for agents that people wrote for another tracker."""
    return (sys.executable, str(folder / "bin" / "mcp-server-glitchtip"))


def glitchtip_settings(demo, folder):
    return {
        "PYTHONPATH": str(folder), "GLITCHTIP_API_URL": f"{demo.url}/api/0/",
        "GLITCHTIP_AUTH_TOKEN": demo.token, "GLITCHTIP_ORGANIZATION": ORG,
        "GLITCHTIP_PROJECT": demo.issue["project"]["slug"],
    }  # fmt: skip


def glitchtip_calls(demo):
    """Tool, arguments, and what is said then."""
    issue = {"issue_id": demo.issue["id"]}
    return [
        ("get_glitchtip_issues", {"status": "unresolved"}, "ID: "),
        ("get_glitchtip_issue", issue, demo.issue["title"]),
        ("resolve_glitchtip_issue", issue, "resolved"),
    ]


def call_mcp(agent, tools, tool, arguments):
    """The answer's text and whether it is an error; None where the server has no such tool."""
    if tool in tools:
        text, is_error = agent.call(tool, **arguments)
    elif ANY_TOOL in tools:
        text, is_error = agent.call(ANY_TOOL, name=tool, arguments=arguments)
    else:
        return None
    return text, is_error or text.startswith(("**Error**", "**Input Error**"))


def mcp_calls(demo, tools):
    """Tool, arguments: all that Sentry's server has for errors."""
    short, project = demo.issue["shortId"], demo.issue["project"]["slug"]
    org, event = {"organizationSlug": ORG}, demo.event["id"]
    issue = org | {"issueId": short}
    of_project = org | {"projectSlug": project}
    monitor = demo.get(f"/organizations/{ORG}/monitors/")[0]["slug"]
    release = demo.get(f"/organizations/{ORG}/releases/")[0]["version"]
    link = demo.issue["permalink"].replace(demo._server, demo.url)
    resource = "get_sentry_resource"
    calls = [
        ("whoami", {}),
        ("find_organizations", {}),
        ("find_organizations", {"query": "spoke"}),
        ("find_projects", org),
        ("find_teams", org),
        ("search_issues", org | {"query": "is:unresolved", "sort": "date"}),
        ("search_issues", org | {"query": "is:unresolved e", "projectSlugOrId": project,
                                 "sort": "freq", "period": "7d"}),
        (resource, org | {"resourceType": "issue", "resourceId": short}),
        (resource, org | {"resourceType": "event", "resourceId": event}),
        (resource, {"url": link}),
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
    if ANY_TOOL in tools:  # the older one shows no monitor so
        calls.append((resource, org | {"resourceType": "monitor", "resourceId": monitor}))
    return calls
