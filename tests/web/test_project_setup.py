"""The page that waits for a project's first error."""

import factories
import pytest


def test_it_shows_the_lines_of_a_platform_with_the_dsn(web, world):
    page = web.get(f"/projects/{world.project}/setup").text
    assert "pip install" in page
    assert f"@localhost/{world.project}" in page
    assert "Waiting for the first error." in page
    assert "npm install" in web.get(f"/projects/{world.project}/setup?platform=node").text


@pytest.mark.parametrize("platform", ["", "nonsense", "<b>"])
def test_an_unknown_platform_is_that_of_the_project(web, world, platform):
    page = web.get(f"/projects/{world.project}/setup?platform={platform}").text
    assert "pip install" in page
    assert "<b>" + "</b>" not in page


def test_it_says_when_the_first_error_is_here(web, db, world):
    address = f"/projects/{world.project}/setup"
    assert web.get(f"{address}/status").json == {"href": None}
    factories.issue(db, world.foreign_project)
    issue = factories.issue(db, world.project)
    factories.issue(db, world.project)
    href = f"/projects/{world.project}/issues/{issue}"
    assert web.get(f"{address}/status").json == {"href": href}
    assert f'href="{href}"' in web.get(address).text
