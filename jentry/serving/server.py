"""Gunicorn, fed by `gunicorn_conf.py`, on a socket that we processed ourselves."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from gunicorn.app.base import BaseApplication

from jentry.serving import gunicorn_conf
from jentry.serving.arbiter import Master
from jentry.serving.asgi import AsgiApp
from jentry.settings import Settings


def listen(host: str, port: int) -> socket.socket:
    """Raises OSError: the port is taken, or the address is not this machine's.

    From here on requests wait instead of being refused, so the address can be printed.
    """
    family, kind, proto, _, place = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(gunicorn_conf.backlog)
    except BaseException:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """An address that a browser on this machine can open."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{host}:{port}"


def run(settings: Settings, listener: socket.socket, workers: int) -> None:
    """Serve until SIGTERM or SIGINT; ends by SystemExit."""
    with _counting_together() if settings.metrics_token else nullcontext():
        _Server(settings, listener, workers).run()


@contextmanager
def _counting_together() -> Iterator[None]:
    """prometheus-client goes by this variable when it is imported, in the workers: what they
    count lies in files of the folder, and each can answer for all.
    """
    with tempfile.TemporaryDirectory(prefix="jentry-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings, listener: socket.socket, workers: int) -> None:
        self.settings = settings
        self.listener = listener
        self.workers = workers
        super().__init__()

    def run(self) -> None:
        Master(self, self.settings).run()

    def load_config(self) -> None:
        for name, value in vars(gunicorn_conf).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
        self.cfg.set("bind", f"fd://{self.listener.fileno()}")
        self.cfg.set("workers", self.workers)

    def load(self) -> AsgiApp:
        return AsgiApp(self.settings)
