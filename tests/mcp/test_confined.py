"""A token of one project: nothing of another is there for it, and nothing but /mcp takes it."""

import json

import factories
import pytest

from jentry.mcp import catalog

OTHER = "QQOTHERQQ"


@pytest.fixture
def confined(mcp, db):
    """The token, and the other project's issue and event."""
    other = factories.project(db, mcp.org, slug="other", name=OTHER)
    factories.release(db, other, f"{OTHER}@1")
    issue = factories.issue(db, other, title=f"KeyError: {OTHER}")
    factories.event(db, issue, {"tags": {"x": OTHER}}, event_id=b"\x07" * 16)
    return factories.token(db, mcp.org, mcp.owner, project_id=mcp.project), issue


def test_each_tool_sees_its_own_project_only(mcp, confined):
    token, issue = confined
    given = {
        "issue": f"OTHER-{issue}", "project": "other", "event": "07" * 16, "status": "resolved",
        "expected_status": "unresolved", "to": "me", "text": "x",
    }  # fmt: skip
    for tool in catalog.TOOLS:
        for named in (given, given | {"issue": str(issue)}, {}):
            arguments = {name: named[name] for name in tool.arguments if name in named}
            if tool.name == "get_event" and "event" in arguments:
                arguments["event"] = "latest"
            if tool.name == "find_issues":
                arguments["status"] = "all"
            answer = mcp.ask("tools/call", "/mcp?write=1", token, name=tool.name,
                             arguments=arguments)  # fmt: skip
            assert OTHER not in json.dumps(answer), tool.name
            assert f'"issue\\": {issue}' not in json.dumps(answer), tool.name


def test_its_own_is_there(mcp, confined):
    token, _ = confined
    result = mcp.ask("tools/call", "/mcp", token, name="find_issues", arguments={"status": "all"})
    assert "KeyError: 'a'" in result["result"]["content"][0]["text"]
    result = mcp.ask("tools/call", "/mcp", token, name="get_issue",
                     arguments={"issue": str(mcp.issue)})  # fmt: skip
    assert "isError" not in result["result"]


def test_no_other_api_takes_it(mcp, confined):
    token, _ = confined
    for path in ("/api/v1/issues", "/api/v1/projects", "/api/0/", "/api/0/issues/"):
        answer = mcp.client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, "at /mcp only" in answer.text) == (403, True)
