"""What holds for every page: who sees it, whose forms are taken, what browsers may do with it."""

import re

import pytest

from jentry.web import PRIVATE, PUBLIC
from jentry.web.headers import POLICY

PLACES = {
    "project_id": 1,
    "key_id": 1,
    "artifact_id": 1,
    "token_id": 1,
    "slug": "job",
    "page": "general",
    "user_id": 1,
    "issue_id": 1,
    "event_id": "0" * 32,
    "attachment_id": 1,
    "end": "latest",
    "invitation_id": 1,
    "session_id": 1,
    "channel_id": 1,
    "rule_id": 1,
    "delivery_id": 1,
    "secret": "0" * 40,
    "version": "shop@1",
    "org": "acme",
    "name": "shop",
    "issue": "SHOP-1",
    "event": "0" * 32,
    "monitor": "job",
    "view_id": 1,
}
OPEN = {f"web.{part.bp.name}" for part in PUBLIC}


@pytest.fixture
def routes(app):
    """(method, address) of each page for people who are signed in."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("web.") and rule.endpoint.rpartition(".")[0] not in OPEN:
            path = re.sub(r"<(?:[^<>]+:)?(\w+)>", lambda m: str(PLACES[m[1]]), rule.rule)
            found += [(method, path) for method in rule.methods & {"GET", "POST"}]
    assert len(found) > 15
    return found


def test_each_page_is_public_on_purpose_or_asks_for_a_sign_in(client, world, routes):
    for method, path in routes:
        response = client.open(path, method=method)
        if method == "GET":
            assert response.status_code == 303, path
            assert response.headers["Location"].startswith("/login?next="), path
        else:
            assert response.status_code == 401, path


def test_no_form_is_taken_without_its_token(web, db, routes):
    before = [tuple(row) for row in db.execute("SELECT action FROM audit_log")]
    for method, path in routes:
        if method == "POST":
            assert web.client.post(path, data={"role": "owner"}).status_code == 409, path
    assert [tuple(row) for row in db.execute("SELECT action FROM audit_log")] == before


@pytest.mark.parametrize(
    "address",
    ["/login", "/password/forgot", "/account", "/account/second-factor", "/settings/members",
     "/docs/api", "/nothing", "/projects/99/setup", "/settings/projects", "/settings/api",
     "/settings/audit", "/settings/deletions", "/settings/usage", "/projects/1/settings/general",
     "/projects/1/settings/keys", "/projects/1/settings/filters", "/projects/1/settings/quotas",
     "/projects/1/feedback", "/projects/1/monitors", "/server",
     "/projects/1/issues/1/grouping", "/projects", "/projects/new", "/projects/1",
     "/projects/1/setup", "/projects/1/releases"],
)  # fmt: skip
def test_pages_obey_their_own_content_policy(web, client, address):
    for browser in (web.client, client):
        response = browser.get(address)
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=|data:", response.text)
        ids = re.findall(r'\sid="([^"]+)"', response.text)
        assert len(ids) == len(set(ids))


def test_static_files_are_kept_for_a_year_under_an_address_of_their_content(client):
    page = client.get("/login").text
    sheet = next(a for a in re.findall(r'"(/assets/[^"]+)"', page) if a.endswith(".css"))
    drawing = re.search(r'url\("\.\.(/\w+/chev\.svg)"\)', client.get(sheet).text)[1]
    files = [*re.findall(r'"(/assets/[^"]+)"', page), f"/assets{drawing}"]
    assert len(set(files)) == 4
    for file in files:
        response = client.get(file)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for wrong in (re.sub(r"/\w{12}/", "/000000000000/", files[0]), "/assets/0/..%2f__init__.py"):
        assert client.get(wrong).status_code == 404


def test_an_address_below_a_path_leads_below_it(database, world):
    from jentry import create_app  # noqa: PLC0415
    from jentry.settings import Settings  # noqa: PLC0415

    client = create_app(Settings(db=database, url="http://acme.test/errors")).test_client()
    page = client.get("/errors/login").text
    found = re.findall(r'(?:href|action|src)="(/[^"]*)"', page)
    assert found
    assert [address for address in found if not address.startswith("/errors/")] == []
    location = client.get("/errors/account").headers["Location"]
    assert location == "/errors/login?next=/account"


def test_private_parts_are_known():
    names = [part.bp.name for part in (*PUBLIC, *PRIVATE)]
    assert len(names) == len(set(names))


@pytest.mark.sqlite(reason="it moves the file away")
def test_an_error_page_asks_the_database_nothing(web, database):
    database.rename(database.with_name("away.db"))
    response = web.client.get("/account")
    assert response.status_code in (500, 503)
    assert "To the start page" in response.text
    assert response.headers["X-Request-Id"] in response.text
