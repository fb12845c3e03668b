"""Servers for tests: real `jentry serve` processes, and others in a thread."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager


def command(*args):
    return [sys.executable, "-m", "jentry", *map(str, args)]


def environment(**more):
    """That of a process which talks to this machine only: without proxies."""
    return {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")} | more


def free_port():
    """Of this machine; nobody promises that it stays free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(database, *options, lines=1, env=None):
    """A server on a free port: its process, its address, and the first lines that it printed.

    `env`: settings, in addition to the defaults.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("JENTRY_")} | (env or {})
    process = subprocess.Popen(
        command("serve", "--port", "0", "--db", database, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        start_new_session=True,
    )
    try:
        printed = [process.stdout.readline() for _ in range(lines)]
        address = re.search(r"http://127\.0\.0\.1:\d+", printed[0])
        assert address, process.communicate()
        yield process, address[0], "".join(printed)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@contextmanager
def in_thread(server):
    """A server of the standard library, which looks so often whether it is to stop."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
