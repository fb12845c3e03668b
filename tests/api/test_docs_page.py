"""`/docs/api`: the document as a page, with commands that work as they are printed."""

import html
import json
import re
import shlex

import pytest

from jentry import create_app
from jentry.api.document import kept
from jentry.settings import Settings
from jentry.vocabulary import SCOPES

OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in kept()["paths"].items()
    for method, operation in methods.items()
}


@pytest.fixture
def page(client):
    return client.get("/docs/api").text


def articles(page):
    found = re.findall(r'<article class="sheet op" id="(\w+)">(.*?)</article>', page, re.DOTALL)
    return dict(found)


def command(article):
    printed = re.search(r'<pre class="block" tabindex="0">(.*?)</pre>', article, re.DOTALL)[1]
    return html.unescape(printed)


def test_every_operation_is_on_it_with_its_scope_and_parameters(page):
    found = articles(page)
    assert found.keys() == OPERATIONS.keys()
    for name, (_, path, operation) in OPERATIONS.items():
        text = found[name]
        assert f"<code>{path}</code>" in text
        if operation["security"]:
            assert f"Scope <code>{operation['security'][0]['token'][0]}</code>" in text
        for parameter in operation["parameters"]:
            name = parameter.get("name") or parameter["$ref"].rpartition("/")[2]
            assert re.search(rf"<code>([^<]*, )?{re.escape(name)}(, [^<]*)?</code>", text), name


def test_every_scope_is_on_it(page):
    for scope, meaning in SCOPES.items():
        assert f"<dt><code>{scope}</code></dt><dd>{meaning}</dd>" in html.unescape(page)


def test_it_names_this_server_and_leads_nowhere_else(page):
    assert "http://jentry.test/api/v1/projects" in page
    addresses = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert [a for a in addresses if not a.startswith(("/", "#", "http://jentry.test/"))] == []
    assert not re.search(r"<script(?! src=)", page)
    assert "style=" not in page


def test_links_within_it_lead_somewhere(page):
    ids = set(re.findall(r' id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) - ids == set()


def test_the_start_page_leads_to_it(client):
    assert 'href="/docs/api"' in client.get("/").text


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_command_is_the_request_of_its_operation(page_commands, name):
    method, path, operation = OPERATIONS[name]
    words = shlex.split(last(page_commands[name]))
    assert words[0] == "curl"
    assert (words[words.index("-X") + 1] if "-X" in words else "GET") == method
    address = words[-1].removeprefix("http://jentry.test/api/v1")
    assert re.fullmatch(re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(path)), address)
    body = operation.get("requestBody")
    if body:
        example = body["content"]["application/json"]["example"]
        assert json.loads(words[words.index("-d") + 1]) == example


@pytest.fixture(scope="module")
def page_commands(template):
    text = (
        create_app(Settings(db=template))
        .test_client()
        .get("/docs/api", base_url="http://jentry.test")
        .text
    )
    return {name: command(article) for name, article in articles(text).items()}


def last(printed):
    """The command itself, without the line that looks up an event."""
    return printed[printed.rindex("curl ") :] if "EVENT=" in printed else printed


def test_it_is_no_longer_than_a_page_may_be(page):
    """Answers are shown once, however many operations give them."""
    assert len(page.encode()) < 250_000
    assert 'As that of <a href="#getIssue">' in page
