"""The web server's settings, as `jentry serve` uses them; by hand:
`gunicorn -c python:jentry.serving.gunicorn_conf "jentry.serving.asgi:AsgiApp()"`.
"""

import contextlib
import ctypes
from pathlib import Path
from typing import Any

from jentry.app import log_limit

bind = "127.0.0.1:8000"
backlog = 2048

worker_class = "jentry.serving.worker.Worker"
workers = 1  # enough for a thousand events a second; API rates are counted in each process

timeout = 60
graceful_timeout = 10
keepalive = 5

# A heartbeat file on a slow disk would make a healthy worker look dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

loglevel = "warning"  # on stderr
accesslog = None
control_socket_disable = True  # it would stand in the home folder and be shared by all servers

# Proxies are believed as far as JENTRY_TRUSTED_PROXIES says, and by nothing else.
forwarded_allow_ips = ""
forwarder_headers = ""
limit_request_line = 8190

# glibc keeps what threads have freed in an arena for each: hostile traffic took 163 MB, not 100.
# Few arenas, given back early; the numbers are M_ARENA_MAX, M_TRIM_ and M_MMAP_THRESHOLD.
MALLOPT = {-8: 2, -1: 8 * 1024 * 1024, -3: 1024 * 1024}


def post_fork(server: Any, worker: Any) -> None:
    log_limit.limit(server.log.error_log)
    with contextlib.suppress(AttributeError, OSError):  # another C library
        for option, value in MALLOPT.items():
            ctypes.CDLL(None).mallopt(option, value)
