"""What goes out by mail, webhook and chat, and what an answer does."""

import json
import re
import subprocess
import sys
import time as real_time
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from jentry import clock
from jentry.alerts import addresses, chat, http, services, webhook
from jentry.alerts.items import Message
from jentry.alerts.outcome import Gone, Later, Sent
from jentry.store import alert_channels
from jentry.store.connection import transaction

LOCAL = http.Way((ip_network("127.0.0.0/8"),))


def hooked(world, url, **wanted):
    channel, secret = world.channel(kind="webhook", url=url, **wanted)
    world.rule("new_issue", channels=[channel["id"]])
    return channel, secret


def now_is_now(monkeypatch):
    """The library that verifies looks at the real clock."""
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC))


def test_a_webhook_is_signed_as_the_specification_says(world, run, hook, monkeypatch):
    _, secret = hooked(world, hook.url)
    now_is_now(monkeypatch)
    world.send()
    run(0)
    real_time.sleep(1.1)
    run(0)
    path, headers, body = hook.posts[0]
    assert path == "/hook/secret-path?token=s3cret"
    found = Webhook(secret).verify(body, headers)
    assert found["type"] == "alert.triggered"
    assert headers["webhook-id"] == f"msg_{world.deliveries()[0]['id']}"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"new_issue", b"regressed"), headers)
    (item,) = found["data"]["items"]
    assert item["condition"] == "new_issue"
    assert item["project"] == {"id": world.project, "slug": "shop", "name": "Shop"}
    assert item["issue"]["permalink"] == f"http://jentry.test/projects/{world.project}/issues/1"
    assert item["issue"]["title"] == "ValueError: bad"


def test_while_a_secret_changes_both_sign(world):
    channel, old = hooked(world, "https://hooks.example.com/x")
    with transaction(world.db) as at:
        _, new = alert_channels.rotate(world.db, world.actor, channel["id"], at)
    row = world.db.execute("SELECT secret, former_secret FROM alert_channels WHERE kind='webhook'")
    secret, former = row.fetchone()
    assert (secret, former) == (new, old)
    names = webhook.signed(1, b"{}", secret, former)["webhook-signature"].split()
    assert [name[:3] for name in names] == ["v1,", "v1,"]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("status", "headers", "state", "failures", "words"),
    [
        (204, {}, "sent", 0, "204 No Content"),
        (500, {}, "waiting", 1, "500 Internal Server Error: ok"),
        (404, {}, "waiting", 1, "404 Not Found: ok"),
        (302, {"Location": "http://127.0.0.1:1/"}, "waiting", 1, "redirect"),
        (410, {}, "failed", 0, "410 Gone: ok"),
    ],
)
def test_what_an_answer_does(world, run, hook, status, headers, state, failures, words):
    hook.status, hook.headers = status, headers
    channel, _ = hooked(world, hook.url)
    world.send()
    run(3)
    (delivery,) = world.deliveries()
    found = alert_channels.get(world.db, world.actor, channel["id"])
    assert (delivery["state"], found["failures"]) == (state, failures)
    assert words in (delivery["answer"] or delivery["error"])
    assert found["is_active"] == (status != 410)
    assert len(hook.posts) == 1


def test_retries_wait_longer_each_time_and_obey_the_receiver(world, run, hook):
    hook.status = 503
    hooked(world, hook.url)
    world.send()
    run(200)
    assert len(hook.posts) == 4  # at once, after 10, 30, 120 seconds
    hook.headers["Retry-After"] = "1800"
    run(400, step=10)
    run(1600, step=50)
    assert len(hook.posts) == 5
    run(200, step=10)
    assert len(hook.posts) == 6


def test_a_hook_that_drips_for_ever_is_ended_in_time(hook):
    hook.drip = 30
    began = real_time.monotonic()
    with pytest.raises(OSError, match=r"no answer within 0\.5 s"):
        http.post(hook.url, b"{}", {}, LOCAL, seconds=0.5)
    assert real_time.monotonic() - began < 10


def test_a_long_answer_is_read_no_further(hook):
    hook.body = b"x" * 10_000_000
    assert len(http.post(hook.url, b"{}", {}, LOCAL).text) == http.MOST


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%lo", "fc00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "fec0::1", "240.0.0.1", "192.0.2.1", "not one",
    ],
)  # fmt: skip
def test_only_public_addresses_are_reached(address):
    assert not addresses.is_allowed(address, ())


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_are_reached(address):
    assert addresses.is_allowed(address, ())


@pytest.mark.parametrize(
    ("address", "network", "is_allowed"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("::ffff:10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.2.0.0/16", False),
        ("fd00::1", "fd00::/8", True),
        ("::1", "127.0.0.0/8", False),
    ],
)
def test_private_networks_are_reached_when_they_are_allowed(address, network, is_allowed):
    assert addresses.is_allowed(address, (ip_network(network),)) == is_allowed


@pytest.mark.parametrize(
    "host",
    ["localhost", "2130706433", "0x7f000001", "127.1", "0", "127。0。0。1", "ⓛocalhost", "[::1]"],
)
def test_whatever_a_private_address_is_called_it_is_refused(hook, host):
    url = f"http://{host}:{hook.port}/"
    with pytest.raises(OSError, match=r"not a public address|Name or service|No address"):
        http.post(url, b"{}", {}, http.Way())
    assert hook.posts == []


def test_a_proxy_takes_what_goes_out(hook):
    way = http.Way((), f"http://127.0.0.1:{hook.port}")
    answer = http.post("http://hooks.example.com/x?y=1", b"{}", {}, way)
    assert answer.status == 200
    assert hook.posts[0][0] == "http://hooks.example.com/x?y=1"
    assert hook.posts[0][1]["Host"] == "hooks.example.com"


# Chat ---------------------------------------------------------------------------------------------


def chatting(url, way=LOCAL):
    organization = {"slug": "acme", "name": "Acme"}
    message = Message(
        1, "test", "2026-11-20T12:00:00.000Z", "http://jentry.test", organization, None,
        subject_text="A test", lines=("Hello @everyone",),
    )  # fmt: skip
    return chat.send(message, url, way)


def test_a_chat_gets_plain_text_by_a_child_process(hook):
    assert chatting(f"json://127.0.0.1:{hook.port}/room") == Sent("taken by the service")
    found = json.loads(hook.posts[0][2])
    assert (found["title"], found["message"]) == ("A test", "Hello @everyone")


def test_a_chat_reaches_no_private_address(hook):
    outcome = chatting(f"json://127.0.0.1:{hook.port}/s3cret-room", http.Way())
    assert isinstance(outcome, Later)
    assert "not a public address" in outcome.error
    assert hook.posts == []


def test_a_chat_follows_no_redirect_and_its_error_hides_the_address(hook):
    hook.status, hook.headers = 307, {"Location": f"http://127.0.0.1:{hook.port}/other"}
    outcome = chatting(f"json://127.0.0.1:{hook.port}/s3cret-room")
    assert isinstance(outcome, Later)
    assert "s3cret-room" not in outcome.error
    assert len(hook.posts) == 1


def test_a_chat_is_told_through_the_notifier(world, run, hook):
    channel, _ = world.channel(kind="apprise", url=f"json://127.0.0.1:{hook.port}/room")
    world.rule("new_issue", channels=[channel["id"]])
    world.send("<!channel> @everyone broke")
    run(3)
    found = json.loads(hook.posts[0][2])
    assert not re.search(r"@everyone|<!channel", found["title"] + found["message"])
    assert world.deliveries()[0]["state"] == "sent"
    assert world.deliveries()[0]["recipient"] == "json://…"


@pytest.mark.parametrize("url", ["syslog://", "fcm://x", "exec://x", "mailto://a:b@c.d", "dbus://"])
def test_services_that_do_more_than_http_are_not_offered(url):
    assert services.problem(url) is not None


def test_every_service_that_is_offered_is_known_to_apprise():
    script = """
import json
from apprise.manager_plugins import NotificationManager
manager = NotificationManager()
manager.load_modules()
print(json.dumps({name: kind.__module__ for name, kind in manager._schema_map.items()}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    known = json.loads(done.stdout)
    for scheme, module in services.SCHEMES.items():
        assert f"{known[scheme]}.".startswith(f"apprise.plugins.{module}.")


def test_gone_is_for_good():
    assert webhook.judged(http.Answer(410, "Gone", "", None)) == Gone("410 Gone")
