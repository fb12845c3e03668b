"""Alert channels: where to, and how bundled. Addresses and secrets are written, never shown."""

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from jentry import clock
from jentry.errors import BadRequest, Conflict, NotFound
from jentry.quotas import most
from jentry.store import audit, deliveries, names, roles
from jentry.store.audit import Actor
from jentry.store.connection import Connection, Row

DEFAULT_NAME = "Members by mail"
BOTH_SIGN = timedelta(hours=24)  # after a rotation
MANAGE = "manage alert channels"


def make_default(db: Connection, org_id: int, at: str) -> int:
    """The channel of a new organization; its id."""
    return _insert(db, org_id, {"name": DEFAULT_NAME, "kind": "email", "to": ["members"]}, None, at)


def list_for(db: Connection, actor: Actor) -> list[dict[str, Any]]:
    """Oldest first, as `get` has them."""
    rows = db.execute(f"{CHANNELS} WHERE c.org_id = ? ORDER BY c.id", (actor.org_id,))
    return [_shown(row) for row in rows]


def get(db: Connection, actor: Actor, channel_id: int) -> dict[str, Any]:
    """The columns of CHANNELS without the address: `to` (a list) and `target` instead, and
    `quiet_hours` (dict or None), `is_active`. Raises NotFound.
    """
    row = db.execute(
        f"{CHANNELS} WHERE c.org_id = ? AND c.id = ?", (actor.org_id, channel_id)
    ).fetchone()
    if row is None:
        raise NotFound("There is no such alert channel.")
    return _shown(row)


def create(
    db: Connection, actor: Actor, wanted: Mapping[str, Any], at: str
) -> tuple[dict[str, Any], str | None]:
    """The channel as `get` has it, and a webhook's secret, which is not shown again.

    `wanted`: `name`, `kind`, `to` or `url`, and if need be `digest_seconds`, `quiet_hours`,
    `is_active`. Raises Forbidden, BadRequest, Conflict.
    """
    roles.require(db, actor, "admin", MANAGE)
    (number,) = db.execute(
        "SELECT count(*) FROM alert_channels WHERE org_id = ?", (actor.org_id,)
    ).fetchone()
    if number >= most("alert_channels"):
        raise Conflict(f"An organization has at most {most('alert_channels')} alert channels.")
    _require_address(wanted["kind"], wanted)
    secret = new_secret() if wanted["kind"] == "webhook" else None
    made = _insert(db, actor.org_id, wanted, secret, at)
    name = names.name(wanted["name"], "channel's name")
    meta = {"name": name, "kind": wanted["kind"]}
    audit.record(db, actor, "channel.create", f"channel:{made}", at, **meta)
    return get(db, actor, made), secret


def update(
    db: Connection, actor: Actor, channel_id: int, change: Mapping[str, Any], at: str
) -> dict[str, Any]:
    """Set what is given; the channel afterwards. Another address, or switching it on, ends its
    failing: what waits is tried at once. Raises Forbidden, NotFound, BadRequest.
    """
    roles.require(db, actor, "admin", MANAGE)
    before = get(db, actor, channel_id)
    _require_fitting(before["kind"], change)
    columns = _columns(change)
    row = db.execute(
        f"{CHANNELS} WHERE c.org_id = ? AND c.id = ?", (actor.org_id, channel_id)
    ).fetchone()
    changed = {name: value for name, value in columns.items() if row[name] != value}
    if not changed:
        return before
    if changed.get("is_active"):
        _require_reachable(dict(row) | changed)
    if {"recipients", "url", "is_active"} & changed.keys():
        changed |= {"failures": 0, "failing_since": None, "retry_at": None, "last_error": None}
    assignments = ", ".join(f"{name} = :{name}" for name in changed)
    db.execute(
        f"""
        UPDATE alert_channels SET {assignments}, updated_at = :at
        WHERE org_id = :org_id AND id = :id
        """,
        changed | {"at": at, "org_id": actor.org_id, "id": channel_id},
    )
    fields = [WIRE.get(name, name) for name in columns if name in changed]
    audit.record(db, actor, "channel.update", f"channel:{channel_id}", at, fields=fields)
    return get(db, actor, channel_id)


def delete(db: Connection, actor: Actor, channel_id: int, at: str) -> None:
    """And its deliveries. Raises Forbidden, NotFound; Conflict while a rule names it."""
    roles.require(db, actor, "admin", MANAGE)
    found = get(db, actor, channel_id)
    row = db.execute(
        """
        SELECT r.name
        FROM alert_rule_channels rc
        JOIN alert_rules r ON r.id = rc.rule_id
        WHERE r.org_id = ? AND rc.channel_id = ?
        ORDER BY r.id
        LIMIT 1
        """,
        (actor.org_id, channel_id),
    ).fetchone()
    if row is not None:
        raise Conflict(f"The rule {row['name']} tells this channel; change the rule first.")
    db.execute("DELETE FROM alert_channels WHERE org_id = ? AND id = ?", (actor.org_id, channel_id))
    audit.record(db, actor, "channel.delete", f"channel:{channel_id}", at, name=found["name"])


def rotate(db: Connection, actor: Actor, channel_id: int, at: str) -> tuple[dict[str, Any], str]:
    """The channel and its new secret; the old one signs beside it for a day. Raises Forbidden,
    NotFound, Conflict.
    """
    roles.require(db, actor, "admin", MANAGE)
    if get(db, actor, channel_id)["kind"] != "webhook":
        raise Conflict("Only webhooks have a secret.")
    secret = new_secret()
    db.execute(
        """
        UPDATE alert_channels
        SET former_secret = secret, former_until = :until, secret = :secret, updated_at = :at
        WHERE org_id = :org_id AND id = :id
        """,
        {
            "until": clock.timestamp(clock.parse(at) + BOTH_SIGN),
            "secret": secret,
            "at": at,
            "org_id": actor.org_id,
            "id": channel_id,
        },
    )
    audit.record(db, actor, "channel.rotate", f"channel:{channel_id}", at)
    return get(db, actor, channel_id), secret


def test(
    db: Connection, actor: Actor, channel_id: int, address: str | None, at: str
) -> dict[str, Any]:
    """The delivery of a test message, which is sent soon. Mail goes to `address`, else to the
    channel's first one. Raises Forbidden, NotFound, BadRequest.
    """
    roles.require(db, actor, "admin", "send a test")
    channel = get(db, actor, channel_id)
    recipient = channel["target"]
    _require_reachable(channel | {"url": recipient})
    if channel["kind"] == "email":
        given = next((one for one in channel["to"] if "@" in one), None)
        recipient = names.email(address or given or _own_address(db, actor))
    delivery_id = deliveries.add_test(db, actor, channel_id, recipient, at)
    audit.record(db, actor, "channel.test", f"channel:{channel_id}", at)
    return deliveries.get(db, actor, delivery_id)


def _own_address(db: Connection, actor: Actor) -> str:
    row = db.execute("SELECT email FROM users WHERE id = ?", (actor.user_id,)).fetchone()
    if row is None:
        raise BadRequest("This channel names no address: say to which one the test goes.")
    email: str = row["email"]
    return email


def _require_address(kind: str, wanted: Mapping[str, Any]) -> None:
    """Raises BadRequest."""
    _require_fitting(kind, wanted)
    name = "to" if kind == "email" else "url"
    if wanted.get(name) is None:
        raise BadRequest(f"{name}: Missing data for required field.")


def _require_reachable(channel: Mapping[str, Any]) -> None:
    """Raises BadRequest: one that was imported has no address yet."""
    if channel["kind"] != "email" and not channel["url"]:
        raise BadRequest("This channel was imported without its address: set its url first.")


def _require_fitting(kind: str, wanted: Mapping[str, Any]) -> None:
    other = "url" if kind == "email" else "to"
    if wanted.get(other) is not None:
        raise BadRequest(f"{other}: A channel of the kind {kind} has none.")
    url = wanted.get("url")
    if url is not None and (kind == "webhook") != (urlsplit(url).scheme in ("http", "https")):
        needed = "begins with http:// or https://" if kind == "webhook" else "is one of apprise's"
        raise BadRequest(f"url: Must be an address that {needed}.")


WIRE = {
    "recipients": "to",
    "digest_seconds": "digestSeconds",
    "quiet_hours": "quietHours",
    "is_active": "isActive",
}


def _columns(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Raises BadRequest."""
    found: dict[str, Any] = {}
    if "name" in wanted:
        found["name"] = names.name(wanted["name"], "channel's name")
    if wanted.get("to") is not None:
        found["recipients"] = json.dumps(_recipients(wanted["to"]))
    if wanted.get("url") is not None:
        found["url"] = wanted["url"]
    if "digest_seconds" in wanted:
        found["digest_seconds"] = wanted["digest_seconds"]
    if "quiet_hours" in wanted:
        quiet = wanted["quiet_hours"]
        found["quiet_hours"] = None if quiet is None else json.dumps(quiet)
    if "is_active" in wanted:
        found["is_active"] = int(wanted["is_active"])
    return found


def _recipients(wanted: list[str]) -> list[str]:
    """Each once. Raises BadRequest."""
    words = [one if one in ("members", "assignee") else names.email(one) for one in wanted]
    return list(dict.fromkeys(words))


def _insert(
    db: Connection, org_id: int, wanted: Mapping[str, Any], secret: str | None, at: str
) -> int:
    columns = _columns(wanted) | {
        "org_id": org_id, "kind": wanted["kind"], "secret": secret, "created_at": at,
        "updated_at": at,
    }  # fmt: skip
    row = db.execute(
        f"""
        INSERT INTO alert_channels ({", ".join(columns)})
        VALUES ({", ".join(f":{column}" for column in columns)})
        RETURNING id
        """,
        columns,
    ).fetchone()
    channel_id: int = row["id"]
    return channel_id


def new_secret() -> str:
    """As Standard Webhooks have it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


CHANNELS = """
    SELECT c.id, c.name, c.kind, c.recipients, c.url, c.digest_seconds, c.quiet_hours, c.is_active,
           c.failures, c.failing_since, c.last_error, c.last_sent_at, c.retry_at, c.created_at,
           c.updated_at
    FROM alert_channels c
"""


def target(kind: str, url: str | None) -> str:
    """What may be shown of an address."""
    if url is None:
        return ""
    parts = urlsplit(url)
    if kind != "webhook":
        return f"{parts.scheme}://…"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}/…"


def silent_organizations(db: Connection, *, has_mail: bool) -> list[str]:
    """The slugs of those in which no rule in force leads to a channel that can send; for whoever
    runs the server.
    """
    rows = db.execute(
        """
        SELECT o.slug
        FROM organizations o
        WHERE NOT EXISTS (
            SELECT 1
            FROM alert_rules r
            JOIN alert_rule_channels l ON l.rule_id = r.id
            JOIN alert_channels c ON c.id = l.channel_id
            WHERE r.org_id = o.id AND r.is_active = 1 AND c.is_active = 1
              AND (c.kind <> 'email' OR :has_mail = 1)
        )
        ORDER BY o.id
        """,
        {"has_mail": int(has_mail)},
    )
    return [row["slug"] for row in rows]


def failing(db: Connection) -> list[tuple[str, str]]:
    """Names of channels that fail, and of their organizations; for whoever runs the server."""
    rows = db.execute(
        """
        SELECT c.name, o.slug
        FROM alert_channels c
        JOIN organizations o ON o.id = c.org_id
        WHERE c.is_active = 1 AND c.failures > 0
        ORDER BY c.id
        """
    )
    return [(row["name"], row["slug"]) for row in rows]


def trouble(db: Connection, actor: Actor, *, has_mail: bool) -> dict[str, Any]:
    """Of the organization: `is_silent`, nobody would hear of an error, and the names of the
    channels that are `failing`.
    """
    row = db.execute(
        """
        SELECT 1
        FROM alert_rules r
        JOIN alert_rule_channels l ON l.rule_id = r.id
        JOIN alert_channels c ON c.id = l.channel_id
        WHERE r.org_id = :org_id AND r.is_active = 1 AND c.is_active = 1
          AND (c.kind <> 'email' OR :has_mail = 1)
        LIMIT 1
        """,
        {"org_id": actor.org_id, "has_mail": int(has_mail)},
    ).fetchone()
    rows = db.execute(
        """
        SELECT name
        FROM alert_channels
        WHERE org_id = ? AND is_active = 1 AND failures > 0
        ORDER BY id
        """,
        (actor.org_id,),
    )
    return {"is_silent": row is None, "failing": [row["name"] for row in rows]}


def with_health(channel: dict[str, Any], *, has_mail: bool) -> dict[str, Any]:
    """With `health`: how it did of late, in a word and figures."""
    if not channel["is_active"]:
        state = "disabled"
    elif channel["kind"] == "email" and not has_mail:
        state = "unconfigured"
    elif channel["failures"]:
        state = "failing"
    else:
        state = "ok" if channel["last_sent_at"] else "unused"
    names = ("failures", "failing_since", "last_error", "last_sent_at", "retry_at")
    return channel | {"health": {"state": state} | {name: channel[name] for name in names}}


def _shown(row: Row) -> dict[str, Any]:
    found = dict(row)
    url, to = found.pop("url"), json.loads(found.pop("recipients"))
    quiet = found["quiet_hours"]
    is_mail = found["kind"] == "email"
    return found | {
        "to": to if is_mail else None,
        "target": ", ".join(to) if is_mail else target(found["kind"], url),
        "quiet_hours": None if quiet is None else json.loads(quiet),
        "is_active": bool(found["is_active"]),
    }
