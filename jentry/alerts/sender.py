"""Senders: a delivery is claimed, written into the form of its channel, sent, and settled. Its text
is made at each attempt; what was resolved, muted or deleted meanwhile is told so or left out.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from email.message import EmailMessage
from email.utils import parseaddr
from functools import partial
from typing import Any, TypeVar

from jentry import clock
from jentry.alerts import chat, letters, mail, smtp, webhook
from jentry.alerts.http import Way
from jentry.alerts.items import Item, Message, test_message
from jentry.alerts.mail import Letterhead
from jentry.alerts.outcome import Gone, Later, Outcome, Refused, Sent
from jentry.settings import Settings
from jentry.store import connection, instance, mail_contents, sending
from jentry.store.connection import Connection, transaction
from jentry.store.database import open_database
from jentry.store.engines.scope import ROWS
from jentry.store.sending import Due

log = logging.getLogger(__name__)

SENDERS = 4
FAILING = 2  # senders that failing channels may hold
TURN = 5.0  # seconds that a sender stays with one channel
STOP_SECONDS = 8.0
SETTLE_EVERY = 1.0  # seconds between attempts to write down what became of it
MOST_ITEMS = {"email": mail.MOST_ITEMS, "webhook": webhook.MOST_ITEMS, "apprise": chat.MOST_ITEMS}
NO_MAIL = "No mail server is set: JENTRY_SMTP_URL."
OPTED_OUT = "This address wants no mail of this channel any more."
NO_NEWS = "It is no news any more, or is not wanted."
NOTHING_LEFT = "Nothing is left to tell: it was muted or deleted meanwhile."
Ready = Callable[[], Outcome]
T = TypeVar("T")
LOCAL_URL = "http://127.0.0.1:8000"


class Senders:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.way = Way(settings.allow_private or (), settings.outgoing_proxy)
        self.base_url = settings.url or LOCAL_URL
        self.is_stopping = threading.Event()
        self._pool = ThreadPoolExecutor(SENDERS, "sender")
        self._guard = threading.Lock()
        self._busy: dict[tuple[int | None, bool], bool] = {}  # channel, test -> whether it fails

    def offer(self, due: Due) -> bool:
        """Begin to send, unless another of its channel is on its way, or too many are."""
        key = (due.channel_id, due.is_test)
        with self._guard:
            is_full = len(self._busy) >= SENDERS
            if is_full or key in self._busy or self.is_stopping.is_set():
                return False
            if due.is_failing and sum(self._busy.values()) >= FAILING:
                return False
            self._busy[key] = due.is_failing
        self._pool.submit(self._run, key, due.id)
        return True

    def wait(self, seconds: float) -> bool:
        """Until nothing is on its way; False when it takes longer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self._guard:
                if not self._busy:
                    return True
            time.sleep(0.01)
        return False

    def close(self) -> None:
        """Let what is on its way arrive, for a while; the rest is sent again after a start."""
        self.is_stopping.set()
        self.wait(STOP_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, key: tuple[int | None, bool], delivery_id: int) -> None:
        next_id: int | None = delivery_id
        end = time.monotonic() + TURN
        try:
            while next_id is not None:
                self._deliver(next_id)
                next_id = self._next(key) if time.monotonic() < end else None
        except Exception:
            log.exception("a delivery failed delivery=%s", next_id)
        finally:
            with self._guard:
                del self._busy[key]

    def _next(self, key: tuple[int | None, bool]) -> int | None:
        """What else the channel has to send: many recipients are told in seconds."""
        if self.is_stopping.is_set():
            return None
        with closing(open_database(self.settings.db)) as db:
            due = sending.due(db, clock.now())
        return next(
            (one.id for one in due if (one.channel_id, one.is_test) == key and not one.is_failing),
            None,
        )

    def _deliver(self, delivery_id: int) -> None:
        with closing(open_database(self.settings.db, write=True)) as db:
            with transaction(db, ROWS) as at:
                delivery = sending.claim(db, delivery_id, at)
            if delivery is None:
                return
            ready = _guarded(delivery, partial(self._prepare, db, delivery))
        self._settle(delivery, _guarded(delivery, ready) if callable(ready) else ready)

    def _prepare(self, db: Connection, delivery: Mapping[str, Any]) -> Ready | str:
        """What sends the message, without the database; or why nothing is to be sent."""
        if (why := self._why_not(db, delivery)) is not None:
            return why
        head = self._letterhead(db)
        if "template" in (delivery["text"] or ()):
            letter = self._letter(db, delivery, head)
            return NO_NEWS if letter is None else partial(self._mail, letter, delivery, head)
        message, channel = self._message(db, delivery), delivery["channel"]
        if message is None:
            return NOTHING_LEFT
        if channel is None or channel["kind"] == "email":
            built = mail.build(message, delivery["recipient"], head)
            return partial(self._mail, built, delivery, head)
        if channel["kind"] == "webhook":
            return partial(webhook.send, message, channel, self.way)
        return partial(chat.send, message, channel["url"], self.way)

    def _why_not(self, db: Connection, delivery: Mapping[str, Any]) -> str | None:
        channel = delivery["channel"]
        if channel is None or channel["kind"] == "email":
            if self.settings.smtp_url is None:
                return NO_MAIL
            is_alert = channel is not None and delivery["kind"] == "alert"
            if is_alert and sending.has_opted_out(db, channel["id"], delivery["recipient"]):
                return OPTED_OUT
        return None

    def _message(self, db: Connection, delivery: Mapping[str, Any]) -> Message | None:
        channel, text = delivery["channel"], delivery["text"]
        organization = sending.organization(db, delivery["org_id"])
        if delivery["kind"] == "test":
            return test_message(delivery, self.base_url, organization)
        head = (delivery["id"], delivery["kind"], delivery["created_at"], self.base_url)
        if text is not None:
            subject, lines = text["subject"], tuple(text["lines"])
            return Message(*head, organization, channel, subject_text=subject, lines=lines)
        most = MOST_ITEMS[channel["kind"]]
        now = clock.timestamp(clock.now())
        found, count = sending.items(db, delivery["batch"], most, now)
        if not found:
            return None
        items = tuple(Item(**row | {"rules": tuple(row["rules"])}) for row in found)
        return Message(*head, organization, channel, items, count)

    def _letterhead(self, db: Connection) -> Letterhead:
        secret = instance.get(db)["secret"]
        return Letterhead(self.settings.mail_from, self.base_url, secret)

    def _letter(
        self, db: Connection, delivery: Mapping[str, Any], head: Letterhead
    ) -> EmailMessage | None:
        """Mail for one person; None when there is nothing to tell."""
        org_id, now = delivery["org_id"], clock.timestamp(clock.now())
        found = mail_contents.look_up(db, org_id, delivery["text"], now)
        if found is None:
            return None
        organization = sending.organization(db, org_id) | {"id": org_id}
        letter = letters.compose(found, organization, head)
        return letters.build(letter, delivery, organization, head)

    def _mail(self, built: EmailMessage, delivery: Mapping[str, Any], head: Letterhead) -> Outcome:
        server = self.settings.smtp_url
        if server is None:
            return Later(NO_MAIL)
        return smtp.send(built, parseaddr(head.address)[1], delivery["recipient"], server)

    def _settle(self, delivery: dict[str, Any], outcome: Outcome | str) -> None:
        """Until it is written: an answer that is not would mean a second copy."""
        while True:
            try:
                with self._writing() as (db, at):
                    _write(db, delivery, outcome, at)
                return
            except connection.errors(OSError) as error:
                log.warning("a delivery is settled later delivery=%d: %s", delivery["id"], error)
                if self.is_stopping.wait(SETTLE_EVERY):
                    return

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, str]]:
        with (
            closing(open_database(self.settings.db, write=True)) as db,
            transaction(db, ROWS) as at,
        ):
            yield db, at


def _guarded(delivery: Mapping[str, Any], step: Callable[[], T]) -> T | Later:
    """What a step gives; what is wrong with one message ends no sender."""
    try:
        return step()
    except Exception as error:
        log.exception("a message could not be made delivery=%d", delivery["id"])
        return Later(f"jentry could not make this message: {type(error).__name__}")


def _write(db: Connection, delivery: dict[str, Any], outcome: Outcome | str, at: str) -> None:
    match outcome:
        case Sent():
            sending.settle_sent(db, delivery, outcome.answer, at)
        case Later():
            sending.settle_later(db, delivery, outcome.error, outcome.retry_after, at)
        case Refused():
            sending.settle_failed(db, delivery, outcome.error)
        case Gone():
            sending.settle_gone(db, delivery, outcome.error)
        case _:
            sending.settle_cancelled(db, delivery, outcome)
