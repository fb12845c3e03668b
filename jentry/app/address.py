"""The address that the world reaches this server at."""

from flask import request

from jentry.app.db import settings


def base_url() -> str:
    """`JENTRY_URL`, else the address of this request; without a slash at the end."""
    return settings().url or request.root_url.rstrip("/")
