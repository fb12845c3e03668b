"""Mail: one message for each recipient, as text and HTML, which loads nothing from anywhere."""

import hashlib
import hmac
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, select_autoescape

from jentry import clock
from jentry.alerts.items import Item, Message
from jentry.alerts.text import header
from jentry.presentation.text import visible
from jentry.store import optouts

MOST_ITEMS = 20
LONGEST_SUBJECT = 300
WIDTH = 78

templates = Environment(
    loader=PackageLoader("jentry.alerts"),
    autoescape=select_autoescape(("html",)),
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who sends: `sender` as JENTRY_MAIL_FROM has it, else None; `secret` is the database's own."""

    sender: str | None
    base_url: str
    secret: bytes

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def address(self) -> str:
        return self.sender or f"jentry@{self.host}"

    def name(self, *parts: object) -> str:
        """An id that follows from what it names: the same in each attempt."""
        text = ".".join(map(str, parts))
        mark = hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()[:16]
        return f"<jentry.{text}.{mark}@{self.host}>"


def unsubscribe_link(head: Letterhead, channel_id: int, email: str) -> str:
    token = optouts.token(head.secret, channel_id, email)
    return f"{head.base_url}/alerts/unsubscribe/{channel_id}/{quote(email, safe='@')}/{token}"


def build(message: Message, recipient: str, head: Letterhead) -> EmailMessage:
    """The same for the same message and recipient, but for the numbers that change."""
    mail = headed(message.subject, message.delivery_id, message.created_at, recipient, head)
    for key, value in _threading(message, head).items():
        mail[key] = value
    link = None
    if message.channel is not None:
        channel_id = message.channel["id"]
        link = unsubscribe_link(head, channel_id, recipient)
        mail["List-Id"] = f"<channel-{channel_id}.{head.host}>"
        if message.kind == "alert" and recipient.isascii():
            mail["List-Unsubscribe"] = f"<{link}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(text(message, link), cte="quoted-printable")
    mail.add_alternative(html(message, link), subtype="html", cte="quoted-printable")
    return mail


def headed(
    subject: str, delivery_id: int, created_at: str, recipient: str, head: Letterhead
) -> EmailMessage:
    """A mail without a body: the same id in each attempt, and no answers by machines."""
    mail = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
    name, address = parseaddr(head.address)
    mail["From"] = f"{header(name or 'jentry', 100)} <{address}>"
    mail["To"] = recipient
    mail["Subject"] = header(subject, LONGEST_SUBJECT)
    mail["Date"] = format_datetime(clock.parse(created_at))
    mail["Message-ID"] = head.name("delivery", delivery_id)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Jentry-Delivery"] = str(delivery_id)
    return mail


def _threading(message: Message, head: Letterhead) -> dict[str, str]:
    """All mails about one issue are one thread from the first, and filters can tell them."""
    if message.kind != "alert" or message.count != 1:
        return {}
    item = message.items[0]
    found = {
        "X-Jentry-Project": header(item.project["slug"], 100),
        "X-Jentry-Condition": item.condition,
    }
    if item.issue is not None:
        thread = head.name("issue", item.issue["id"])
        found |= {
            "In-Reply-To": thread, "References": thread,
            "X-Jentry-Issue": str(item.issue["id"]),
        }  # fmt: skip
    return found


def html(message: Message, unsubscribe: str | None) -> str:
    return templates.get_template("mail.html").render(
        message=message, unsubscribe=unsubscribe, visible=visible
    )


def text(message: Message, unsubscribe: str | None) -> str:
    parts = [visible(line) for line in message.lines]
    for item in message.items:
        parts.append("\n".join(_lines(message, item)))
    if message.more > 0:
        parts.append(f"And {message.more:,} more: {message.all_link}")
    foot = [f"-- \n{visible(message.organization['name'])}, {message.base_url}"]
    if message.channel is not None and message.kind == "alert":
        foot.append(f"You get this by the channel {visible(message.channel['name'])}.")
        if unsubscribe:
            foot.append(f"No more of it: {unsubscribe}")
    return "\n\n".join([*parts, "\n".join(foot)]) + "\n"


def _lines(message: Message, item: Item) -> list[str]:
    found = [f"{item.project_name}: {item.sentence}"]
    if item.issue is not None:
        found.append(item.title)
    found += filter(None, (item.culprit, " · ".join(item.facts), item.state))
    found.append(item.link(message.base_url))
    if item.names:
        found.append(f"Rule: {item.names}")
    return [visible(line) for line in found]
