"""`/docs/scrubbing`: the table of rules as a page."""

import html
import re

from jentry.ingest.scrubbing.fill import filled, unmarked
from jentry.ingest.scrubbing.table import TABLE


def test_every_rule_is_on_it_with_its_examples(client):
    page = client.get("/docs/scrubbing")
    assert page.status_code == 200
    text = html.unescape(re.sub("</?mark>", "", page.text))
    for rows in TABLE.values():
        for row in rows:
            assert row.title in text
            for example in (*row.goes, *row.stays):
                assert unmarked(filled(example)) in text
    assert "⟦" not in text


def test_what_is_hidden_is_marked_and_nothing_is_markup(client):
    text = client.get("/docs/scrubbing").text
    assert "mysqldump --password <mark>hunter2</mark> shop" in text
    assert "&lt;Password&gt;<mark>s3cret</mark>&lt;/Password&gt;" in text
    assert not re.search(r"<script(?! src=)|style=", text)


def test_links_within_it_lead_somewhere(client):
    text = client.get("/docs/scrubbing").text
    ids = set(re.findall(r' id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) - ids == set()
