"""Links that tools for Sentry build lead to pages, of one's own organization only."""

import factories
import pytest


@pytest.fixture
def named(db, world):
    db.execute("UPDATE organizations SET slug = 'acme' WHERE id = ?", (world.org,))
    db.execute("UPDATE projects SET slug = 'shop' WHERE id = ?", (world.project,))
    issue = factories.issue(db, world.project)
    factories.event(db, issue, event_id=b"\x01" * 16)
    foreign = factories.issue(db, world.foreign_project)
    return {"issue": issue, "foreign": foreign, "event": "01" * 16, "project": world.project}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/organizations/acme/issues/{issue}/", "/projects/{project}/issues/{issue}"),
        ("/organizations/acme/issues/SHOP-{issue}", "/projects/{project}/issues/{issue}"),
        ("/organizations/acme/issues/{issue}/events/{event}/",
         "/projects/{project}/issues/{issue}/events/{event}"),
        ("/organizations/acme/issues/{issue}/events/latest/",
         "/projects/{project}/issues/{issue}/events/latest"),
        ("/acme/shop/issues/{issue}/", "/projects/{project}/issues/{issue}"),
        ("/organizations/acme/issues/?query=is:resolved", "/issues?search=is%3Aresolved"),
        ("/organizations/acme/issues/?project={project}", "/projects/{project}/issues"),
        ("/organizations/acme/discover/shop:{event}/",
         "/projects/{project}/issues/{issue}/events/{event}"),
        ("/organizations/acme/releases/shop%401/", "/projects/{project}/releases/shop%401"),
        ("/organizations/acme/crons/shop/nightly/", "/projects/{project}/monitors/nightly"),
        ("/organizations/acme/projects/shop/", "/projects/{project}"),
        ("/settings/account/api/auth-tokens/", "/settings/api"),
    ],
)  # fmt: skip
def test_a_link_leads_to_a_page(web, named, address, place):
    answer = web.get(address.format(**named))
    assert (answer.status_code, answer.headers["Location"]) == (302, place.format(**named))


def test_a_slug_of_digits_of_an_older_file_is_found_unless_an_id_is_the_same(web, db, world):
    db.execute("UPDATE organizations SET slug = 'acme' WHERE id = ?", (world.org,))
    lonely = factories.project(db, world.org, slug="90125")
    factories.project(db, world.org, slug=str(world.project))
    for name, found in (("90125", lonely), (world.project, world.project)):
        answer = web.get(f"/organizations/acme/projects/{name}/")
        assert answer.headers["Location"] == f"/projects/{found}"


@pytest.mark.parametrize(
    "address",
    [
        "/organizations/acme/issues/{foreign}/", "/organizations/other/issues/{issue}/",
        "/organizations/acme/issues/x/", "/acme/nothing/issues/{issue}/",
        "/organizations/acme/discover/shop:x/", "/organizations/acme/projects/nothing/",
    ],
)  # fmt: skip
def test_what_is_not_ones_own_is_not_there(web, named, address):
    assert web.get(address.format(**named)).status_code == 404


def test_strangers_sign_in_first(client, named):
    answer = client.get("/organizations/acme/issues/1/")
    assert (answer.status_code, "/login" in answer.headers["Location"]) == (303, True)
