"""What the documentation shows does what it says."""

import shutil
import subprocess
import sys
import time
from ipaddress import ip_network
from pathlib import Path

import pytest
import receivers

from jentry import web
from jentry.alerts import http, webhook
from jentry.alerts.items import Item, Message
from jentry.alerts.outcome import Later, Sent

EXAMPLES = Path(web.__file__).parent / "templates/docs/examples"
PYTHON, NODE = [sys.executable, "-c"], ["node", "--input-type=module", "-e"]
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
WAY = http.Way((ip_network("127.0.0.0/8"),))


@pytest.fixture(params=[("webhook.py.txt", PYTHON), ("webhook.mjs.txt", NODE)], ids=["py", "mjs"])
def url(request):
    name, command = request.param
    if shutil.which(command[0]) is None:
        pytest.skip("there is no Node here")
    port = receivers.free_port()
    text = (EXAMPLES / name).read_text("utf-8").replace("whsec_…", SECRET)
    process = subprocess.Popen([*command, text.replace("9000", str(port))],
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # fmt: skip
    yield f"http://127.0.0.1:{port}/"
    process.kill()
    process.wait()


def test_a_receiver_of_the_documentation_takes_what_is_ours_only(url):
    acme = {"slug": "acme", "name": "Acme"}
    shop = {"id": 1, "slug": "shop", "name": "Shop"}
    items = (Item("quota", "2026-11-20T12:00:00.000Z", shop, detail={"dropped": 3}),)
    said = Message(1, "alert", "2026-11-20T12:00:00.000Z", "http://jentry.test", acme,
                   {"id": 3, "name": "Hook"}, items, 1)  # fmt: skip
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
