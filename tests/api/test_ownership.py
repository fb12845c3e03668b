"""Ownership rules of a project: read, replaced, refused."""

import factories
import pytest

RULES = "# cart\npath:src/cart/* {email}\n"


@pytest.fixture
def path(world):
    return f"/projects/{world.project}/ownership"


def email_of(db, user_id):
    return db.execute("SELECT email FROM users WHERE id = ?", (user_id,)).fetchone()[0]


def test_rules_are_replaced_and_audited_once(api, db, world, path, audited):
    assert api.get(path).json == {"data": {"rules": ""}}
    rules = RULES.format(email=email_of(db, world.member).upper())
    for _ in range(2):
        answer = api.open("PUT", path, json={"rules": rules})
        assert (answer.status_code, answer.json) == (200, {"data": {"rules": rules.strip()}})
    assert api.get(path).json == {"data": {"rules": rules.strip()}}
    ((action, target, user, meta),) = audited()
    assert (action, target, user) == (
        "ownership.update", f"project:{world.project}", world.owner,
    )  # fmt: skip
    assert '"rules": 1' in meta
    assert api.get(f"/projects/{world.other_project}/ownership").json["data"]["rules"] == ""


@pytest.mark.parametrize(
    ("rules", "error"),
    [
        ("path:a nobody@x.test", "rules: line 1: nobody@x.test is no member of this organization."),
        ("path:a {foreign}", "rules: line 1: {foreign} is no member of this organization."),
        ("# a\npath:a {gone}", "rules: line 2: {gone} is no member of this organization."),
        ("path:a {member}\nwhat\npath:b x@y.test",
         "rules: line 2: Write a rule such as path:src/cart/* mara@acme.test. "
         "line 3: x@y.test is no member of this organization."),
    ],
)  # fmt: skip
def test_what_is_no_rule_of_members_is_refused(api, db, world, path, audited, rules, error):
    names = {
        "foreign": email_of(db, world.foreign_user),
        "member": email_of(db, world.member),
        "gone": email_of(db, factories.user(db, world.org, deactivated_at=factories.AT)),
    }
    answer = api.open("PUT", path, json={"rules": rules.format(**names)})
    assert (answer.status_code, answer.json) == (400, {"error": error.format(**names)})
    assert (api.get(path).json["data"]["rules"], audited()) == ("", [])


def test_another_organization_has_no_rules_here(api, world):
    foreign = f"/projects/{world.foreign_project}/ownership"
    assert api.get(foreign).status_code == 404
    assert api.open("PUT", foreign, json={"rules": ""}).status_code == 404
