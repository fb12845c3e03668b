"""The newest Node SDK in a process of its own, read over the API."""

import subprocess

import pytest
from served import without_lines
from servers import environment


@pytest.fixture(scope="module", params=["direct", "tunnel"])
def shop(request, packages, org):
    """The id of a project that the program has reported to."""
    project_id, dsn = org.project(f"Shop {request.param}")
    tunnel = {"TUNNEL": f"{org.url}/tunnel"} if request.param == "tunnel" else {}
    subprocess.run(
        ["node", "shop.js"],
        cwd=packages,
        env=environment(DSN=dsn, **tunnel),
        check=True,
        timeout=60,
    )
    return project_id


def test_each_bug_is_one_issue_with_exact_counts(org, shop):
    members = ("count", "userCount", "level", "culprit")
    assert without_lines(org.issues(shop, members)) == {
        "Error: payment of order 5 failed": (5, 3, "error", "pay(shop)"),
        "stock of part 8 is low": (2, 0, "warning", ""),
        "TypeError: basket without rows": (1, 0, "error", "shop.js:n"),
        "Error: left and 1 more": (1, 0, "error", "shop.js:n"),
        "Error: nobody waited": (1, 0, "error", "shop.js:n"),
    }


def test_an_event_is_shown_whole_and_without_secrets(org, shop):
    event = org.event(shop, "Error: payment of order 5 failed")
    chain = [(value["type"], value["value"]) for value in event["exception"]["values"]]
    assert chain == [
        ("RangeError", "amount 5 is too large"),
        ("Error", "payment of order 5 failed"),
    ]
    shown = (event["environment"], event["release"], event["serverName"], event["platform"])
    assert shown == ("staging", "shop@1.4.2", "web-1", "node")
    assert event["tags"]["shop.country"] == "lätvia"
    assert event["contexts"]["order"] == {"type": "order", "id": 5, "password": "[Filtered]"}
    assert event["user"]["email"] == "kim@example.com"
    assert "added a saddle" in [crumb["message"] for crumb in event["breadcrumbs"]["values"]]


def test_a_binary_attachment_comes_with_its_event(org, shop):
    event = org.event(shop, "TypeError: basket without rows")
    (file,) = org.api(f"/events/{event['id']}/attachments")["data"]
    assert (file["filename"], file["size"]) == ("basket.bin", 4)


def test_the_session_is_counted(org, shop):
    members = ("release", "events", "issues", "sessions", "crashFreeRate")
    assert org.releases(shop, members) == [("shop@1.4.2", 10, 5, 1, 0.0)]


def test_nothing_was_refused(org, shop):
    outcomes = {(category, outcome) for category, outcome, _ in org.totals(shop)}
    assert outcomes == {
        ("attachment", "accepted"), ("error", "accepted"), ("session", "accepted"),
    }  # fmt: skip
