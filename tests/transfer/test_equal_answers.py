"""Every address of the API that reads answers the same after backup and restore, and after export
and import into an empty file, where only the numbers of rows differ.
"""

import json
import re
from collections import defaultdict
from contextlib import closing

import factories
import pytest

from jentry import create_app
from jentry.openapi import document
from jentry.settings import Settings
from jentry.store import connection

SOME = {"/events": 2}  # rows of a list that are looked at one by one; of others
MOST = 20
ROWS_OF = {  # where the rows come from that have an address, but no list, of their own
    "/events": "/issues/{issueId}/events",
    "/monitors": "/projects/{projectId}/monitors",
    "/attachments": "/events/{eventId}/attachments",
}
MEMBERS = {"eventId": ("eventId", "id"), "version": ("release",)}  # of a row: its parameter
SAME = {"member": "user", "assigneeuser": "user", "end": "event"}  # kinds of rows: by other words
KEPT_BACK = {  # what no export holds: addresses, how it went on that server, bytes as packed there
    "/usage": {"*"},
    "/openapi.json": {"*"},  # no answer of the database
    "/project": {"bytesKept"},
    "/audit": {"*"},  # with a row more, that of the import: see below
    "/alert-deliveries": {"*"},
    "/deletions": {"*"},
    "/alert-rules": {"lastMatchedAt"},
    "/alert-channels": {"target", "health", "isActive"},
}
UNASKED = {  # what is written while a server runs, is one of a kind, or needs parameters
    "/monitors/schedule", "/operations/{operationId}", "/deletions/{deletionId}",
    "/erasures/{erasureId}", "/erasures/{erasureId}/export", "/alert-deliveries/{deliveryId}",
    "/projects/{projectId}/regroup",
}  # fmt: skip


class Answers:
    """What a database says; `said`: {address: (status, body)}, with ranks for numbers of rows."""

    def __init__(self, path, token):
        self.app = create_app(Settings(db=path, url="http://jentry.test"))
        self.client = self.app.test_client()
        self.head = {"Authorization": f"Bearer {token}"}
        self.bodies = {}
        self.ranks = defaultdict(dict)  # kind of row -> number -> in order of appearance
        self.said = {}
        self.unasked = set()
        for template, methods in document.build(self.app)["paths"].items():
            if "get" in methods:
                found = self.addresses(template) if template not in UNASKED else []
                self.unasked |= set() if found else {template}
                for address in found:
                    status, body = self.get(address)
                    self.said[self.ranked("", address)] = (
                        status, self.plain(kind_of(template), body),
                    )  # fmt: skip

    def get(self, address):
        """A list as a whole: all of its pages."""
        if address not in self.bodies:
            status, body = self._get(address)
            cursor = body.get("nextCursor")
            while cursor:
                _, more = self._get(f"{address}?cursor={cursor}")
                cursor = more.get("nextCursor")
                body = body | {"data": body["data"] + more["data"]}
            self.bodies[address] = status, body
        return self.bodies[address]

    def _get(self, address):
        answer = self.client.get(f"/api/v1{address}", headers=self.head)
        body = answer.get_json() if answer.is_json else {"bytes": answer.data.hex()}
        return answer.status_code, body

    def addresses(self, template):
        """Those of a template, with the rows that there are."""
        head, brace, rest = template.partition("{")
        if not brace:
            return [template]
        name, _, tail = rest.partition("}")
        parent = head.rstrip("/")
        found = ["latest", "oldest"] if name == "end" else []
        for list_address in self.addresses(ROWS_OF.get(parent, parent)) if not found else ():
            rows = self.get(list_address)[1].get("data", [])
            for row in rows[: SOME.get(re.sub(r".*(/\w+)$", r"\1", parent), MOST)]:
                found.append(next(row[each] for each in MEMBERS.get(name, ("id",)) if each in row))
        return [a for each in found for a in self.addresses(f"{head}{each}{tail}")]

    def plain(self, kind, value, name=""):
        if isinstance(value, dict):
            return {key: self.plain(kind, each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self.plain(kind, each, name) for each in value]
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number and re.search(r"^id$|Ids?$", name):
            return self.rank(kind if name == "id" else re.sub("Ids?$", "", name).lower(), value)
        return self.ranked(name, value) if isinstance(value, str) else value

    def rank(self, kind, number):
        kind = SAME.get(kind, kind)
        ranks = self.ranks[kind]
        return f"{kind} {ranks.setdefault(number, len(ranks))}"

    def ranked(self, name, text):
        """Numbers in addresses."""
        if not text.startswith(("/", "http://jentry.test/")):
            return text
        return re.sub(
            r"/(\w+?)s/(\d+)(?=/|$|\?)", lambda f: f"/{self.rank(f[1].lower(), int(f[2]))}", text
        )


def kind_of(template):
    words = [word for word in template.split("/") if word and "{" not in word]
    return words[-1].removesuffix("s").rpartition("-")[2]


@pytest.fixture
def filled(demo):
    """The invented company, with what it lacks; and a token."""
    with closing(connection.connect(demo, write=True)) as db, connection.transaction(db):
        ((org,),) = db.execute("SELECT id FROM organizations").fetchall()
        token = token_of(db)
        hook = factories.alert_channel(
            db, org, name="Pager", kind="webhook", url="https://hook.example/s3cret",
            secret="whsec_c2VjcmV0", recipients="[]",
        )  # fmt: skip
        ((user,),) = db.execute("SELECT user_id FROM memberships ORDER BY 1 LIMIT 1").fetchall()
        rule = factories.alert_rule(
            db, org, name="Mine", covers_all=0, filter=json.dumps({"assignee_ids": [user]})
        )
        factories.insert_row(db, "alert_rule_projects", rule, 2)
        factories.insert_row(db, "alert_rule_channels", rule, hook)
        ((latest, project),) = db.execute(
            "SELECT event_id, project_id FROM events WHERE issue_id = 1"
            " ORDER BY timestamp DESC, id DESC LIMIT 1"
        ).fetchall()
        factories.attachment(db, project, event_id=latest)
        factories.insert(
            db, "comments", issue_id=1, user_id=user, text="Seen.", created_at=factories.AT
        )
        factories.insert(
            db, "views", org_id=org, project_id=2, user_id=user, name="Paid", search="plan:gold",
            level="all", sort="events", period="7d", shared=1, position=1,
            created_at=factories.AT, updated_at=factories.AT,
        )  # fmt: skip
    return demo, token


def token_of(db):
    rows = db.execute(
        "SELECT org_id, user_id FROM memberships WHERE role = 'owner' ORDER BY user_id LIMIT 1"
    )
    ((org, user),) = rows.fetchall()
    return factories.token(db, org, user)


def differences(one, other):
    return [
        address for address in one.keys() | other.keys() if one.get(address) != other.get(address)
    ]


def without(said):
    """What an export holds."""
    found = {}
    for address, (status, body) in said.items():
        names = next(
            (names for head, names in KEPT_BACK.items() if address.startswith(head)), set()
        )
        if "*" not in names:
            found[address] = status, leave_out(body, names)
    return found


def leave_out(value, names):
    if isinstance(value, dict):
        return {key: leave_out(each, names) for key, each in value.items() if key not in names}
    return [leave_out(each, names) for each in value] if isinstance(value, list) else value


def test_a_restored_file_and_an_imported_one_answer_as_the_first(filled, run, tmp_path):
    path, token = filled
    before = Answers(path, token)
    assert {status for status, _ in before.said.values()} == {200}
    assert before.unasked == UNASKED

    assert run("backup", tmp_path / "a.zst", "--db", path)[0] == 0
    restored = tmp_path / "restored.db"
    assert run("restore", tmp_path / "a.zst", "--db", restored)[0] == 0
    again = Answers(restored, token)
    assert differences(before.bodies, again.bodies) in ([], ["/usage"])  # the disk as it is now

    assert run("export", tmp_path / "a.jsonl", "--org", "spokewell", "--db", path)[0] == 0
    text = (tmp_path / "a.jsonl").read_text()
    assert [each for each in ("s3cret", "whsec_") if each in text] == []
    new = tmp_path / "new.db"
    code, report, _ = run("import", tmp_path / "a.jsonl", "--db", new, "--json")
    assert (code, report["withoutAddress"]) == (0, ["Pager"])
    with closing(connection.connect(new, write=True)) as db, connection.transaction(db):
        other = token_of(db)
    imported = Answers(new, other)
    one, other = without(before.said), without(imported.said)
    assert differences(one, other) == []
    log = [row["action"] for row in before.bodies["/audit"][1]["data"]]
    assert [row["action"] for row in imported.bodies["/audit"][1]["data"]] == ["org.import", *log]
