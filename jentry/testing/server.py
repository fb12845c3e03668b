"""A server in a process of its own, for as long as a block."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from jentry.testing.project import Project

__all__ = ["Project", "Server", "serve"]

SECONDS = 30.0  # for an answer


class Server:
    """`url`, `token` (of an owner, with all scopes) and `dsn` (of a first project)."""

    def __init__(self, url: str, token: str, dsn: str) -> None:
        self.url, self.token, self.dsn = url, token, dsn
        self._open = build_opener(ProxyHandler({})).open

    def project(self, name: str = "Test") -> Project:
        """A new one; several may have the same name."""
        made = self.api("/projects", "POST", {"name": name[:100] or "Test"})["data"]
        return Project(self.api, made["id"], made["dsn"])

    def api(self, path: str, method: str = "GET", body: object = None) -> Any:
        """The JSON that `/api/v1{path}` answers. Raises AssertionError when it refuses."""
        request = Request(  # noqa: S310 - the address is that of our own process
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"},
        )
        try:
            with self._open(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.read().decode()}") from None


@contextmanager
def serve() -> Iterator[Server]:
    """`jentry serve --ephemeral`, until the block ends. Raises RuntimeError if it cannot start.

    Settings of this process that are jentry's, such as a production server's address, are not
    passed on.
    """
    command = [sys.executable, "-m", "jentry", "serve", "--ephemeral"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JENTRY_")}
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            if process.stdout is None or not (line := process.stdout.readline()):
                raise RuntimeError("`jentry serve --ephemeral` did not start; see above")
            said = json.loads(line)
            yield Server(said["url"], said["token"], said["dsn"])
        finally:
            process.terminate()
