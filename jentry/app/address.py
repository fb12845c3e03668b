"""The address that the world reaches this server at."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import request

from jentry.app.db import settings

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
SLASHES = re.compile("//+")


def base_url() -> str:
    """`JENTRY_URL`, else the address of this request; without a slash at the end."""
    return settings().url or request.root_url.rstrip("/")


def local(path: str) -> str:
    """The address of a page of ours, for links and redirects: below the path of `JENTRY_URL`."""
    return f"{request.script_root}{path}"


class PublicAddress:
    """WSGI middleware: every address made below it, in a page or a redirect, is below `url`.

    What Host and X-Forwarded-Proto say is no longer asked then, so that nobody can lead people
    elsewhere by them.
    """

    def __init__(self, app: WsgiApp, url: str | None) -> None:
        self.app = app
        parts = urlsplit(url or "")
        self.prefix = parts.path
        self.environ: dict[str, str] = (
            {}
            if url is None
            else {
                "wsgi.url_scheme": parts.scheme,
                "HTTP_HOST": parts.netloc,
                "SCRIPT_NAME": parts.path,
            }
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = local_path(environ.get("PATH_INFO", ""), self.prefix)
        return self.app(environ | self.environ | {"PATH_INFO": path}, start_response)


def local_path(path: str, prefix: str) -> str:
    """The path below `prefix`, which proxies strip or not; of slashes in a row the first."""
    path = SLASHES.sub("/", path)
    below = path.removeprefix(prefix) or "/"
    return below if below.startswith("/") else path
