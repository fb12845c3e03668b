"""`jentry mcp`, as an agent starts it."""

import json
import subprocess

import pytest
from agents import agent
from hostile_events import split
from served import served_organization
from servers import command, environment

from .conftest import server


@pytest.fixture(scope="module")
def org(own_database):
    with served_organization(own_database) as org:
        yield org


def test_an_agent_reads_and_triages_by_pipes(org):
    org.project("Shop")
    settings = environment(JENTRY_URL=org.url, JENTRY_TOKEN=org.token)
    with agent(*command("mcp"), env=settings) as reader:
        assert reader.server["serverInfo"]["name"] == "jentry"
        assert "set_status" not in reader.tools()
        text, is_error = reader.call("find_issues")
        assert (is_error, server(split(text)[0])["issues"]) == (False, [])
    with agent(*command("mcp", "--write"), env=settings) as writer:
        assert "set_status" in writer.tools()
        text, is_error = writer.call("get_issue", issue="1")
        assert (is_error, "There is no such issue." in text) == (True, True)


@pytest.mark.parametrize(
    ("token", "url", "words"),
    [
        ("jto_wrong", None, "This API token is not valid"),
        (None, "http://127.0.0.1:9", "cannot be reached"),
    ],
)
def test_what_goes_wrong_is_told_to_the_agent(org, token, url, words):
    settings = environment(JENTRY_URL=url or org.url, JENTRY_TOKEN=token or org.token)
    message = '{"jsonrpc": "2.0", "id": 7, "method": "ping"}\n'
    done = subprocess.run(
        command("mcp"), input=f"\n{message}no json\n", env=settings, text=True, capture_output=True
    )
    first, second = done.stdout.splitlines()
    assert words in first
    assert '"id": 7' in first
    assert '"id": null' in second


FIND = '{"jsonrpc": "2.0", "id": %s, "method": "tools/call", "params": {"name": "find_issues", %s}}'


HARD = [
    (r'"arguments": {"search": "half \ud83d"}', '"issues": []'),
    (r'"arguments": {"search": "whole \ud83d\ude00"}', '"issues": []'),
    ('"arguments": {"limit": NaN}', "not valid JSON"),
    ('"arguments": {"search": "%s"}' % ("x" * 2**20), "has more than 1048576 characters"),
]


def test_each_request_has_an_answer_with_its_number(org):
    """Else the agent waits for it."""
    settings = environment(JENTRY_URL=org.url, JENTRY_TOKEN=org.token)
    nested = "[" * 100_000  # nobody can tell its number
    asked = [FIND % (number, members) for number, (members, _) in enumerate(HARD)]
    done = subprocess.run(
        command("mcp"), input="".join(f"{line}\n" for line in (nested, *asked)),
        env=settings, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    first, *answers = map(json.loads, done.stdout.splitlines())
    assert [first["id"], *(answer["id"] for answer in answers)] == [None, *range(len(HARD))]
    for answer, (_, words) in zip(answers, HARD, strict=True):
        told = answer["result"]["content"][0]["text"] if "result" in answer else answer["error"]
        assert words in str(told)


def test_a_token_is_needed_and_never_on_the_command_line():
    done = subprocess.run(
        command("mcp", "--url", "http://127.0.0.1:9"),
        env=environment(JENTRY_TOKEN=""), text=True, capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "JENTRY_TOKEN" in done.stderr
    wrong = subprocess.run(command("mcp", "--token", "x"), text=True, capture_output=True)
    assert wrong.returncode == 2
