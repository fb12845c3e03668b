"""A served organization, set up by the command line and read over the API."""

import json
import re
import urllib.request
from contextlib import contextmanager

from click.testing import CliRunner
from servers import serving

from jentry.cli import main

SCOPES = (
    "org:read", "project:read", "project:write", "project:admin", "member:read", "issue:read",
    "issue:write", "event:read",
)  # fmt: skip


@contextmanager
def served_organization(database):
    def run(*args):
        done = CliRunner().invoke(main, [*map(str, args), "--db", str(database), "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    run("org", "create", "Acme")
    run("user", "create", "kim@example.com", "--org", "acme", "--role", "owner")
    flags = [word for scope in SCOPES for word in ("--scope", scope)]
    token = run("token", "create", "ci", "--org", "acme", "--user", "kim@example.com", *flags)
    with serving(database) as (_, url, _):
        yield Organization(run, url, token["token"])


class Organization:
    def __init__(self, run, url, token):
        self.run, self.url, self.token = run, url, token

    def project(self, name, *flags):
        """Its id and DSN."""
        made = self.run("project", "create", name, "--org", "acme", *flags)
        return made["id"], made["dsn"].replace(":8000", f":{self.url.rpartition(':')[2]}")

    def api(self, path, method="GET", body=None):
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def issues(self, project_id, members):
        """Title -> the members of each issue of a project."""
        found = self.api(f"/projects/{project_id}/issues?limit=100")["data"]
        return {issue["title"]: tuple(issue[name] for name in members) for issue in found}

    def event(self, project_id, title):
        """The newest event of an issue."""
        found = self.api(f"/projects/{project_id}/issues?limit=100")["data"]
        (issue,) = [issue for issue in found if issue["title"] == title]
        return self.api(f"/issues/{issue['id']}/events?limit=1")["data"][0]

    def totals(self, project_id):
        """(category, outcome, reason) -> quantity."""
        found = self.api(f"/projects/{project_id}/stats")["totals"]
        return {(row["category"], row["outcome"], row["reason"]): row["quantity"] for row in found}

    def releases(self, project_id, members):
        found = self.api(f"/projects/{project_id}/releases")["data"]
        return [tuple(release[name] for name in members) for release in found]


def without_lines(found):
    """Issues of `Organization.issues` whose culprit, the last member, is a place: its line is the
    compiler's.
    """
    return {
        title: (*figures, re.sub(r":\d+$", ":n", culprit))
        for title, (*figures, culprit) in found.items()
    }
