"""Who was affected: the user, its address, and what tells users apart. README: Users."""

from typing import Any

from jentry.ingest.addresses import plain_address
from jentry.ingest.normalise import trimming
from jentry.ingest.normalise.context import Context
from jentry.ingest.normalise.event_errors import INVALID, EventErrors
from jentry.ingest.normalise.text import text

AUTO = "{{auto}}"
LIMITS = {"id": 128, "email": 75, "username": 128, "name": 128}
# Their old SDKs run on the user's machine and rely on the server to see its address.
OWN_MACHINE = ("javascript", "cocoa", "objc")
IDENTITY = (("id", "id"), ("username", "username"), ("email", "email"), ("ip", "ip_address"))
DEPTH, SIZE = 7, 8192


def user(
    value: Any, event: dict[str, Any], context: Context, errors: EventErrors
) -> dict[str, Any]:
    """The user with unknown members under `data`; `{}` when nothing is known.

    `event` is the part that is already normalised: its platform, SDK and request say whether the
    client's address is the user's.
    """
    raw = value if isinstance(value, dict) else {}
    if value is not None and value is not raw:
        errors.add(INVALID, "user", value)
    found: dict[str, Any] = {}
    for key, limit in LIMITS.items():
        member = raw.get(key)
        if member is not None and (kept := text(member, f"user.{key}", errors, limit)):
            found[key] = kept
    if address := _address(raw.get("ip_address"), event, context, errors):
        found["ip_address"] = address
    if geo := trimming.bounded_object(raw.get("geo"), "user.geo", errors, 3, 1024):
        found["geo"] = geo
    if data := _data(raw, errors):
        found["data"] = data
    return found


def _address(
    value: Any, event: dict[str, Any], context: Context, errors: EventErrors
) -> str | None:
    settings = event.get("sdk", {}).get("settings")
    infer = settings.get("infer_ip") if isinstance(settings, dict) else None
    is_auto = value == AUTO
    if isinstance(value, str) and not is_auto and (stripped := value.strip()):
        if address := plain_address(stripped):
            return address
        errors.add(INVALID, "user.ip_address", value)
    elif value is not None and not isinstance(value, str):
        errors.add(INVALID, "user.ip_address", value)
    remote = event.get("request", {}).get("env", {}).get("REMOTE_ADDR")
    if isinstance(remote, str) and (address := plain_address(remote)):
        return address
    if infer == "never":
        return None
    if is_auto or infer == "auto" or event["platform"] in OWN_MACHINE:
        return context.client_ip
    return None


def _data(raw: dict[str, Any], errors: EventErrors) -> dict[str, Any] | None:
    """`data` together with every member that has no name of its own."""
    others = {
        key: member
        for key, member in raw.items()
        if key not in LIMITS and key not in ("ip_address", "geo", "data") and member is not None
    }
    data = raw.get("data")
    if data is not None and not isinstance(data, dict):
        errors.add(INVALID, "user.data", data)
        data = None
    if data and others:
        others |= data
    return trimming.bounded_object(others or data, "user.data", errors, DEPTH, SIZE)


def identity(event: dict[str, Any]) -> str | None:
    """What tells this user from others, `id:42`; None when the event does not say who it hit."""
    user = event.get("user")
    if user:
        for prefix, key in IDENTITY:
            if user.get(key):
                return f"{prefix}:{user[key]}"
    return None
