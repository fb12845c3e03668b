"""The demo: an invented company, loaded through the functions that real traffic takes."""

import json
import re
import shlex
import shutil
import subprocess
import time
import urllib.request

import pytest
from servers import serving

from jentry import clock, create_app, demo
from jentry.demo import traffic
from jentry.demo.company import Company
from jentry.errors import Conflict
from jentry.ingest import envelope
from jentry.resources import resource
from jentry.settings import Settings
from jentry.store import checks, connection, orgs

URL = "http://jentry.test"
COMPANY = Company.read()
MOST_SECONDS = 10  # of loading; it takes 1 to 2 on an idle machine


@pytest.fixture(scope="module")
def loaded(own_database):
    """A loaded demo, shared: the database's settings, and the lines that were printed."""
    settings = Settings(db=own_database, url=URL)
    started = time.monotonic()
    lines = demo.prepare(settings, URL)
    assert time.monotonic() - started < MOST_SECONDS
    return settings, "\n".join(lines)


@pytest.fixture(scope="module")
def ask(loaded):
    """Ask the API with the token that was printed; the JSON's `data`."""
    settings, printed = loaded
    client = create_app(settings).test_client()
    token = re.search(r"jto_\w+", printed)[0]

    def call(path, key="data"):
        response = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 200, response.text
        return response.get_json()[key]

    return call


@pytest.fixture
def facts(loaded):
    db = connection.connect(loaded[0].db)
    yield db
    db.close()


def test_it_prints_address_login_token_dsn_and_a_curl_line(loaded):
    printed = loaded[1]
    assert f"{URL}/\n" in printed
    assert COMPANY.people[0].email in printed
    assert COMPANY.password in printed
    assert re.search(r"http://\w{32}@jentry\.test/1\n", printed)
    token = re.search(r"jto_\w{40}", printed)[0]
    assert f'"Authorization: Bearer {token}" "{URL}/api/v1/projects/1/issues"' in printed


def test_it_has_three_projects_and_users_of_each_role(ask, facts):
    assert [(p["slug"], p["platform"]) for p in ask("/projects")] == [
        ("orders-api", "python"),
        ("storefront", "javascript"),
        ("warehouse", "ruby"),
    ]
    roles = {row[0] for row in facts.execute("SELECT role FROM memberships")}
    assert roles == {"owner", "admin", "member"}


def test_each_template_becomes_one_issue_with_exact_counts(ask):
    found = []
    for project in ask("/projects"):
        for issue in ask(f"/projects/{project['id']}/issues?status=all&limit=100"):
            found.append((project["slug"], issue["count"], issue["userCount"]))
    assert sorted(found) == sorted((i.project, i.events, i.users) for i in COMPANY.issues)


def test_statuses_are_spread(ask):
    seen = set()
    for project in ask("/projects"):
        for issue in ask(f"/projects/{project['id']}/issues?status=all&limit=100"):
            seen.add((issue["status"], issue["substatus"]))
            seen.add("assigned" if issue["assigneeUserId"] else "unassigned")
    assert seen >= {
        ("unresolved", "new"),
        ("unresolved", "regressed"),
        ("resolved", None),
        "assigned",
        "unassigned",
    }
    assert any(status == "ignored" for status, *_ in seen)


def test_releases_have_commits_deploys_and_health(ask, facts):
    for project in ask("/projects"):
        releases = ask(f"/projects/{project['id']}/releases")
        planned = [r.version for r in COMPANY.releases if r.project == project["slug"]]
        assert [release["release"] for release in releases] == planned[::-1]
        assert all(release["sessions"] > 0 for release in releases)
        assert all(90 < release["crashFreeRate"] <= 100 for release in releases)
    assert facts.execute("SELECT count(*) FROM release_commits").fetchone()[0] == sum(
        len(release.commits) for release in COMPANY.releases
    )
    assert facts.execute("SELECT count(*) FROM release_deploys").fetchone()[0] == sum(
        len(release.deploys) for release in COMPANY.releases
    )


def test_it_covers_two_weeks_up_to_now_and_nothing_is_in_the_future(facts):
    first, last, received = facts.execute(
        "SELECT min(timestamp), max(timestamp), max(received_at) FROM events"
    ).fetchone()
    now = clock.now()
    assert 13 < (now - clock.parse(first)).total_seconds() / 86400 < 14
    assert 0 < (now - clock.parse(last)).total_seconds() < 3600
    assert clock.parse(received) < now
    late = facts.execute("SELECT count(*) FROM events WHERE received_at < timestamp")
    assert late.fetchone()[0] == 0


def test_the_audit_log_tells_who_did_what_in_order_of_time(facts):
    rows = facts.execute("SELECT action, created_at FROM audit_log ORDER BY id").fetchall()
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert {row[0] for row in rows} >= {
        "org.create",
        "user.create",
        "project.create",
        "release.create",
        "issue.resolve",
        "issue.ignore",
        "issue.assign",
        "token.create",
    }


def test_nobody_is_mailed_of_what_is_invented(facts):
    assert facts.execute("SELECT count(*) FROM deliveries").fetchone()[0] == 0


def test_it_is_sound(loaded):
    assert checks.problems_of(loaded[0].db) == []


def test_a_database_with_other_data_is_refused(settings, db):
    with connection.transaction(db) as at:
        orgs.create(db, "Acme", None, at, "cli")
    with pytest.raises(Conflict, match="already holds other data"):
        demo.prepare(settings, URL)
    assert [org["slug"] for org in orgs.list_all(db)] == ["acme"]


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_a_second_start_prints_the_same_with_a_fresh_token(new_database):
    starts = []
    for _ in range(2):
        with serving(new_database, "--demo", lines=10) as (_, address, printed):
            token = re.search(r"jto_\w+", printed)[0]
            curl = shlex.split(re.search(r"curl .*", printed)[0])
            answer = subprocess.run([*curl, "-sS"], capture_output=True, text=True)
            assert len(json.loads(answer.stdout)["data"]) > 3
            rest = printed.replace(token, "").replace(address.removeprefix("http://"), "")
            if starts:
                assert rest == starts[0][1]
                assert status(f"{address}/api/v1/projects", starts[0][0]) == 401
            starts.append((token, rest))


def status(url, token):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        return urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("issue", COMPANY.issues, ids=lambda issue: issue.envelope)
def test_each_template_is_an_envelope_that_an_sdk_could_have_sent(issue):
    raw = (resource("seed") / "envelopes" / f"{issue.envelope}.envelope").read_bytes()
    (item,) = envelope.parse(raw).items
    event = json.loads(item.payload)
    assert item.type == "event"
    assert event["platform"] in {project.platform for project in COMPANY.projects}
    assert all(number in item.payload.decode() for number in issue.vary)


def test_every_template_is_used():
    files = {file.stem for file in (resource("seed") / "envelopes").iterdir()}
    assert files == {issue.envelope for issue in COMPANY.issues}


def test_the_same_events_are_made_every_time():
    now = clock.now()
    first, second = (
        [s.envelope for s in traffic.events(COMPANY, COMPANY.issues[0], now)] for _ in "12"
    )
    assert first == second
