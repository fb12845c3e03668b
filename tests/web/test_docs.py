"""`/docs`: topics beside one table of contents, without a sign-in."""

import html
import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import factories
import pytest
from servers import in_thread
from werkzeug.serving import make_server

from jentry.api.document import kept
from jentry.web import docs
from jentry.web.docs import TOPICS

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
ADDRESSES = [f"/docs/{topic.name}" for topic in TOPICS]


@pytest.mark.parametrize("address", ["/docs", *ADDRESSES])
def test_every_topic_is_in_the_contents_of_every_page(client, address):
    page = client.get(address)
    assert page.status_code == 200
    links = re.findall(r'href="(/docs/[^"#]+)"', page.text)
    assert [place for place in ADDRESSES if place not in links] == []
    current = re.findall(r'href="(/docs/[^"]+)" aria-current="page"', page.text)
    assert current == ([address] if address != "/docs" else [])


@pytest.mark.parametrize("address", ADDRESSES)
def test_headings_are_in_the_contents_and_links_lead_somewhere(client, address):
    page = client.get(address).text
    assert page.count("<h1") == 1
    headings = re.findall(r'<section id="([^"]+)">\s*<h2>', page)
    assert headings
    contents = page.partition('<nav class="toc"')[2].partition("</nav>")[0]
    assert [place for place in headings if f'href="#{place}"' not in contents] == []
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) - set(ids) == set()


def test_a_link_in_the_contents_holds_no_other_link(client):
    contents = client.get("/docs/api").text.partition('<nav class="toc"')[2].partition("</nav>")[0]
    assert re.findall(r"<a [^>]*>(?:(?!</a>).)*<a ", contents, re.DOTALL) == []


def test_a_reader_is_shown_the_address_that_was_asked_for(client):
    for host in ("one.example", "two.example", "one.example"):
        page = client.get("/docs/api", headers={"Host": host}).text
        assert f"http://{host}/api/v1" in page
        others = {"one.example", "two.example", "any.invalid"} - {host}
        assert [other for other in others if other in page] == []


@pytest.mark.parametrize(
    ("name", "value"), [("a", "b"), ("jentry_session", "nonsense"), ("jentry_theme", "dark")]
)
def test_cookies_of_strangers_cost_no_rendering(client, monkeypatch, name, value):
    plain = client.get("/docs/api").text
    monkeypatch.delattr(docs, "_page")
    client.set_cookie(name, value)
    page = client.get("/docs/api").text
    assert page.replace(' data-theme="dark"', "") == plain
    assert (value == "dark") == (page != plain)


def test_readme_names_every_topic():
    assert [topic.name for topic in TOPICS if f"`/docs/{topic.name}`" not in README] == []


@pytest.mark.sqlite(reason="it moves the file away")
def test_who_is_signed_in_keeps_the_bar_and_a_lost_database_hides_nothing(web, client, database):
    assert "account menu" in web.get("/docs/keyboard").text
    assert "account menu" not in client.get("/docs/keyboard").text
    database.rename(database.with_name("away.db"))
    page = web.get("/docs/self-hosting")
    assert (page.status_code, "account menu" in page.text) == (200, False)


def test_what_destroys_is_marked(client):
    page = client.get("/docs/api").text
    articles = dict(re.findall(r'<article class="sheet op" id="(\w+)">(.*?)</article>', page, re.S))
    marked = {name for name, text in articles.items() if "<b>Destructive.</b>" in text}
    expected = {
        operation["operationId"]
        for methods in kept()["paths"].values()
        for method, operation in methods.items()
        if method == "delete" or "x-destructive" in operation
    }
    assert marked == expected
    assert {"rotateKey", "registerRelease"} <= marked


@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq")
def test_the_commands_for_a_pipeline_register_a_release(app, world, db, tmp_path):
    db.execute("UPDATE projects SET id = 1 WHERE id = ?", (world.project,))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    with in_thread(server):
        base = f"http://127.0.0.1:{server.server_port}"
        page = app.test_client().get("/docs/releases", base_url=base).text
        blocks = [html.unescape(b) for b in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.S)]
        git = "git -c user.name=Ada -c user.email=ada@example.test"
        script = f"""
            {git} init -q . && {git} commit -q --allow-empty -m first && {git} tag 1.0
            {git} commit -q --allow-empty -m 'quotes " and \\ here' && {git} tag 1.1
            {blocks[0]}
            {blocks[1]}
        """
        env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()} | {
            "JENTRY_TOKEN": factories.token(db, world.org, world.owner)
        }
        run = subprocess.run(
            ["bash", "-ec", script], cwd=tmp_path, env=env, capture_output=True, text=True
        )
    assert run.returncode == 0, run.stderr
    made, _ = json.JSONDecoder().raw_decode(run.stdout)
    assert made["data"] == {"id": 1, "version": "my-app@1.1", "commits": 1, "deploys": 0}
    commit = db.execute("SELECT author, message FROM release_commits").fetchone()
    assert tuple(commit) == ("Ada", 'quotes " and \\ here')
    assert db.execute("SELECT environment FROM release_deploys").fetchone()[0] == "production"


def test_the_version_of_python_is_that_of_the_package(client):
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    wanted = project["project"]["requires-python"].removeprefix(">=")
    assert f"Python {wanted}" in client.get("/docs/self-hosting").text
