"""The web server's settings, as `jentry serve` uses them; by hand:
`gunicorn -c python:jentry.serving.gunicorn_conf "jentry.serving.asgi:AsgiApp()"`.
"""

import contextlib
import gc
import resource
from pathlib import Path
from typing import Any

from jentry import memory
from jentry.app import log_limit

bind = "127.0.0.1:8000"
backlog = 2048

worker_class = "jentry.serving.worker.Worker"
workers = 1  # enough for a thousand events a second; API rates are counted in each process

timeout = 60
graceful_timeout = 10
keepalive = 75  # longer than proxies keep theirs, so that these are who closes: nginx after 60
asgi_disconnect_grace_period = 0  # nobody waits for what is not begun yet

# A heartbeat file on a slow disk would make a healthy worker look dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

loglevel = "warning"  # on stderr
accesslog = None
control_socket_disable = True  # it would stand in the home folder and be shared by all servers

# Proxies are believed as far as JENTRY_TRUSTED_PROXIES says, and by nothing else.
forwarded_allow_ips = ""
forwarder_headers = ""
limit_request_line = 8190
http_parser = "python"  # the one that serving/protocol.py knows

MOST_FILES = 65536


def post_fork(server: Any, worker: Any) -> None:
    log_limit.limit(server.log.error_log)  # where jentry is not who started it
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < most:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    memory.set_up()
    gc.freeze()
