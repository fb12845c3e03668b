"""What a database answers at every address of the API that reads."""

import re
from collections import defaultdict

import factories

from jentry import create_app
from jentry.openapi import document
from jentry.settings import Settings

SOME = {"/events": 2}  # rows of a list that are looked at one by one; of others
MOST = 20
ROWS_OF = {  # where the rows come from that have an address, but no list, of their own
    "/events": "/issues/{issueId}/events",
    "/monitors": "/projects/{projectId}/monitors",
    "/attachments": "/events/{eventId}/attachments",
}
MEMBERS = {"eventId": ("eventId", "id"), "version": ("release",)}  # of a row: its parameter
SAME = {"member": "user", "assigneeuser": "user", "end": "event"}  # kinds of rows: by other words
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
        self.app.extensions["processor"].close()

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


def differences(one, other):
    return [
        address for address in one.keys() | other.keys() if one.get(address) != other.get(address)
    ]


def token_of(db):
    rows = db.execute(
        "SELECT org_id, user_id FROM memberships WHERE role = 'owner' ORDER BY user_id LIMIT 1"
    )
    ((org, user),) = rows.fetchall()
    return factories.token(db, org, user)
