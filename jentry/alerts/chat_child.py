"""In the child process: one message by apprise, which may connect to nothing else.

apprise has 176 services, and some read files, run programs or speak to the local network. The list
of `chat.py` is one guard; the other is the interpreter's own audit hook, which nothing in this
process can take away again.
"""

import json
import logging
import os
import resource
import sys
from importlib import import_module
from ipaddress import ip_network
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from jentry.alerts.addresses import is_allowed
from jentry.alerts.services import SCHEMES
from jentry.settings import Network

MEMORY = 768 * 1024 * 1024
LONGEST = 500
REFUSED = ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system")
SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg")


def main() -> None:
    """The request is JSON on standard input, the answer one line of it."""
    wanted = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    if wanted["proxy"]:
        os.environ["http_proxy"] = os.environ["https_proxy"] = wanted["proxy"]
    answer = {"is_sent": False, "words": ""}
    try:
        answer["is_sent"], answer["words"] = _send(wanted)
    except Exception as error:  # whatever a service's module does wrong
        answer["words"] = f"{type(error).__name__}: {error}"
    answer["words"] = _masked(str(answer["words"]), wanted["url"])[:LONGEST]
    sys.stdout.write(json.dumps(answer) + "\n")


def _send(wanted: dict[str, Any]) -> tuple[bool, str]:
    import apprise  # noqa: PLC0415 - 17 MB, in this process only

    logging.disable(logging.NOTSET)
    asset = apprise.AppriseAsset(
        app_id="jentry",
        app_desc="jentry",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        async_mode=False,
        plugin_paths=[],
    )
    plugin = _plugin(wanted["url"], asset)
    service = apprise.Apprise(asset=asset)
    if plugin is None or not service.add(plugin):
        return False, "apprise cannot read this address"
    problems: list[str] = []
    sys.addaudithook(_guard([ip_network(one) for one in wanted["allowed"]], wanted, problems))
    with apprise.LogCapture(level=logging.INFO) as log:  # type: ignore[no-untyped-call]
        result = service.notify(
            title=wanted["title"], body=wanted["body"], body_format=apprise.NotifyFormat.TEXT
        )
        said = " ".join(log.getvalue().split("\n"))
    if result:
        return True, "taken by the service"
    return False, problems[0] if problems else said or "the service refused it"


def _plugin(url: str, asset: Any) -> Any:
    """The service of an address, None when it cannot be read. To load all takes a second of CPU."""
    module = import_module(f"apprise.plugins.{SCHEMES[urlsplit(url).scheme]}")
    for name in dir(module):
        kind = getattr(module, name)
        if name.startswith("Notify") and hasattr(kind, "app_id") and _is_from(kind, module):
            parsed = kind.parse_url(url)
            return None if parsed is None else kind(**parsed | {"asset": asset})
    return None


def _is_from(kind: Any, module: ModuleType) -> bool:
    return f"{kind.__module__}.".startswith(f"{module.__name__}.")


def _guard(allowed: list[Network], wanted: dict[str, Any], problems: list[str]) -> Any:
    proxy = urlsplit(wanted["proxy"] or "").hostname

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in REFUSED:
            raise PermissionError(event)
        if event in SENDS:
            place = args[1]
            host = place[0] if isinstance(place, tuple) and place else ""
            if proxy is None and not is_allowed(str(host), allowed):
                problems.append(f"{host} is not a public address; JENTRY_ALLOW_PRIVATE allows it")
                raise PermissionError(problems[-1])

    return hook


def _masked(text: str, url: str) -> str:
    """Without the parts of the address that may be secret."""
    parts = urlsplit(url)
    secrets = {url, parts.netloc, parts.username, parts.password, *parts.path.split("/")}
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) > 3:
            text = text.replace(secret, "…")
    return text
