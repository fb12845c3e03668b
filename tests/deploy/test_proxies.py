"""nginx and Caddy as `jentry deploy` sets them up before a server, at the root and below a path."""

import http.client
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from servers import command, environment, free_port, serving

from jentry.cli import main

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
opened = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
NGINX = """daemon off; user root; worker_processes 1;
pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {site}
}}
"""
CADDY = "{{\n    admin off\n    auto_https off\n}}\n{site}"


@contextmanager
def proxy(name, site, folder, url):
    file = folder / "proxy.conf"
    file.write_text({"nginx": NGINX, "caddy": CADDY}[name].format(site=site, folder=folder))
    arguments = {
        "nginx": ["-p", folder, "-c", file],
        "caddy": ["run", "--config", file, "--adapter", "caddyfile"],
    }
    process = subprocess.Popen(
        [shutil.which(name), *arguments[name]],
        env=environment(HOME=str(folder)),
        stderr=subprocess.PIPE if name == "nginx" else subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            try:
                opened(f"{url}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module", params=["", "/errors"], ids=["root", "sub-path"])
def path(request):
    return request.param


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def site(request, path, tmp_path_factory):
    """The public address, a token, the port behind it, and a project."""
    if not shutil.which(request.param):
        pytest.skip(f"needs {request.param}")
    folder = tmp_path_factory.mktemp(request.param)
    folder.chmod(0o777)
    front, back = free_port(), free_port()
    url = f"http://127.0.0.1:{front}{path}"
    database = folder / "jentry.db"

    def run(*args):
        line = command(*args, "--db", database, "--json")
        return json.loads(subprocess.run(line, capture_output=True, check=True).stdout)

    run("org", "create", "Acme")
    run("user", "create", "kim@example.com", "--org", "acme", "--role", "owner")
    made = run("project", "create", "Shop", "--org", "acme")
    scopes = [w for s in ("project:read", "issue:read", "event:read") for w in ("--scope", s)]
    token = run("token", "create", "t", "--org", "acme", "--user", "kim@example.com", *scopes)
    text = CliRunner().invoke(main, ["deploy", request.param, "--url", url, "--port", str(back)])
    settings = {"JENTRY_URL": url, "JENTRY_TRUSTED_PROXIES": "1"}
    with (
        serving(database, "--port", back, env=settings),
        proxy(request.param, text.output, folder, url),
    ):
        yield Site(url, token["token"], back, made)


class Site:
    def __init__(self, url, token, back, project):
        self.url, self.token, self.back, self.project = url, token, back, project

    def get(self, path, **headers):
        headers |= {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)
        return opened(request, timeout=30)

    def api(self, path, **headers):
        with self.get(f"/api/v1{path}", **headers) as answer:
            return json.load(answer)["data"]

    def envelope(self, *items, **headers):
        lines = [b"{}"]
        for head, body in items:
            lines += [json.dumps(head | {"length": len(body)}).encode(), body]
        key = self.project["publicKey"]
        request = urllib.request.Request(
            f"{self.url}/api/{self.project['id']}/envelope/?sentry_key={key}",
            b"\n".join(lines),
            headers,
        )
        return opened(request, timeout=60)


def event(message, **more):
    made = {"event_id": uuid.uuid4().hex, "message": message, "platform": "other"} | more
    return {"type": "event"}, json.dumps(made).encode()


def test_addresses_are_public_ones(site, path):
    project = site.api(f"/projects/{site.project['id']}")
    host = urlsplit(site.url).netloc
    assert project["dsn"].endswith(f"@{host}{path}/{project['id']}")
    with opened(f"{site.url}/login", timeout=20) as page:
        assert f'href="{path}/assets/' in page.read().decode()


def test_a_client_cannot_choose_its_address(site):
    sent = event("who", user={"ip_address": "{{auto}}"})
    site.envelope(sent, **{"X-Forwarded-For": "6.6.6.6"}).close()
    (issue,) = [
        i for i in site.api(f"/projects/{site.project['id']}/issues") if i["title"] == "who"
    ]
    (found,) = site.api(f"/issues/{issue['id']}/events")
    assert found["user"]["ip_address"] == "127.0.0.1"


def test_a_body_of_20_mib_goes_through_and_no_larger_one(site):
    files = [({"type": "attachment", "filename": f"{n}"}, bytes(5 * MIB - 4096)) for n in range(4)]
    with site.envelope(event("large"), *files) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.URLError) as refused:  # or a connection that is closed
        site.envelope(event("too large"), *files, *files[:1]).close()
    if isinstance(refused.value, urllib.error.HTTPError):
        with refused.value as answer:
            assert answer.code == 413


def test_connections_behind_it_are_kept(site):
    address = urlsplit(site.url)
    before = connections_to(site.back)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    for _ in range(60):
        connection.request("GET", f"{address.path}/healthz")
        assert connection.getresponse().read() == b"ok\n"
    connection.close()
    assert len(connections_to(site.back) - before) <= 6


def connections_to(port):
    """Open ones, and those that ended within the last minute."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table]
    return {row[1] for row in rows if row[2].endswith(f":{port:04X}")}


def test_a_list_is_streamed(site):
    """More than a page of it."""
    for _ in range(120):
        site.envelope(event("stream")).close()
    issues = site.api(f"/projects/{site.project['id']}/issues")
    (issue,) = [each for each in issues if each["title"] == "stream"]
    with site.get(f"/api/v1/issues/{issue['id']}/events", Accept="application/x-ndjson") as answer:
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert len(answer.read().splitlines()) == 120
