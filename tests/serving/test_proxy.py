"""nginx in front, as it is set up in most places: it keeps connections and hands bodies on."""

import shutil
import signal
import socket
import subprocess
import time
from types import SimpleNamespace

import pytest

from jentry.bench import server
from tests.drills.stop import _load

CONFIG = """
daemon off; worker_processes 1; error_log stderr; pid {folder}/nginx.pid;
events {{ worker_connections 200; }}
http {{
    access_log off; client_max_body_size 20m; client_body_buffer_size 8m;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream jentry {{ server {upstream}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://jentry; proxy_http_version 1.1; proxy_set_header Connection "";
        }}
    }}
}}
"""


@pytest.fixture
def behind_nginx(tmp_path):
    """A running server, its target, and the address of nginx before it."""
    if shutil.which("nginx") is None:
        pytest.skip("needs nginx")
    path = tmp_path / "jentry.db"
    target = server.make_target(path)
    with server.running(path) as running:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = tmp_path / "nginx.conf"
        upstream = running.url.removeprefix("http://")
        config.write_text(CONFIG.format(folder=tmp_path, upstream=upstream, port=port))
        nginx = subprocess.Popen(["nginx", "-p", tmp_path, "-c", config], stderr=subprocess.PIPE)
        try:
            server._answers(f"http://127.0.0.1:{port}", nginx)
            yield running, target, ("127.0.0.1", port)
        finally:
            nginx.terminate()
            nginx.communicate()


@pytest.mark.slow
def test_nginx_sees_no_connection_break_while_the_server_is_reloaded(behind_nginx, tmp_path):
    running, target, (host, port) = behind_nginx
    through = SimpleNamespace(url=f"http://{host}:{port}")
    for seed in range(3):
        load = _load(through, target, seed, tmp_path / "acknowledged.txt")
        time.sleep(1)
        running.process.send_signal(signal.SIGHUP)
        summary = load.communicate(timeout=60)[0]
        assert '"broken": 0, "refused": 0' in summary
        assert '"502"' not in summary
        assert '"200"' in summary


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status"), [("/api/1/envelope/", 403), ("/nothing", 404), ("/api/v1/projects", 401)]
)
def test_refusals_of_large_bodies_come_through_nginx(behind_nginx, path, status):
    _, _, address = behind_nginx
    body = b"x" * 4_000_000
    head = f"POST {path}?sentry_key={'0' * 32} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
    for _ in range(5):
        with socket.create_connection(address, timeout=20) as client:
            client.sendall(head.encode() + b"\r\n\r\n" + body)
            assert int(client.recv(4096).split()[1]) == status
