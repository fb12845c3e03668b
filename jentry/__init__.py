"""A self-hosted error tracker: one process, one SQLite file, every official Sentry SDK."""

__version__ = "0.1.0"

from jentry.app.factory import create_app

__all__ = ["__version__", "create_app"]
