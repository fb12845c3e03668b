"""Alert channels: where alerts go."""

from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from jentry.api.describe import describes
from jentry.api.request import body, query, requires
from jentry.app.db import reading, settings, writing
from jentry.schemas.alert_channels import CREATE, OUT, OUTS, PATCH, QUERY, WITH_SECRET
from jentry.schemas.deliveries import OUT as DELIVERY
from jentry.store import alert_channels

bp = Blueprint("alert_channels", __name__)


@bp.get("/alert-channels")
@describes(OUTS, query=QUERY)
@requires("alert:read")
def list_channels() -> ResponseReturnValue:
    """List the organization's alert channels, oldest first."""
    wanted = query(QUERY)
    found = alert_channels.list_for(reading(), g.actor)[: wanted["limit"]]
    return {"data": OUTS.dump([_shown(channel) for channel in found])}


@bp.post("/alert-channels")
@describes(WITH_SECRET, body=CREATE, status=201, errors=(409,))
@requires("alert:write")
def create_channel() -> ResponseReturnValue:
    """Create an alert channel: `email` with `to`, `webhook` or `apprise` with `url`.

    The `url` never comes back, and a webhook's `secret` only here and when it is rotated.
    """
    wanted = body(CREATE)
    with writing() as (db, at):
        channel, secret = alert_channels.create(db, g.actor, wanted, at)
    return {"data": WITH_SECRET.dump(_shown(channel) | {"secret": secret})}, 201


@bp.get("/alert-channels/<id:channel_id>")
@describes(OUT)
@requires("alert:read")
def get_channel(channel_id: int) -> ResponseReturnValue:
    """Fetch a single alert channel, with its health."""
    return {"data": OUT.dump(_shown(alert_channels.get(reading(), g.actor, channel_id)))}


@bp.patch("/alert-channels/<id:channel_id>")
@describes(OUT, body=PATCH)
@requires("alert:write")
def patch_channel(channel_id: int) -> ResponseReturnValue:
    """Change an alert channel; each member as a whole.

    Another address, or switching it on, ends its failing: what waits is tried at once.
    """
    alert_channels.get(reading(), g.actor, channel_id)
    change = body(PATCH)
    with writing() as (db, at):
        channel = alert_channels.update(db, g.actor, channel_id, change, at)
    return {"data": OUT.dump(_shown(channel))}


@bp.delete("/alert-channels/<id:channel_id>")
@describes(None, status=204, errors=(409,))
@requires("alert:write")
def delete_channel(channel_id: int) -> ResponseReturnValue:
    """Delete an alert channel and its deliveries. One that a rule names is refused."""
    with writing() as (db, at):
        alert_channels.delete(db, g.actor, channel_id, at)
    return "", 204


@bp.post("/alert-channels/<id:channel_id>/test")
@describes(DELIVERY, status=202)
@requires("alert:write")
def test_channel(channel_id: int) -> ResponseReturnValue:
    """Send a test message, whatever digest, quiet hours or failures say. There is no body.

    It is tried once, within seconds; the delivery then has the answer. Of a channel of mail the
    first address gets it, else the creator of the token.
    """
    with writing() as (db, at):
        delivery = alert_channels.test(db, g.actor, channel_id, None, at)
    return {"data": DELIVERY.dump(delivery)}, 202


@bp.post("/alert-channels/<id:channel_id>/rotate")
@describes(WITH_SECRET, status=201, errors=(409,))
@requires("alert:write")
def rotate_channel(channel_id: int) -> ResponseReturnValue:
    """Give a webhook a new secret. For 24 hours both sign. There is no body."""
    with writing() as (db, at):
        channel, secret = alert_channels.rotate(db, g.actor, channel_id, at)
    return {"data": WITH_SECRET.dump(_shown(channel) | {"secret": secret})}, 201


def _shown(channel: dict[str, Any]) -> dict[str, Any]:
    return alert_channels.with_health(channel, has_mail=settings().smtp_url is not None)
