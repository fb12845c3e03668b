"""`jentry mail`, `channel`, `rule`, `delivery`, `notify`"""

import sys
from email.utils import parseaddr
from typing import Any

import click

from jentry import clock
from jentry.alerts import smtp
from jentry.alerts.items import server_test
from jentry.alerts.mail import Letterhead, build
from jentry.alerts.outcome import Sent
from jentry.alerts.sender import LOCAL_URL
from jentry.cli.base import (
    Target,
    answer,
    database_option,
    json_option,
    leave,
    operator,
    org_option,
    table,
)
from jentry.errors import BadRequest
from jentry.schemas.alert_channels import CREATE, OUT, OUTS
from jentry.schemas.alert_rules import OUTS as RULES
from jentry.schemas.base import load
from jentry.schemas.deliveries import OUT as DELIVERY
from jentry.schemas.deliveries import OUTS as DELIVERIES
from jentry.store import alert_channels, alert_rules, deliveries, instance, migrations, names
from jentry.upkeep import alerts as job
from jentry.upkeep import process
from jentry.upkeep.job import Job
from jentry.vocabulary import CHANNEL_KINDS, MAX_ID


@click.group()
def mail() -> None:
    """Mail: what JENTRY_SMTP_URL leads to."""


@mail.command("test")
@click.argument("address")
@json_option
@database_option
def test_mail_server(target: Target, address: str, as_json: bool) -> None:
    """Send a test mail at once, and show what the mail server says to it."""
    settings = target.settings
    server = settings.smtp_url
    if server is None:
        leave("No mail server is set. JENTRY_SMTP_URL=smtps://user:password@host names one.")
    recipient = names.email(address)
    with target.reading() as db:
        secret = instance.get(db)["secret"]
    head = Letterhead(settings.mail_from, settings.url or LOCAL_URL, secret)
    message = build(server_test(head.base_url, clock.timestamp(clock.now())), recipient, head)
    outcome = smtp.send(message, parseaddr(head.address)[1], recipient, server)
    if not isinstance(outcome, Sent):
        leave(f"{server.host}:{server.port} did not take the mail: {outcome.error}")
    line = f"{server.host} took the mail to {recipient}: {outcome.answer}"
    answer(as_json, {"host": server.host, "to": recipient, "answer": outcome.answer}, line)


@click.group()
def channel() -> None:
    """Alert channels: where alerts go."""


@channel.command("list")
@org_option
@json_option
@database_option
def list_channels(target: Target, org_slug: str, as_json: bool) -> None:
    """List an organization's alert channels, with their health."""
    with target.reading() as db:
        found = [_shown(target, one) for one in alert_channels.list_for(db, operator(db, org_slug))]
    rows = [
        (one["id"], one["name"], one["kind"], one["target"], one["health"]["state"],
         one["health"]["last_error"])
        for one in found
    ]  # fmt: skip
    answer(as_json, OUTS.dump(found), *table(rows, "No channel yet."))


@channel.command("create")
@click.argument("name")
@org_option
@click.option("--kind", required=True, type=click.Choice(CHANNEL_KINDS))
@click.option("--to", multiple=True, help="Of mail: members, assignee or an address; repeatable.")
@click.option("--url-stdin", is_flag=True, help="Read the address from standard input.")
@json_option
@database_option
def create_channel(
    target: Target, name: str, org_slug: str, kind: str, to: tuple[str, ...], url_stdin: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Create an alert channel. The address of a webhook or chat is read from standard input, as
    arguments can be seen by others.
    """
    wanted: dict[str, Any] = {"name": name, "kind": kind} | ({"to": list(to)} if to else {})
    if url_stdin:
        wanted["url"] = sys.stdin.readline().strip()
    with target.writing() as (db, at):
        made, secret = alert_channels.create(db, operator(db, org_slug), load(CREATE, wanted), at)
    shown = OUT.dump(_shown(target, made)) | {"secret": secret}
    lines = [f"Channel {made['id']}, {made['name']}, tells {made['target']}."]
    if secret:
        lines.append(f"It signs with {secret}, which is not shown again.")
    answer(as_json, shown, *lines)


@channel.command("test")
@click.argument("channel_id", metavar="ID", type=click.IntRange(1, MAX_ID))
@org_option
@click.option("--to", "address", help="Of mail: the address that gets it.")
@json_option
@database_option
def test_channel(
    target: Target, channel_id: int, org_slug: str, address: str | None, as_json: bool
) -> None:
    """Queue a test message. The server, or `jentry notify`, sends it within seconds."""
    with target.writing() as (db, at):
        found = alert_channels.test(db, operator(db, org_slug), channel_id, address, at)
    line = f"Delivery {found['id']} to {found['recipient']}; `jentry delivery list` has its answer."
    answer(as_json, DELIVERY.dump(found), line)


@click.group()
def rule() -> None:
    """Alert rules: when somebody is told."""


@rule.command("list")
@org_option
@json_option
@database_option
def list_rules(target: Target, org_slug: str, as_json: bool) -> None:
    """List an organization's alert rules."""
    with target.reading() as db:
        found = alert_rules.list_for(db, operator(db, org_slug))
    rows = [
        (one["id"], one["name"], ", ".join(c["kind"] for c in one["conditions"]),
         "active" if one["is_active"] else "off", one["last_matched_at"])
        for one in found
    ]  # fmt: skip
    answer(as_json, RULES.dump(found), *table(rows, "No rule yet."))


@click.group()
def delivery() -> None:
    """Deliveries: what was told to whom."""


@delivery.command("list")
@org_option
@click.option("--limit", type=click.IntRange(1, 100), default=25, show_default=True)
@json_option
@database_option
def list_deliveries(target: Target, org_slug: str, limit: int, as_json: bool) -> None:
    """List the latest deliveries of an organization, newest first."""
    filters = dict.fromkeys(("channel_id", "rule_id", "issue_id", "state"))
    with target.reading() as db:
        actor = operator(db, org_slug)
        found, _ = deliveries.page(db, actor, filters | {"limit": limit, "page": 1})
    rows = [
        (one["id"], one["created_at"], one["kind"], one["recipient"], one["state"],
         one["answer"] or one["error"])
        for one in found
    ]  # fmt: skip
    answer(as_json, DELIVERIES.dump(found), *table(rows, "No delivery yet."))


@click.command()
@database_option
def notify(target: Target) -> None:
    """Decide and send alerts, until told to stop (Ctrl-C, or SIGTERM), and nothing else.

    `jentry serve` and `jentry upkeep` do it themselves, with all else that is to be done.
    """
    settings = target.settings
    migrations.require_current(settings.db)
    if not settings.alerts:
        raise BadRequest("JENTRY_ALERTS is off.")
    click.echo(f"jentry sends the alerts of {settings.db} (Ctrl-C stops it).")
    process.run(settings, only=(Job("alerts", job.run, every=1),))


def _shown(target: Target, found: dict[str, Any]) -> dict[str, Any]:
    has_mail = target.settings.smtp_url is not None
    return alert_channels.with_health(found, has_mail=has_mail)
