"""The pytest plugin: `jentry_server`, one for the session, and `jentry_project`, one for a test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jentry.testing import Project, Server


@pytest.fixture(scope="session")
def jentry_server() -> Iterator["Server"]:
    """A jentry server with a file of its own, gone after the session."""
    from jentry.testing import serve  # noqa: PLC0415

    with serve() as server:
        yield server


@pytest.fixture
def jentry_project(jentry_server: "Server", request: pytest.FixtureRequest) -> "Project":
    """A project that nothing was sent to yet: `dsn`, `events()`, `issues()`."""
    return jentry_server.project(request.node.name)
