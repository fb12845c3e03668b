"""Projects as the store hands them out: for an organization, or for one project of it."""

import factories
import pytest

from jentry.errors import NotFound
from jentry.store import projects
from jentry.store.audit import Actor


def test_an_actor_of_one_project_sees_no_other(db):
    org = factories.org(db)
    own, other = factories.project(db, org), factories.project(db, org)
    everything, confined = Actor(org, None, "api"), Actor(org, None, "api", own)
    assert [project["id"] for project in projects.list_for(db, everything)] == [own, other]
    assert [project["id"] for project in projects.list_for(db, confined)] == [own]
    assert projects.get(db, confined, own)["id"] == own
    with pytest.raises(NotFound):
        projects.get(db, confined, other)


def make(db, actor, *given):
    return projects.create(db, actor, "A", None, None, factories.AT, *given)["id"]


@pytest.mark.parametrize("given", [2**53 - 1, 4505281256090153, 5000])
def test_a_given_id_does_not_move_the_counter_of_the_others(db, given):
    mine, other = (Actor(factories.org(db), None, "cli") for _ in range(2))
    first = make(db, mine)
    assert make(db, mine, given) == given
    assert make(db, other) == first + 1


def test_the_counter_passes_over_ids_that_are_given_and_never_goes_back(db):
    actor = Actor(factories.org(db), None, "cli")
    first = make(db, actor)
    make(db, actor, first + 1)
    last = make(db, actor)
    assert last == first + 2
    db.execute("DELETE FROM projects WHERE id = ?", (last,))
    assert make(db, actor) == last + 1
