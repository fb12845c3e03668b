"""The projects of an organization, and what it is called."""

import html

PAGE = "/settings/projects"
RENAME = "/settings/organization"


def name(db, world):
    return tuple(
        db.execute("SELECT name, slug FROM organizations WHERE id = ?", (world.org,)).fetchone()
    )


def test_it_lists_the_projects_and_leads_to_their_settings(web, world):
    text = web.get(PAGE).text
    assert f'href="/projects/{world.project}/settings/general"' in text
    assert "Foreign" not in text


def test_the_settings_tab_of_all_projects_leads_here(web):
    assert f'href="{PAGE}"' in web.get("/account").text


def test_an_owner_renames_the_organization(web, db, world):
    form = {"name": "Acme 2", "slug": "acme-2"}
    assert web.post(RENAME, form, on=PAGE).headers["Location"] == PAGE
    assert name(db, world) == ("Acme 2", "acme-2")
    assert db.execute("SELECT action FROM audit_log").fetchone()[0] == "org.rename"
    response = web.post(RENAME, {"name": "<b>", "slug": "settings"}, on=PAGE)
    assert response.status_code == 400
    assert "kept for the server's own pages" in html.unescape(response.text)
    assert 'value="&lt;b&gt;"' in response.text


def test_an_admin_makes_projects_and_renames_nothing(signed_in, db, world):
    other, before = signed_in(world.admin), name(db, world)
    text = other.get(PAGE).text
    assert ("New project" in text, "Short name" in text) == (True, False)
    response = other.post(RENAME, {"name": "Mine", "slug": "mine"}, on=PAGE)
    assert (response.status_code, name(db, world)) == (403, before)
    assert "Only owners can rename the organization." in response.text


def test_a_member_sees_them(signed_in, world):
    text = signed_in(world.member).get(PAGE).text
    assert ("Shop" in text, "New project" in text) == (True, False)


def test_links_that_a_member_could_not_follow_are_not_there(web, signed_in, world):
    shown = {"web": web.get(PAGE).text, "member": signed_in(world.member).get(PAGE).text}
    for address in ("/settings/members", "/settings/api", "/settings/audit"):
        assert [f'href="{address}"' in shown[who] for who in shown] == [True, False], address


def test_the_project_seen_last_stays_at_the_side(web, world):
    general = f"/projects/{world.project}/settings/general"
    web.get(f"/projects/{world.project}/issues?period=14d")
    side = web.get("/settings/usage").text.partition('<nav class="side"')[2].partition("</nav>")[0]
    assert f'href="{general}"' in side
    assert 'href="/settings/usage" aria-current="page"' in side
