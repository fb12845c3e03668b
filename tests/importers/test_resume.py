"""Killed in the middle and said again, an import ends as one that was not."""

import json
import os
import subprocess
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from recorded import serving
from servers import command

from jentry.store import checks, connection

NOW = datetime.now(UTC).replace(microsecond=0)
FACTS = """
    SELECT i.title, i.status, i.event_count, i.user_count, i.first_seen, i.last_seen, e.timestamp,
           e.event_id
    FROM issues i JOIN events e ON e.issue_id = i.id ORDER BY i.id, e.event_id
"""


@pytest.fixture
def source(recorded):
    """Two issues of twelve events each, in pages of two."""
    found = recorded("glitchtip")
    (issue,) = found.answers["/api/0/organizations/acme/issues/?project=9"]
    event = found.answers["/api/0/issues/21/events/"][0]
    times = [(NOW - timedelta(hours=hour)).isoformat() for hour in range(13)]
    more = {"count": "20", "firstSeen": times[12], "lastSeen": times[0], "numComments": 0}
    found.answers["/api/0/organizations/acme/issues/?project=9"] = [
        issue | more | {"id": number} for number in ("21", "22")
    ]
    for number in ("21", "22"):
        text = json.dumps(event).replace("KeyError", f"Error{number}")
        found.answers[f"/api/0/issues/{number}/events/"] = [
            json.loads(text)
            | {"eventID": uuid.uuid5(uuid.NAMESPACE_DNS, f"{number} {place}").hex}
            | {"dateCreated": times[place], "dateReceived": times[place]}
            for place in range(12)
        ]
    return found


def facts(path):
    assert checks.problems_of(path) == []
    db = connection.connect(path)
    found = [tuple(row) for row in db.execute(FACTS)]
    db.close()
    return found


def test_killed_and_said_again_it_ends_as_if_nothing_had_been(
    source, move, new_database, new_databases
):
    with serving(source) as url, new_databases() as path:
        move("glitchtip", url)
        whole = facts(new_database)
        reached = threading.Event()
        source.hook = lambda address: (
            "issues/22/events" in address
            and "cursor=0%3A4" in address
            and (reached.set() or threading.Event().wait(20))
        )
        args = command("import", "--from", "glitchtip", "--url", url, "--db", path)
        env = os.environ | {"JENTRY_IMPORT_TOKEN": "t"}
        process = subprocess.Popen(args, env=env, stdout=subprocess.DEVNULL)
        assert reached.wait(300), process.poll()
        process.kill()
        process.wait()
        source.hook = lambda address: None
        before = len(source.requests)
        subprocess.run(args, env=env, stdout=subprocess.DEVNULL, check=True)
        found = facts(path)
    asked = [address for address, _ in source.requests[before:] if "/events/" in address]
    assert len(asked) == 4
    assert len(whole) == 24
    assert found == whole
