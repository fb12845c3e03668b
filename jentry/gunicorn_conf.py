"""The web server's settings, as `jentry serve` uses them; by hand:
`gunicorn -c python:jentry.gunicorn_conf "jentry.asgi:AsgiApp()"`.
"""

from pathlib import Path

bind = "127.0.0.1:8000"
backlog = 2048

worker_class = "asgi"
workers = 1  # one writer at a time anyway; more processes cost memory and hand-offs

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
