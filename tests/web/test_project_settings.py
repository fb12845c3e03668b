"""A project's settings as forms: checked by the API's own schema, for owners and admins."""

import html
import re

import pytest

from jentry.store import projects
from jentry.store.audit import Actor

PAGES = ("general", "filters", "quotas")


def place(world, page="general"):
    return f"/projects/{world.project}/settings/{page}"


def detail(db, world):
    found = projects.detail(db, Actor(world.org, world.owner, "web"), world.project)
    return found["name"], found["slug"], found["platform"], found["settings"].flat()


def fields(page):
    """What a browser would send of the page's form: names and values."""
    form = page.rpartition('<form class="set-body"')[2].partition("</form>")[0]
    texts = re.findall(r'<input class="field[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form)
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.S)
    boxes = re.findall(r'<input type="checkbox"[^>]* name="([^"]+)" value="1" checked', form)
    chosen = re.findall(r'<select[^>]* name="([^"]+)".*?value="([^"]*)" selected', form, re.S)
    pairs = [*texts, *areas, *((name, "1") for name in boxes), *chosen]
    return {name: html.unescape(value) for name, value in pairs}


@pytest.mark.parametrize("page", PAGES)
def test_what_is_sent_as_it_was_shown_changes_nothing(web, db, world, page):
    projects.update(
        db,
        Actor(world.org, world.owner, "web"),
        world.project,
        {
            "settings": {
                "allowed_origins": ["https://a.test", "*.b.test"],
                "quota_hour": 7,
                "code_link": "https://git.test/{release}/{path}#L{line}",
                "store_ips": False,
                "filters": {"localhost": True, "messages": ["*<b>*"]},
            }
        },
        "2026-11-01T10:00:00.000Z",
    )
    before = detail(db, world)
    shown = fields(web.get(place(world, page)).text)
    assert len(shown) > 1
    assert web.post(place(world, page), shown).status_code == 303
    assert detail(db, world) == before
    assert db.execute("SELECT count(*) FROM audit_log").fetchone()[0] == 1


@pytest.mark.parametrize(
    ("page", "given", "expected"),
    [
        pytest.param("general", {"name": " Shop 2 "}, {"name": "Shop 2"}, id="the name"),
        pytest.param("general", {"slug": "shop-2"}, {"slug": "shop-2"}, id="the slug"),
        pytest.param("general", {"platform": ""}, {"platform": None}, id="no platform"),
        pytest.param(
            "general",
            {"settings.allowedOrigins": "https://A.test\r\n\r\n *.b.test "},
            {"allowedOrigins": ("https://a.test", "*.b.test")},
            id="origins, one a line",
        ),
        pytest.param(
            "general", {"settings.allowedOrigins": ""}, {"allowedOrigins": ()}, id="no origin"
        ),
        pytest.param(
            "filters",
            {"settings.filters.webCrawlers": "1", "settings.filters.messages": "*a*\nb"},
            {"filters.webCrawlers": True, "filters.messages": ("*a*", "b")},
            id="filters",
        ),
        pytest.param("filters", {"settings.storeIps": None}, {"storeIps": False}, id="addresses"),
        pytest.param(
            "filters",
            {"settings.sensitiveFields": "iban", "settings.safeFields": "extra.token_name"},
            {"sensitiveFields": ("iban",), "safeFields": ("extra.token_name",)},
            id="scrubbing",
        ),
        pytest.param("quotas", {"settings.quotaHour": "0"}, {"quotaHour": 0}, id="no limit"),
        pytest.param(
            "quotas", {"settings.retentionDays": "7"}, {"retentionDays": 7}, id="days kept"
        ),
        pytest.param("quotas", {"settings.quota5Min": " 12 "}, {"quota5Min": 12}, id="a quota"),
    ],
)
def test_a_change_is_saved_and_audited(web, db, world, page, given, expected):
    form = fields(web.get(place(world, page)).text) | given
    form = {name: value for name, value in form.items() if value is not None}
    response = web.post(place(world, page), form)
    assert (response.status_code, response.headers.get("Location")) == (303, place(world, page))
    assert "Saved." in web.get(place(world, page)).text
    name, slug, platform, settings = detail(db, world)
    found = settings | {"name": name, "slug": slug, "platform": platform}
    assert {key: found[key] for key in expected} == expected
    (action, user), *more = db.execute("SELECT action, user_id FROM audit_log")
    assert (action, user, more) == ("project.update", world.owner, [])


@pytest.mark.parametrize(
    ("page", "given", "sentence"),
    [
        ("general", {"name": "x" * 101}, "Length must be between 1 and 100."),
        ("general", {"slug": "Shop!"}, "Must be made of lower-case letters"),
        ("general", {"settings.codeLink": "javascript:alert(1)"}, "Must be an address such as"),
        ("general", {"settings.allowedOrigins": "*\nhttps://"}, "Line 2: Must be *, a host"),
        ("filters", {"settings.filters.ips": "203.0.113.7\nmy laptop"}, "Line 2: Must be an IP"),
        ("quotas", {"settings.quotaHour": "many"}, "Not a valid integer."),
        ("quotas", {"settings.eventsPerIssue": "3"}, "Must be greater than or equal to 20"),
        ("quotas", {"settings.quotaHour": "-1"}, "Not a valid integer."),
        ("quotas", {"settings.quotaHour": "9" * 12}, "Must be greater than or equal to 0"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_with_what_was_typed(
    web, db, world, page, given, sentence
):
    before = detail(db, world)
    form = fields(web.get(place(world, page)).text) | given
    response = web.post(place(world, page), form)
    text = html.unescape(response.text)
    assert response.status_code == 400
    (name,) = given
    assert re.search(rf'id="{re.escape(name)}-wrong">[^<]*{re.escape(sentence)}', text)
    assert fields(response.text)[name] == given[name]
    assert detail(db, world) == before


def test_a_box_that_was_cleared_stays_cleared_when_another_field_is_wrong(web, world):
    form = fields(web.get(place(world, "filters")).text)
    del form["settings.storeIps"]
    page = web.post(place(world, "filters"), form | {"settings.filters.ips": "?"}).text
    assert "settings.storeIps" not in fields(page)


def test_a_slug_that_is_taken_is_explained(web, db, world):
    projects.create(db, Actor(world.org, world.owner, "web"), "Other", "other", None, "2026")
    form = fields(web.get(place(world)).text) | {"slug": "other"}
    response = web.post(place(world), form)
    assert (response.status_code, "already has a project" in response.text) == (409, True)


@pytest.mark.parametrize("page", PAGES)
def test_a_member_reads_and_changes_nothing(signed_in, db, world, page):
    other = signed_in(world.member)
    text = other.get(place(world, page)).text
    assert "Only owners and admins can change this." in text
    assert '<fieldset class="set-body" disabled>' in text
    before = detail(db, world)
    response = other.post(place(world, page), fields(text) | {"name": "Mine"})
    assert (response.status_code, detail(db, world)) == (403, before)
    assert "Only owners and admins can change projects." in response.text


@pytest.mark.parametrize("page", PAGES)
def test_a_foreign_project_does_not_exist(web, world, page):
    address = f"/projects/{world.foreign_project}/settings/{page}"
    assert web.get(address).status_code == 404
    assert web.post(address, on="/account").status_code == 404


def test_the_page_of_quotas_says_what_is_used_up(web, db, world, monkeypatch):
    from jentry import clock  # noqa: PLC0415

    now = clock.parse("2026-11-20T12:34:00.000Z")
    monkeypatch.setattr(clock, "now", lambda: now)
    for quota, begin, used in (
        ("quota_hour", "2026-11-20T12:00:00.000Z", 5000),
        ("quota_5min", "2026-11-20T12:25:00.000Z", 900),
    ):
        db.execute(
            "INSERT INTO quota_windows VALUES (?, ?, ?, ?)", (world.project, quota, begin, used)
        )
    text = " ".join(re.sub(r"<[^>]+>", " ", web.get(place(world, "quotas")).text).split())
    assert "Events in 5 minutes 0 of 1,000 Starts again in 1 minute" in text
    assert "Events in an hour 5,000 of 5,000 Full Starts again in 26 minutes" in text
