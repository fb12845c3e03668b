"""A server in a process of its own, for as long as a block."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jentry.client import Client, Refused
from jentry.testing.project import Project

__all__ = ["Project", "Server", "serve"]


class Server:
    """`url`, `token` (of an owner, with all scopes) and `dsn` (of a first project)."""

    def __init__(self, url: str, token: str, dsn: str) -> None:
        self.url, self.token, self.dsn = url, token, dsn
        self.client = Client(url, token, direct=True)

    def project(self, name: str = "Test") -> Project:
        """A new one; several may have the same name."""
        made = self.api("/projects", "POST", {"name": name[:100] or "Test"})["data"]
        return Project(self.client, made["id"], made["dsn"])

    def api(self, path: str, method: str = "GET", body: object = None) -> Any:
        """The JSON that `/api/v1{path}` answers. Raises AssertionError when it refuses."""
        try:
            return self.client.send(path, method, body)
        except Refused as refused:
            raise AssertionError(f"{method} {path}: {refused}") from None


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
