"""Every address that is handed out is below JENTRY_URL, however the request came in."""

import re

import pytest

from jentry import create_app
from jentry.app.address import local_path
from jentry.settings import Settings

BASE = "https://example.com/errors"


@pytest.fixture
def served(database):
    return create_app(Settings(db=database, url=BASE)).test_client()


@pytest.mark.parametrize(
    ("path", "prefix", "local"),
    [
        ("/api/1/envelope/", "", "/api/1/envelope/"),
        ("/errors/api/1/envelope/", "/errors", "/api/1/envelope/"),
        ("/api/1/envelope/", "/errors", "/api/1/envelope/"),
        ("//api//1/envelope/", "", "/api/1/envelope/"),
        ("//errors//api/", "/errors", "/api/"),
        ("/errors", "/errors", "/"),
        ("/errorsome", "/errors", "/errorsome"),
        ("", "", "/"),
    ],
)
def test_a_path_is_found_with_or_without_the_prefix(path, prefix, local):
    assert local_path(path, prefix) == local


@pytest.mark.parametrize("path", ["/", "/errors/", "/docs/api", "/errors/docs/api", "/nowhere"])
@pytest.mark.parametrize("headers", [{}, {"Host": "evil.test"}, {"X-Forwarded-Host": "evil.test"}])
def test_what_a_page_links_to_is_below_the_base_address(served, path, headers):
    page = served.get(path, headers=headers).text
    links = re.findall(r'(?:href|src|action)="([^"#]+)"', page)
    assert links
    assert [x for x in links if not x.startswith(("/errors/", BASE))] == []
    assert "evil.test" not in page


@pytest.mark.parametrize("path", ["/docs//api", "//docs/api", "/docs/api/", "//evil.test/docs"])
def test_nothing_redirects_elsewhere(served, path):
    answer = served.get(path, headers={"Host": "evil.test"})
    assert "evil.test" not in answer.headers.get("Location", "")
    assert answer.status_code in (200, 404)


def test_static_files_are_found_below_the_prefix(served):
    page = served.get("/").text
    style = re.search(r'href="(/errors/[^"]+\.css)"', page)[1]
    for path in (style, style.removeprefix("/errors")):
        with served.get(path) as answer:
            assert answer.status_code == 200
