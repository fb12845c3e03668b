"""A self-hosted error tracker: one process, one SQLite file, every official Sentry SDK."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jentry.app.factory import create_app

__version__ = "0.1.0"

__all__ = ["__version__", "create_app"]


def __getattr__(name: str) -> Any:
    """pytest imports this package for its plugin, whether a suite uses it or not."""
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from jentry.app.factory import create_app  # noqa: PLC0415

    return create_app
