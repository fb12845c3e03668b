"""What the documentation shows does what it says."""

import subprocess
import sys
import time
from ipaddress import ip_network
from pathlib import Path

import pytest
import receivers

from jentry import web
from jentry.alerts import http, webhook
from jentry.alerts.items import Message
from jentry.alerts.outcome import Later, Sent

EXAMPLE = Path(web.__file__).parent / "templates/docs/examples/webhook.py.txt"
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
WAY = http.Way((ip_network("127.0.0.0/8"),))


@pytest.fixture
def url():
    port = receivers.free_port()
    text = EXAMPLE.read_text("utf-8").replace("whsec_…", SECRET).replace("9000", str(port))
    process = subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)  # fmt: skip
    yield f"http://127.0.0.1:{port}/"
    process.kill()
    process.wait()


def test_the_receiver_of_the_documentation_takes_what_is_ours_only(url):
    acme = {"slug": "acme", "name": "Acme"}
    said = Message(1, "test", "2026-11-20T12:00:00.000Z", "http://jentry.test", acme, None,
                   lines=("A test",))  # fmt: skip
    end = time.monotonic() + 30
    while True:
        ours = webhook.send(said, {"url": url, "secret": SECRET, "former_secret": None}, WAY)
        if ours != Later("Connection refused") or time.monotonic() > end:
            break
        time.sleep(0.05)
    assert ours == Sent("204 No Content")
    other = SECRET.replace("C2", "D2")
    theirs = webhook.send(said, {"url": url, "secret": other, "former_secret": None}, WAY)
    assert isinstance(theirs, Later)
