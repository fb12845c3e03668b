"""What another organization has does not exist in `/api/0`: for each route, and for each of its
names. The routes are those of the application.
"""

import factories
import pytest

from jentry.store.connection import transaction

from .conftest import fill, held_by, routes

MARK = "QQSECRETQQ"
FOREIGN_TIMES = 424242  # what was counted
EVENT = {"own": "a1" * 16, "foreign": "b2" * 16}
KEY = {"own": "c3" * 16, "foreign": "d4" * 16}
# What a name of a route may be, of the other organization's and of nobody's.
SPELLINGS = {
    "org": ["{slug}", "{org}"],
    "team": ["{slug}", "{org}"],
    "name": ["{project}", "foreign"],
    "version": ["{mark}@1"],
    "issue": ["{issue}", "FOREIGN-{issue}"],
    "event": [EVENT["foreign"]],
    "key": [KEY["foreign"], "{mark}"],
    "monitor": ["{monitor}", "foreign-job"],
    "int:user_id": ["{user}"],
    "int:attachment_id": ["{attachment}"],
}
NOBODYS = {
    "version": "nothing@1", "issue": "999999", "event": "e5" * 16, "key": "f6" * 16,
    "int:user_id": "999999", "int:attachment_id": "999999",
}  # fmt: skip
LISTS = (
    "", "project={project}", "project=foreign", "projectSlug=foreign", "project=-1", "id={issue}",
    "query=", "query={event}", "query=FOREIGN-{issue}", "query=issue:FOREIGN-{issue}",
    "query=project:foreign", "environment=&statsPeriod=90d", "full=true", "summaryStatsPeriod=90d",
    "field=title&field=count()&statsPeriod=90d", "field=title&field=issue&query=",
    "yAxis=count()&statsPeriod=90d&field=title&topEvents=5", "show_all=1&status=all",
)  # fmt: skip
BODIES = (
    {"status": "resolved", "assignedTo": "user:{user}"},
    {"status": "ignored", "projects": ["foreign"], "version": "{mark}@1", "environment": "x"},
    {"projects": ["{project}"], "version": "{mark}@1", "name": "x", "text": "x", "slug": "x"},
    {"merge": 1, "id": "{issue}", "isActive": False, "platform": "go", "dateReleased": None},
    {"checksum": "{digest}", "chunks": ["{digest}"], "projects": ["foreign"]},
)


def everything(db, org, project, whose, word):
    """One of all that addresses name, with the word in all of its texts."""
    user = factories.user(db, org, name=word, email=f"{word.lower()}@person.test")
    release = factories.release(db, project, f"{word}@1")
    factories.insert(db, "release_commits", release_id=release, position=0, sha="a" * 40,
                     author=word, message=word, files="[]")  # fmt: skip
    factories.insert(db, "release_deploys", release_id=release, environment=word, name=word,
                     deployed_at=factories.AT)  # fmt: skip
    issue = factories.issue(db, project, title=f"{word}: x", culprit=word, assignee_id=user,
                            last_seen=factories.ago(hours=1), first_release_id=release,
                            last_release_id=release)  # fmt: skip
    factories.event(
        db, issue, {"tags": {word: word}, "message": word, "title": word, "culprit": word},
        event_id=bytes.fromhex(EVENT[whose]), release_id=release, environment=word,
        timestamp=factories.ago(hours=1), received_at=factories.ago(hours=1),
    )  # fmt: skip
    times = FOREIGN_TIMES if whose == "foreign" else 1
    factories.insert_row(db, "issue_hours", issue, "2026-11-20T11", times)
    factories.issue_tag(db, issue, factories.tag(db, project, word, word), 1, factories.AT)
    factories.insert(db, "comments", issue_id=issue, user_id=user, text=word,
                     created_at=factories.ago(hours=1))  # fmt: skip
    key = factories.key(db, project, public_key=KEY[whose], name=word)
    factories.outcome(db, key, "2026-11-20T11", times)
    event_id = bytes.fromhex(EVENT[whose])
    attachment = factories.attachment(db, project, word.encode(), event_id=event_id, filename=word)
    factories.report(db, project, event_id=event_id, comments=word, name=word)
    monitor = factories.monitor(db, project, f"{whose}-job")
    factories.check_in(db, monitor, environment=word)
    return {"org": org, "project": project, "user": user, "issue": issue, "monitor": monitor,
            "attachment": attachment, "event": EVENT[whose], "mark": word,
            "digest": "a" * 40}  # fmt: skip


@pytest.fixture
def foreign(tool, db, monkeypatch):
    """What the other organization has; the own one has the like."""
    monkeypatch.setattr("jentry.clock.now", lambda: factories.NOW)
    with transaction(db):
        (org,) = db.execute("SELECT id FROM organizations WHERE slug = 'other'").fetchone()
        db.execute("UPDATE organizations SET name = ? WHERE id = ?", (MARK, org))
        db.execute("UPDATE projects SET name = ? WHERE id = ?", (MARK, tool.foreign_project))
        found = everything(db, org, tool.foreign_project, "foreign", MARK)
        own = everything(db, tool.org, tool.project, "own", "mine")
    tool.names = {
        "version": "mine@1", "issue": str(own["issue"]), "event": own["event"],
        "monitor": "own-job", "int:user_id": str(own["user"]),
        "int:attachment_id": str(own["attachment"]),
    }  # fmt: skip
    return found | {"slug": "other"}


def own_names(tool, rule):
    return tool.names | {"key": KEY["own"] if "/keys/" in rule.rule else "mine"}


def named(text, foreign):
    return text.format(**foreign) if "{" in text else text


def test_what_is_of_others_is_as_if_it_were_nowhere(tool, app, db, foreign):
    asked = 0
    before = held_by(db, foreign["org"], foreign["project"])
    for method, rule, _ in routes(app):
        for name, spellings in SPELLINGS.items():
            if f"<{name}>" not in rule.rule:
                continue
            missing = NOBODYS.get(name, "nothing")
            own = own_names(tool, rule)
            expected = tool.open(method, fill(rule, **own | {name: missing}), json={})
            for spelling in spellings:
                theirs = named(spelling, foreign)
                answer = tool.open(method, fill(rule, **own | {name: theirs}), json={})
                place = method, rule.rule, theirs
                assert answer.status_code == expected.status_code, place
                assert answer.text == expected.text.replace(missing, theirs), place
                asked += 1
    assert asked > 400
    assert held_by(db, foreign["org"], foreign["project"]) == before


def test_no_list_has_what_is_of_others(tool, app, foreign):
    answered = set()
    for method, rule, _ in routes(app):
        if method != "GET":
            continue
        for more in LISTS:
            answer = tool.get(f"{fill(rule, **own_names(tool, rule))}?{named(more, foreign)}")
            assert MARK not in answer.text, (rule.rule, more)
            assert MARK.lower() not in answer.text, (rule.rule, more)
            assert str(FOREIGN_TIMES) not in answer.text, (rule.rule, more)
            if answer.status_code == 200:
                answered.add(rule.rule)
    assert len(answered) > 100


def test_nothing_that_is_of_others_is_changed(tool, app, db, foreign):
    before = held_by(db, foreign["org"], foreign["project"])
    for method, rule, _ in routes(app):
        if method == "GET":
            continue
        for more in ("", "?id={issue}", "?query={event}", "?query=FOREIGN-{issue}"):
            for body in BODIES if method != "DELETE" else ({},):
                sent = {member: _named_in(value, foreign) for member, value in body.items()}
                tool.open(method, fill(rule, **own_names(tool, rule)) + named(more, foreign),
                          json=sent)  # fmt: skip
    assert held_by(db, foreign["org"], foreign["project"]) == before


def _named_in(value, foreign):
    if isinstance(value, list):
        return [_named_in(one, foreign) for one in value]
    return named(value, foreign) if isinstance(value, str) else value
