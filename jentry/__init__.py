"""A self-hosted error tracker: one process, one SQLite file, every official Sentry SDK."""

from jentry.factory import create_app

__version__ = "0.1.0"

__all__ = ["__version__", "create_app"]
