"""The search box of the list: what it finds, what is wrong with it, what it suggests."""

import html
import re

import factories
import pytest


@pytest.fixture
def filled(db, world):
    first = factories.issue(db, world.project, title="TypeError: x", search="typeerror: x")
    factories.issue(db, world.project, title="KeyError: y", search="keyerror: y")
    resolved = {"status": "resolved", "substatus": None}
    factories.issue(db, world.project, title="Gone", search="gone", **resolved)
    for value in ("KÖLN", "Kiel", 'a "b"'):
        tag = factories.tag(db, world.project, "stadt", value)
        factories.issue_tag(db, first, tag, 1, factories.AT)
    factories.tag(db, world.project, "level", "gold")
    factories.release(db, world.project, "shop@1.0")
    factories.tag(db, world.foreign_project, "strange", "secret")
    return world


def titles(page):
    return re.findall(r'<div class="t"><a [^>]+><b>(\w+)', page.text)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("stadt:köln", ["TypeError"]),
        ("-stadt:köln", ["KeyError"]),
        ("is:resolved", ["Gone"]),
        ("keyerror OR is:resolved", ["Gone", "KeyError"]),
        ("nothing like it", []),
    ],
)
def test_it_finds_what_the_language_says(web, filled, search, found):
    page = web.get("/issues", query_string={"search": search, "period": "all"})
    assert sorted(titles(page)) == found
    assert f'value="{html.escape(search)}"' in page.text


def test_a_status_that_is_chosen_holds_beside_the_search(web, filled):
    page = web.get("/issues", query_string={"search": "is:resolved", "period": "all"})
    href = re.search(r'href="([^"]+)"[^>]*>Unresolved', page.text)[1]
    assert "status=unresolved" in href
    assert titles(web.get(html.unescape(href))) == []


def test_what_is_wrong_stands_under_the_box_and_nothing_is_listed(web, filled):
    page = web.get("/issues", query_string={"search": "levle:<b>", "period": "all"})
    assert page.status_code == 200
    wrong = "levle is no field and no tag (character 1). Did you mean level?"
    assert f'<p class="wrong" id="search-wrong" role="alert">{wrong}</p>' in page.text
    assert titles(page) == []


def test_old_addresses_still_look_for_a_part_of_the_title(web, filled):
    page = web.get("/issues", query_string={"query": "typeerror", "period": "all"})
    assert titles(page) == ["TypeError"]
    without = web.get("/issues", query_string={"period": "all"})
    assert titles(page) != titles(without)
    assert 'href="/issues?period=all"' in page.text  # the chip takes it away


@pytest.mark.parametrize(
    ("word", "texts"),
    [
        ("rel", ["release:"]),
        ("-lev", ["-level:", "-tags[level]:"]),
        ("sta", ["stack.function:", "stack.filename:", "stack.module:", "stadt:"]),
        ("str", []),
        ("level:war", ["level:warning"]),
        ("is:re", ["is:resolved", "is:regressed"]),
        ("stadt:k", ["stadt:Kiel", "stadt:KÖLN"]),
        ('stadt:"a', [r'stadt:"a \"b\""']),
        ("tags[level]:g", ["tags[level]:gold"]),
        ("release:", ["release:latest", "release:shop@1.0"]),
        ("has:u", ["has:user", "has:url"]),
        ("strange:", []),
    ],
)
def test_it_suggests(web, filled, word, texts):
    for path in ("/issues/suggestions", f"/projects/{filled.project}/issues/suggestions"):
        items = web.get(path, query_string={"word": word}).json["items"]
        assert [item["text"] for item in items] == texts


def test_strangers_get_no_suggestions(client, web, filled):
    assert client.get("/issues/suggestions?word=s").status_code == 303
    path = f"/projects/{filled.foreign_project}/issues/suggestions"
    assert web.get(path, query_string={"word": "s"}).status_code == 404
