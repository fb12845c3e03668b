"""Resolved in a release, ignored until something happens: set, answered, met, undone."""

import json
from datetime import timedelta

import factories
import pytest

from jentry import clock
from jentry.store import conditions
from jentry.store.apply import apply
from jentry.store.connection import transaction
from jentry.store.payloads import pack
from jentry.store.rows import EventRow, Submission

HASH = b"h" * 32


@pytest.fixture
def issue(db, world):
    issue_id = factories.issue(db, world.project, event_count=20, user_count=3)
    db.execute(
        """
        INSERT INTO issue_hashes (project_id, version, hash, issue_id, components)
        VALUES (?, 1, ?, ?, '{}')
        """,
        (world.project, HASH, issue_id),
    )
    return issue_id


@pytest.fixture
def send(db, world):
    """Events of that issue in one batch; `after` minutes from now."""
    key = db.execute("SELECT id FROM client_keys WHERE project_id = ?", (world.project,)).fetchone()
    numbers = iter(range(1, 100_000))

    def send(*releases, after=0, users=()):
        at = clock.timestamp(factories.NOW + timedelta(minutes=after))
        version = db.execute("SELECT config_version FROM instance").fetchone()[0]
        who = iter(users)
        rows = [
            EventRow(
                event_id=next(numbers).to_bytes(16), timestamp=at, type="error", level="error",
                title="ValueError: bad", culprit="shop in pay", search="", environment=None,
                release=release, user_hash=next(who, None), tags=(), hash_version=1, hash=HASH,
                components="{}", payload=pack(b"{}"),
            )
            for release in releases
        ]  # fmt: skip
        submission = Submission(world.project, key["id"], version, at, events=rows)
        with transaction(db):
            apply(db, [submission], at)

    return send


@pytest.fixture
def state(db, issue):
    def read():
        row = db.execute("SELECT status, substatus FROM issues WHERE id = ?", (issue,)).fetchone()
        return tuple(row)

    return read


def release(db, world, version, days_ago, **columns):
    at = factories.ago(days=days_ago)
    return factories.release(db, world.project, version, created_at=at, sorted_at=at, **columns)


RESOLVED, REGRESSED = ("resolved", None), ("unresolved", "regressed")
IGNORED, ONGOING = ("ignored", "archived_until_condition_met"), ("unresolved", "ongoing")


@pytest.mark.parametrize(
    ("details", "event", "expected"),
    [
        pytest.param({}, None, REGRESSED, id="plain, no release"),
        pytest.param({}, "shop@1.0", REGRESSED, id="plain, any release"),
        pytest.param({"inRelease": "shop@2.0"}, None, RESOLVED, id="in R, no release"),
        pytest.param({"inRelease": "shop@2.0"}, "shop@2.0", REGRESSED, id="in R, that release"),
        pytest.param({"inRelease": "shop@2.0"}, "shop@1.0", RESOLVED, id="in R, an older one"),
        pytest.param({"inRelease": "shop@2.0"}, "shop@1.9.9", RESOLVED, id="in R, an old line"),
        pytest.param({"inRelease": "shop@2.0"}, "shop@2.0.1", REGRESSED, id="in R, a newer one"),
        pytest.param({"inNextRelease": True}, "shop@2.0", RESOLVED, id="after C, C itself"),
        pytest.param({"inNextRelease": True}, "shop@1.9.9", RESOLVED, id="after C, older"),
        pytest.param({"inNextRelease": True}, "shop@2.1", REGRESSED, id="after C, newer"),
        pytest.param({"inNextRelease": True}, None, RESOLVED, id="after C, no release"),
        pytest.param({"inCommit": "1f2e3d4"}, "shop@9.9", RESOLVED, id="in a commit, newer"),
        pytest.param({"inCommit": "1f2e3d4"}, None, RESOLVED, id="in a commit, no release"),
    ],
)  # fmt: skip
def test_releases_that_are_versions(api, db, world, issue, send, state, details, event, expected):
    release(db, world, "shop@2.0", 5)
    release(db, world, "shop@1.0", 3)  # released later: its order by date is the other one
    body = {"status": "resolved", "statusDetails": details}
    assert api.patch(f"/issues/{issue}", body).json["data"]["statusDetails"] == details
    send(event)
    assert state() == expected


@pytest.mark.parametrize(
    ("details", "event", "expected"),
    [
        ({"inRelease": "build-b"}, "build-b", REGRESSED),
        ({"inRelease": "build-b"}, "build-a", RESOLVED),
        ({"inRelease": "build-b"}, "build-same-day", RESOLVED),
        ({"inRelease": "build-b"}, "build-c", REGRESSED),
        ({"inRelease": "build-b"}, "build-unknown-so-new", REGRESSED),
        ({"inNextRelease": True}, "build-c", RESOLVED),
        ({"inNextRelease": True}, "build-a", RESOLVED),
        ({"inNextRelease": True}, "build-unknown-so-new", REGRESSED),
    ],
)
def test_releases_by_date(api, db, world, issue, send, state, details, event, expected):
    for version, days_ago in (("a", 9), ("b", 5), ("same-day", 5), ("c", 2)):
        release(db, world, f"build-{version}", days_ago)
    api.patch(f"/issues/{issue}", {"status": "resolved", "statusDetails": details})
    send(event)
    assert state() == expected


def test_in_one_batch_the_first_event_that_counts_brings_it_back(
    api, db, world, issue, send, state
):
    release(db, world, "shop@2.0", 5)
    body = {"status": "resolved", "statusDetails": {"inRelease": "shop@2.0"}}
    api.patch(f"/issues/{issue}", body)
    send("shop@1.0", None, "shop@2.0", "shop@3.0")
    assert state() == REGRESSED
    found = db.execute(
        """
        SELECT r.event_id, v.version
        FROM issue_returns r
        JOIN releases v ON v.id = r.release_id
        """
    ).fetchall()
    assert [tuple(row) for row in found] == [((3).to_bytes(16), "shop@2.0")]
    assert api.get(f"/issues/{issue}").json["data"]["statusDetails"] == {}
    assert api.get(f"/issues/{issue}").json["data"]["count"] == 24


@pytest.mark.parametrize(
    ("details", "batches", "expected"),
    [
        pytest.param({"ignoreCount": 3}, [2], IGNORED, id="fewer events"),
        pytest.param({"ignoreCount": 3}, [2, 1], ONGOING, id="enough events"),
        pytest.param({"ignoreCount": 300}, [50], IGNORED, id="a burst is no escalation"),
        pytest.param({"ignoreDuration": 60}, [1], IGNORED, id="still time"),
        pytest.param({"ignoreDuration": 1}, [1, 1], ONGOING, id="time is over at an event"),
        pytest.param({"ignoreCount": 2, "ignoreWindow": 5}, [1, 1], IGNORED, id="too slowly"),
        pytest.param({"ignoreCount": 2, "ignoreWindow": 5}, [2], ONGOING, id="fast enough"),
        pytest.param({"ignoreDuration": 999, "ignoreCount": 1}, [1], ONGOING, id="either"),
    ],
)
def test_ignored_until_events_or_time(api, issue, send, state, details, batches, expected):
    found = api.patch(f"/issues/{issue}", {"status": "ignored", "statusDetails": details})
    found = found.json["data"]
    assert found["substatus"] == "archived_until_condition_met"
    assert found["statusDetails"].items() >= details.items()
    for number, events in enumerate(batches):
        send(*[None] * events, after=10 * number)
    assert state() == expected


@pytest.mark.parametrize(
    ("details", "batches", "expected"),
    [
        pytest.param({"ignoreUserCount": 2}, [b"ab"], ONGOING, id="two new users"),
        pytest.param({"ignoreUserCount": 2}, [b"aaa"], IGNORED, id="one user often"),
        pytest.param({"ignoreUserCount": 2, "ignoreUserWindow": 5}, [b"a", b"b"], IGNORED,
                     id="too slowly"),
        pytest.param({"ignoreUserCount": 2, "ignoreUserWindow": 15}, [b"a", b"b"], ONGOING,
                     id="fast enough"),
        pytest.param({"ignoreUserCount": 2, "ignoreUserWindow": 15}, [b"a", b"a"], IGNORED,
                     id="the same user"),
    ],
)  # fmt: skip
def test_ignored_until_users(api, issue, send, state, details, batches, expected):
    api.patch(f"/issues/{issue}", {"status": "ignored", "statusDetails": details})
    for number, users in enumerate(batches):
        send(*[None] * len(users), users=[bytes([u]) for u in users], after=10 * number)
    assert state() == expected


def test_the_end_of_a_condition_is_audited_as_nobodys_doing(api, issue, send, audited):
    api.patch(f"/issues/{issue}", {"status": "ignored", "statusDetails": {"ignoreCount": 1}})
    send(None)
    action, target, user, meta = audited()[-1]
    assert (action, target, user) == ("issue.unresolve", f"issue:{issue}", None)
    assert json.loads(meta) == {"via": "system", "from": "ignored", "condition": "met"}
    newest = api.get(f"/issues/{issue}/activity").json["data"][0]
    assert (newest["type"], newest["meta"]["via"]) == ("issue.unresolve", "system")


def test_those_whose_time_is_over_end_without_an_event(api, db, world, issue, state):
    other = factories.issue(db, world.project)
    for issue_id, minutes in ((issue, 5), (other, 50)):
        body = {"status": "ignored", "statusDetails": {"ignoreDuration": minutes}}
        found = api.patch(f"/issues/{issue_id}", body).json["data"]
        until = clock.timestamp(factories.NOW + timedelta(minutes=minutes))
        assert found["statusDetails"] == {"ignoreDuration": minutes, "ignoreUntil": until}
    later = clock.timestamp(factories.NOW + timedelta(minutes=6))
    assert conditions.due_in(db, later) == [world.project]
    with transaction(db):
        conditions.end_those_due(db, world.project, later)
    assert conditions.due_in(db, later) == []
    assert state() == ONGOING
    assert api.get(f"/issues/{other}").json["data"]["status"] == "ignored"


def test_for_ever_is_for_ever(api, issue, send, state):
    found = api.patch(f"/issues/{issue}", {"status": "ignored", "substatus": "archived_forever"})
    assert found.json["data"]["substatus"] == "archived_forever"
    send(*[None] * 60)
    assert state() == ("ignored", "archived_forever")


def test_without_a_word_about_it_an_ignored_issue_escalates(api, issue, send, state):
    api.patch(f"/issues/{issue}", {"status": "ignored"})
    send(*[None] * 60)
    assert state() == ("unresolved", "escalating")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"status": "resolved", "statusDetails": {"ignoreCount": 1}},
         "statusDetails: ignoreCount goes with the status ignored."),
        ({"status": "ignored", "statusDetails": {"inNextRelease": True}},
         "statusDetails: inNextRelease goes with the status resolved."),
        ({"statusDetails": {"ignoreCount": 1}, "assigneeUserId": None},
         "statusDetails: ignoreCount goes with the status ignored."),
        ({"statusDetails": {}}, "Nothing to update: send status, assigneeUserId or both."),
        ({"status": "ignored", "statusDetails": {"ignoreWindow": 5}},
         "statusDetails.ignoreWindow: Goes with ignoreCount."),
        ({"status": "ignored", "statusDetails": {"ignoreCount": 0}},
         "statusDetails.ignoreCount: Must be greater than or equal to 1 and less than or equal to "
         "10000."),
        ({"status": "ignored", "statusDetails": {"ignoreCount": "5"}},
         "statusDetails.ignoreCount: Not a valid integer."),
        ({"status": "ignored", "substatus": "archived_until_condition_met"},
         "statusDetails: Say in statusDetails what the issue waits for."),
        ({"status": "resolved", "statusDetails": {"inRelease": "no@9"}},
         "statusDetails.inRelease: This project has no release no@9; register it first."),
        ({"status": "resolved", "statusDetails": {"inNextRelease": True}},
         "statusDetails.inNextRelease: This project has no release yet that another could follow."),
        ({"status": "resolved", "statusDetails": {"inRelease": "a", "inNextRelease": True}},
         "statusDetails.inRelease: Send either inRelease or inNextRelease."),
        ({"status": "resolved", "statusDetails": {"inCommit": "a", "inNextRelease": True}},
         "statusDetails.inCommit: Send either inCommit or inNextRelease."),
        ({"status": "ignored", "statusDetails": {"inCommit": "a"}},
         "statusDetails: inCommit goes with the status resolved."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(api, issue, audited, body, error):
    answer = api.patch(f"/issues/{issue}", body)
    assert (answer.status_code, answer.json) == (400, {"error": error})
    assert audited() == []


def test_an_issue_sent_back_as_it_was_read_changes_nothing_else(api, issue, audited):
    read = api.get(f"/issues/{issue}").json["data"]
    answer = api.patch(f"/issues/{issue}", read | {"status": "resolved"})
    assert answer.json["data"]["substatus"] is None
    assert len(audited()) == 1


def test_the_same_again_is_not_audited_another_condition_is(api, db, world, issue, audited):
    release(db, world, "shop@2.0", 5)
    steps = [
        ({"status": "resolved"}, 1),
        ({"status": "resolved"}, 1),
        ({"status": "resolved", "statusDetails": {"inRelease": "shop@2.0"}}, 2),
        ({"status": "resolved", "statusDetails": {"inRelease": "shop@2.0"}}, 2),
        ({"status": "resolved"}, 2),
        ({"status": "ignored", "statusDetails": {"ignoreDuration": 5}}, 3),
        ({"status": "ignored", "statusDetails": {"ignoreDuration": 5}}, 3),
        ({"status": "ignored"}, 3),
        ({"status": "ignored", "substatus": "archived_forever"}, 4),
        ({"status": "ignored", "substatus": "archived_forever"}, 4),
        ({"status": "unresolved"}, 5),
    ]
    for body, entries in steps:
        assert api.patch(f"/issues/{issue}", body).status_code == 200
        assert len(audited()) == entries, body
    metas = [json.loads(meta) for *_, meta in audited()]
    assert metas[1]["statusDetails"] == {"inRelease": "shop@2.0"}
    assert metas[3]["substatus"] == "archived_forever"
    assert db.execute("SELECT count(*) FROM issue_conditions").fetchone()[0] == 0


def test_undo_puts_the_condition_back(api, db, world, issue, audited):
    release(db, world, "shop@2.0", 5)
    first = {"status": "ignored", "statusDetails": {"ignoreCount": 7}}
    before = api.patch(f"/issues/{issue}", first).json["data"]
    bulk = {"ids": [issue], "status": "ignored", "statusDetails": {"ignoreDuration": 60}}
    operation = api.patch(f"/projects/{world.project}/issues", bulk).json["data"]
    assert operation["changed"] == 1
    shown = api.get(f"/operations/{operation['operationId']}").json["data"]
    assert shown["change"] == {"status": "ignored", "statusDetails": {"ignoreDuration": 60}}
    undone = api.post(f"/operations/{operation['operationId']}/undo").json["data"]
    assert (undone["restored"], undone["skipped"]) == (1, 0)
    after = api.get(f"/issues/{issue}").json["data"]
    assert after == before
    resolved = {"ids": [issue], "status": "resolved", "statusDetails": {"inNextRelease": True}}
    operation = api.patch(f"/projects/{world.project}/issues", resolved).json["data"]
    assert api.get(f"/issues/{issue}").json["data"]["statusDetails"] == {"inNextRelease": True}
    api.post(f"/operations/{operation['operationId']}/undo")
    assert api.get(f"/issues/{issue}").json["data"] == before


def test_what_has_changed_since_is_left_alone(api, monkeypatch, world, issue):
    bulk = {"ids": [issue], "status": "ignored", "statusDetails": {"ignoreDuration": 60}}
    operation = api.patch(f"/projects/{world.project}/issues", bulk).json["data"]
    monkeypatch.setattr(clock, "now", lambda: factories.NOW + timedelta(seconds=1))
    api.patch(f"/issues/{issue}", {"status": "ignored", "statusDetails": {"ignoreCount": 9}})
    undone = api.post(f"/operations/{operation['operationId']}/undo").json["data"]
    assert (undone["restored"], undone["skipped"]) == (0, 1)
    now = api.get(f"/issues/{issue}").json["data"]
    assert now["statusDetails"] == {"ignoreCount": 9}


def test_one_call_over_all_projects_is_one_operation_a_project(api, db, world, audited):
    mine = [factories.issue(db, world.project), factories.issue(db, world.other_project)]
    foreign = factories.issue(db, world.foreign_project)
    dry = api.patch("/issues", {"filter": {}, "status": "resolved", "dryRun": True}).json["data"]
    assert dry == {"operationIds": [], "matched": 2, "changed": 2, "dryRun": True}
    done = api.patch("/issues", {"filter": {}, "status": "resolved"}).json["data"]
    assert (len(done["operationIds"]), done["matched"], done["changed"]) == (2, 2, 2)
    for operation_id in done["operationIds"]:
        assert api.post(f"/operations/{operation_id}/undo").json["data"]["restored"] == 1
    statuses = [api.get(f"/issues/{number}").json["data"]["status"] for number in mine]
    assert statuses == ["unresolved", "unresolved"]
    answer = api.patch("/issues", {"ids": [mine[0], foreign], "status": "resolved"})
    error = f"ids: {foreign} is not the id of an issue of this organization."
    assert (answer.status_code, answer.json) == (400, {"error": error})
    by_project = {"filter": {"project": world.other_project}, "status": "resolved"}
    assert api.patch("/issues", by_project).json["data"]["matched"] == 1
    unknown = {"filter": {"project": world.foreign_project}, "status": "resolved"}
    assert api.patch("/issues", unknown).status_code == 404
    misspelt = {"filter": {"projekt": 1}, "status": "resolved"}
    assert api.patch("/issues", misspelt).status_code == 400


def test_assigned_to_me(api, db, world):
    mine = factories.issue(db, world.project, assignee_id=world.owner)
    factories.issue(db, world.project, assignee_id=world.member)
    for path in ("/issues", f"/projects/{world.project}/issues"):
        found = api.get(f"{path}?assignee=me").json["data"]
        assert [row["id"] for row in found] == [mine]
    done = api.patch("/issues", {"filter": {"assignee": "me"}, "status": "resolved"}).json["data"]
    assert done["changed"] == 1


def test_events_of_a_filtered_list_over_time(api, db, world):
    hour = clock.hour(factories.ago(hours=2))
    for level, events in (("error", 5), ("fatal", 7)):
        issue_id = factories.issue(db, world.project, level=level, last_seen=factories.ago(hours=2))
        db.execute("INSERT INTO issue_hours VALUES (?, ?, ?)", (issue_id, hour, events))
    for path in ("/issues/stats", f"/projects/{world.project}/issues/stats"):
        every = api.get(path).json["data"]
        assert (len(every), sum(row["events"] for row in every)) == (24, 12)
        fatal = api.get(f"{path}?level=fatal&resolution=day&period=7d").json["data"]
        assert [row["events"] for row in fatal if row["events"]] == [7]
    assert api.get("/issues/stats?period=all").status_code == 400
    assert api.get(f"/issues/stats?project={world.foreign_project}").status_code == 404


@pytest.mark.parametrize(
    ("link", "status"),
    [
        ("https://git.test/shop/blob/{release}/{path}#L{line}", 200),
        ("", 200),
        (None, 200),
        ("https://{release}.test/{path}", 400),
        ("javascript:alert({path})", 400),
        ("https://git.test/{path}/{user}", 400),
        ("https://git.test/shop", 400),
    ],
)
def test_the_link_to_the_code_host(api, world, link, status):
    answer = api.patch(f"/projects/{world.project}", {"settings": {"codeLink": link}})
    if link in ("", None):
        assert answer.status_code == 200
        return
    assert answer.status_code == status
    if status == 200:
        assert answer.json["data"]["settings"]["codeLink"] == link
