"""A worker of the real server in a thread of the test, so that its limits can be short."""

import asyncio
import logging
import os
import socket
import threading
import time
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from sdk import KEY

from jentry.serving import gunicorn_conf, worker
from jentry.serving.asgi import AsgiApp
from jentry.serving.connections import Connections, State
from jentry.settings import Settings
from jentry.store import orgs, projects, tokens, users
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.vocabulary import SCOPES

SECONDS = {State.HEAD: 0.4, State.IDLE: 0.4, State.LINGERING: 0.4}


class Running:
    def __init__(self, settings, most):
        cfg = Config()
        for name, value in vars(gunicorn_conf).items():
            if name in cfg.settings:
                cfg.set(name, value)
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.address = listener.getsockname()
        self.app = AsgiApp(settings, read_seconds=0.4)
        sockets = [SimpleNamespace(sock=listener)]
        self.worker = worker.Worker(1, os.getppid(), sockets, None, 60, cfg, Logger(cfg))
        self.worker.loop = asyncio.new_event_loop()
        self.worker.asgi = self.app
        self.worker.connections = self.connections = Connections(most)
        self.worker._may_log_at = 0.0
        self.connections.seconds = dict(SECONDS)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        while not self.worker.servers:
            time.sleep(0.01)

    def _run(self):
        asyncio.set_event_loop(self.worker.loop)
        self.worker.loop.run_until_complete(self.worker._serve())
        self.worker.loop.run_until_complete(self._end())

    async def _end(self):
        """What a process that ends leaves to the system: connections that are still closing."""
        for connection in list(self.connections._states):
            connection.abort()
        await asyncio.sleep(0)

    def stop(self):
        self.worker.loop.call_soon_threadsafe(self.worker.handle_exit_signal)

    def close(self):
        if self.thread.is_alive():
            self.stop()
            self.thread.join(20)
        self.app.processor.close()
        self.worker.loop.close()
        self.worker.tmp.close()


@pytest.fixture
def token(db):
    """Of an owner; the project 7 takes events with KEY."""
    with transaction(db) as at:
        org = orgs.create(db, "Acme", None, at, "cli")
        actor = Actor(org["id"], None, "cli")
        projects.create(db, actor, "Shop", None, "python", at, 7, KEY)
        user = users.create(db, actor, "kim@example.com", None, "owner", None, at)
        return tokens.create(db, actor, user["id"], "test", list(SCOPES), at)[1]


@pytest.fixture
def run(database, token, monkeypatch):
    """Start a worker; by name what is to be different."""
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(worker, "NOTICE_SECONDS", 0.1)
    started = []

    def start(most=500, **settings):
        started.append(Running(Settings(db=database, **settings), most))
        return started[-1]

    yield start
    for running in started:
        running.close()
    logging.getLogger("gunicorn.error").handlers.clear()


@pytest.fixture
def running(run):
    return run()


class Client:
    def __init__(self, address, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(address)

    def send(self, data):
        self.socket.sendall(data)

    def answers(self):
        """Statuses of all answers until the server ends the connection."""
        received = b""
        try:
            while data := self.socket.recv(65536):
                received += data
        except ConnectionResetError:
            received += b" reset"
        self.received = received
        return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]

    def answer(self):
        """The status of the next answer; it is short."""
        self.received = self.socket.recv(65536)
        return int(self.received.split()[1]) if self.received else None

    def close(self):
        self.socket.close()


@pytest.fixture
def connect():
    clients = []

    def new(running, **options):
        clients.append(Client(running.address, **options))
        return clients[-1]

    yield new
    for client in clients:
        client.close()
