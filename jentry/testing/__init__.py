"""A server for test suites: does this code report what it should, and nothing else?

`pytest` has the fixtures of `plugin.py` as soon as jentry is installed; for other runners there is
`serve`, and for other languages `jentry serve --ephemeral`. `/docs/testing` has examples.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jentry.testing.project import Project
    from jentry.testing.server import Server, serve

__all__ = ["Project", "Server", "serve"]


def __getattr__(name: str) -> Any:
    """Only suites that use it wait for what it imports."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from jentry.testing import server  # noqa: PLC0415

    return getattr(server, name)
