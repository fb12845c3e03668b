"""`X-Request-Id`: the same name for a request on both sides."""

import re

import pytest
from interfaces import AsgiClient

from jentry import create_app
from jentry.serving.asgi import AsgiApp

PATHS = ["/api/v1/projects", "/api/v1/nothing", "/api/v1/openapi.json", "/", "/docs/api", "/x"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_one_of_its_own(client, path):
    names = [client.get(path).headers["X-Request-Id"] for _ in range(2)]
    assert names[0] != names[1]
    assert all(re.fullmatch("[0-9a-f]{24}", name) for name in names)


@pytest.mark.parametrize("name", ["ci-4711", "a" * 128, "7fb3:/+=@._-"])
def test_a_sane_one_is_kept(client, name):
    answer = client.get("/api/v1/projects", headers={"X-Request-Id": name})
    assert answer.headers["X-Request-Id"] == name


@pytest.mark.parametrize("name", ["", "a" * 129, "a b", "é", "a\tb", "<b>", '"'])
def test_any_other_is_replaced(client, name):
    answer = client.get("/api/v1/projects", headers={"X-Request-Id": name})
    assert re.fullmatch("[0-9a-f]{24}", answer.headers["X-Request-Id"])


@pytest.mark.parametrize("path", ["/api/v1/x", "/x"])
def test_the_log_of_a_bug_has_the_name_that_the_answer_has(settings, caplog, path):
    app = create_app(settings)
    app.add_url_rule(path, "bug", lambda: 1 // 0)
    answer = app.test_client().get(path, headers={"X-Request-Id": "ci-4711"})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (500, "ci-4711")
    assert f"exception on {path} [GET] request=ci-4711" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(("given", "kept"), [("ok-1", True), ("a b", False), ("x" * 129, False)])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/projects"])
def test_the_event_loop_keeps_it_too(settings, path, given, kept):
    client = AsgiClient(AsgiApp(settings))
    answer = client.send(path, headers={"X-Request-Id": given}, method="GET")
    client.close()
    assert (answer.headers["x-request-id"] == given) is kept
