"""A parameter that nothing knows changes nothing, and is named in a header."""

import pytest

HEADER = "X-Ignored-Parameters"


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("/projects/{}/issues?limit=5&level=error&tag[a]=b&since=2026-01-01", None),
        ("/projects/{}/issues?Level=error&perPage=5", "Level, perPage"),
        ("/projects/{}/issues?tag=a&tags[a]=b", "tags[a]"),
        ("/projects/{}/issues?%0d%0aX-Evil:1=a&ä=b", "%0D%0AX-Evil%3A1, %C3%A4"),
        ("/projects/{}?limit=1", "limit"),
        ("/projects?page=2", "page"),
        ("/issues?project=1&x=", "x"),
        ("/projects/{}/issues?" + "&".join(f"p{n}=" for n in range(30)),
         ", ".join(f"p{n}" for n in range(20))),
        ("/projects/{}/issues?" + "x" * 300 + "=", "x" * 100),
    ],
)  # fmt: skip
def test_what_is_ignored_is_named(api, world, path, ignored):
    answer = api.get(path.format(world.project))
    assert answer.headers.get(HEADER) == ignored


def test_a_refusal_names_it_too(api, world):
    answer = api.get(f"/projects/{world.project}/issues?limit=0&perPage=5")
    assert (answer.status_code, answer.headers[HEADER]) == (400, "perPage")


def test_bodies_that_change_one_thing_ignore_what_they_do_not_know(api, world):
    answer = api.patch(f"/projects/{world.project}?x=1", {"name": "Shop", "colour": "red"})
    assert (answer.status_code, answer.headers[HEADER]) == (200, "x")
