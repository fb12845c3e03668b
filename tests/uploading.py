"""What release tools send to a served jentry, and SDKs after it."""

import json
import subprocess
import time
import urllib.request
import uuid
from dataclasses import dataclass

from bundles import MIB, chunks, form, sha1
from servers import command

AUTHORIZED = ("project:read", "project:write", "event:read")
PATIENCE = 300  # seconds, on a busy machine
CHUNKS = 8  # of a request


def run(file, *words):
    done = subprocess.run(
        command(*words, "--db", file, "--json"), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@dataclass
class Owner:
    """A token of a new organization with one project, and that project's key."""

    token: str
    key: str

    @classmethod
    def of(cls, file):
        run(file, "org", "create", "Acme")
        run(file, "user", "create", "kim@example.com", "--org", "acme", "--role", "owner")
        scopes = [word for scope in AUTHORIZED for word in ("--scope", scope)]
        owner = ("--org", "acme", "--user", "kim@example.com")
        token = run(file, "token", "create", "ci", *owner, *scopes)["token"]
        return cls(token, run(file, "project", "create", "Shop", "--org", "acme")["publicKey"])

    def ask(self, url, path, data=None, **headers):
        auth = {"Authorization": f"Bearer {self.token}"}
        return request(f"{url}{path}", data, **auth, **headers)

    def send_chunks(self, url, parts):
        """As many in a request as a server takes."""
        for start in range(0, len(parts), CHUNKS):
            sent = form(*parts[start : start + CHUNKS])
            kind = {"Content-Type": sent["content_type"]}
            self.ask(url, "/api/0/organizations/acme/chunk-upload/", sent["data"], **kind)

    def assemble(self, url, data, size=MIB):
        order = {
            "checksum": sha1(data), "chunks": [sha1(chunk) for chunk in chunks(data, size)],
            "projects": ["shop"],
        }  # fmt: skip
        path = "/api/0/organizations/acme/artifactbundle/assemble/"
        return json.loads(self.ask(url, path, json.dumps(order).encode()))

    def upload(self, url, data, size=MIB):
        """As a tool does it, from wherever an upload before has ended: the states it saw."""
        states = []
        while not states or states[-1] in ("not_found", "assembling"):
            answer = self.assemble(url, data, size)
            states.append(answer["state"])
            missing = answer["missingChunks"]
            self.send_chunks(url, [part for part in chunks(data, size) if sha1(part) in missing])
            if states[-1] == "assembling":
                time.sleep(0.2)
        return states

    def send(self, url, event):
        """Its id."""
        event_id = uuid.uuid4().hex
        body = json.dumps(event | {"event_id": event_id}).encode()
        request(f"{url}/api/1/store/?sentry_key={self.key}&sentry_version=7", body)
        return event_id


def request(address, data=None, **headers):
    asked = urllib.request.Request(address, data=data, headers=headers)
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        return answer.read()
