"""The page that waits for a project's first error."""

import html
import re

import factories
import pytest

from jentry.web import snippets


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


@pytest.mark.parametrize("platform", snippets.snippets())
def test_each_platform_has_lines_to_paste(web, world, platform):
    page = web.get(f"/projects/{world.project}/setup?platform={platform}").text
    key = re.search(r"[0-9a-f]{32}@localhost", page)[0]
    found = snippets.find(platform)
    for file in found.files:
        assert f"<code>{file.name}</code>" in page
        assert file.code.strip()
    assert html.unescape(page).count(f"{key}/{world.project}") >= 2
    assert "{dsn}" not in page
    assert found.title in page


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("flask", "Flask"), ("express", "Express"), ("swift", "Swift"), ("nextjs", "Next.js"),
        ("python-tornado", "Python"), ("javascript-angular", "JavaScript"), ("csharp", ".NET"),
        ("ruby-rails", "Rails"), ("nonsense", "Python"), ("", "Python"),
    ],
)  # fmt: skip
def test_a_platform_is_known_by_other_names_too(word, title):
    assert snippets.find(word).title == title


def test_a_project_whose_keys_are_disabled_says_so(web, db, world):
    db.execute("UPDATE client_keys SET disabled_at = ?", (factories.AT,))
    page = web.get(f"/projects/{world.project}/setup").text
    assert "All client keys of this project are disabled" in page
