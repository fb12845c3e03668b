"""From a request to a parcel: who sends it, is it allowed, what is in it.

Knows neither Flask nor an event loop, so that every front answers alike:

    delivery -> Door.open(delivery, body) -> Opened.parcel -> writer -> Opened.answer(receipt)
"""

import contextlib
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from jentry import clock
from jentry.errors import BadRequest, Forbidden, Refusal, TooLarge, Unauthorized
from jentry.ingest import answers, items, jsontext, security
from jentry.ingest.answers import Answer
from jentry.ingest.auth import Credentials, credentials
from jentry.ingest.body import Inflater, store_payload
from jentry.ingest.envelope import Item, parse
from jentry.ingest.items import check_in, event
from jentry.ingest.job import Job
from jentry.settings import Settings
from jentry.store import instance
from jentry.store.client_keys import Admission, admit
from jentry.store.connection import connect
from jentry.store.parcel import Outcome, Parcel, Receipt
from jentry.store.payloads import Dictionary

log = logging.getLogger(__name__)

ATTEMPTS = 5  # to store something while the project's settings change
REMEMBERED = 500  # keys; each project of theirs may come with a dictionary of 120 KB
DRAIN = 100 * 1024 * 1024  # read and thrown away before a 413, so that the client sees it
LIGHT_BYTES = 1024 * 1024  # inflated in an event loop at most
MAX_REPORT_BYTES = 64 * 1024  # of browser reports
MAX_CHECK_IN_BYTES = 100 * 1024
PLACE = re.compile(r": line \d+ column \d+ \(char \d+\)")
NUMBER = re.compile(r"(?<![-\w])(?:0x[0-9a-f]+|\d+)\b")


class Heavy(Exception):
    """More than an event loop should do: a large body, or a look into the database."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The facts of a request that ingestion needs. Header names are lower case."""

    kind: str  # envelope | tunnel | store | security | cron
    headers: Mapping[str, str]
    query: Mapping[str, str]
    project_id: int | None = None  # of the path
    client_ip: str | None = None
    slug: str = ""  # of the path, for check-ins


@dataclass(slots=True)
class Opened:
    """What to store, and what to answer once it is. Without a parcel there is nothing to store."""

    reply: Answer
    parcel: Parcel | None = None

    def answer(self, receipt: Receipt) -> Answer:
        if receipt.retry_after:
            return answers.limited(receipt.retry_after, "quota_exceeded")
        return self.reply


class Door:
    """One for each process. Remembers keys until `forget`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._admissions: OrderedDict[str, Admission] = OrderedDict()
        self._dictionaries: WeakValueDictionary[int, Dictionary] = WeakValueDictionary()
        self._salt = b""

    def forget(self) -> None:
        """Some project or key has changed since it was remembered."""
        self._admissions.clear()

    def wire_limit(self, delivery: Delivery) -> int:
        """How many bytes of body to read at most."""
        if delivery.headers.get("content-encoding", "").strip().lower() in ("", "identity"):
            return self.settings.max_envelope_bytes
        return self.settings.max_compressed_bytes

    def open(self, delivery: Delivery, body: bytes | None, *, light: bool = False) -> Opened:
        """What is refused is answered, and counted when it is known whose it is.

        `body` is None when it went past `wire_limit` and was thrown away. Raises nothing but
        Heavy, and that only when `light`.
        """
        opening = _Opening(self, delivery, light)
        try:
            return opening.run(body)
        except Refusal as refusal:
            reply = answers.refused(refusal.status, refusal.message, refusal.headers)
            return Opened(reply, opening.refused_parcel(_reason(refusal)))
        except Heavy:
            raise
        except Exception:  # a bug of ours, which must not go unnoticed or take others with it
            log.exception("a delivery could not be opened kind=%s", delivery.kind)
            reply = answers.refused(500, "internal error, see the server's log")
            return Opened(reply, opening.refused_parcel("internal_error"))

    def admission(self, public_key: str, light: bool = False) -> Admission:
        """Raises Forbidden for a key that is unknown or disabled; Heavy to find out, if `light`."""
        found = self._admissions.get(public_key)
        if found is None:
            if light:
                raise Heavy
            found = self._look_up(public_key)
            if len(self._admissions) >= REMEMBERED:
                with contextlib.suppress(KeyError):  # another thread forgets them all meanwhile
                    self._admissions.popitem(last=False)
            self._admissions[public_key] = found
        return found

    def _look_up(self, public_key: str) -> Admission:
        db = connect(self.settings.db)
        try:
            self._salt = self._salt or instance.get(db)["secret"]
            found = admit(db, public_key)
        finally:
            db.close()
        if found is None:
            raise Forbidden("the key of this DSN is unknown or disabled")
        if new := found.dictionary:  # all keys of a project share one
            found = replace(found, dictionary=self._dictionaries.setdefault(new.number, new))
        return found

    @property
    def salt(self) -> bytes:
        return self._salt


class _Opening:
    """The opening of one delivery; what it has found out so far is kept for `refused_parcel`."""

    def __init__(self, door: Door, delivery: Delivery, light: bool) -> None:
        self.door = door
        self.light = light
        self.delivery = delivery
        self.received = clock.now()
        self.admission: Admission | None = None

    def run(self, body: bytes | None) -> Opened:
        if body is None:
            with contextlib.suppress(Unauthorized):
                self.authenticate(None)
            limit = self.door.wire_limit(self.delivery)
            raise TooLarge(f"the request body is larger than {limit} bytes")
        openers: dict[str, Callable[[bytes], Opened]] = {
            "envelope": self.open_envelope,
            "tunnel": self.open_envelope,
            "store": self.open_store,
            "security": self.open_security,
            "cron": self.open_cron,
        }
        return openers[self.delivery.kind](body)

    def authenticate(self, dsn: str | None) -> Job:
        delivery = self.delivery
        found: Credentials = credentials(delivery.headers, delivery.query, dsn)
        admission = self.door.admission(found.public_key, self.light)
        if delivery.project_id not in (None, admission.project_id):
            raise Forbidden("the project id does not belong to this key")
        if found.project_id not in (None, admission.project_id):
            raise BadRequest("header mismatch: the DSN names another project than its key")
        self.admission = admission
        _check_origin(delivery.headers, admission.settings.allowed_origins)
        return Job(
            settings=self.door.settings,
            salt=self.door.salt,
            admission=admission,
            received=self.received,
            parcel=self.parcel(admission),
            client_ip=delivery.client_ip,
            user_agent=delivery.headers.get("user-agent"),
        )

    def parcel(self, admission: Admission) -> Parcel:
        own, server = admission.settings, self.door.settings
        limits = (
            (300, server.quota_5min if own.quota_5min is None else own.quota_5min),
            (3600, server.quota_hour if own.quota_hour is None else own.quota_hour),
        )
        return Parcel(
            project_id=admission.project_id,
            key_id=admission.key_id,
            config_version=admission.config_version,
            received_at=clock.timestamp(self.received),
            quotas=tuple((seconds, allowed) for seconds, allowed in limits if allowed),
        )

    def refused_parcel(self, reason: str) -> Parcel | None:
        """Counts what was refused, by its reason, when its key is known."""
        if self.admission is None:
            return None
        parcel = self.parcel(self.admission)
        parcel.outcomes.append(Outcome("error", "invalid", reason))
        return parcel

    def inflate(self, body: bytes, limit: int) -> bytes:
        inflater = Inflater(
            self.delivery.headers.get("content-encoding", ""),
            max_wire=self.door.wire_limit(self.delivery),
            max_raw=min(limit, LIGHT_BYTES) if self.light else limit,
        )
        try:
            return inflater.whole(body)
        except TooLarge:
            if self.light and limit > LIGHT_BYTES:
                raise Heavy from None
            raise

    def open_envelope(self, body: bytes) -> Opened:
        job = None
        with contextlib.suppress(Unauthorized):  # a tunnel: the DSN stands in the first line
            job = self.authenticate(None)  # else before the work of opening a stranger's body
        parsed = parse(self.inflate(body, self.door.settings.max_envelope_bytes))
        if job is None or parsed.dsn:
            job = self.authenticate(parsed.dsn)
        job.sent_at, job.event_id = parsed.sent_at, parsed.event_id
        for item in sorted(parsed.items, key=lambda item: item.type not in items.EVENT_LIKE):
            self.check_size(item)
            items.handle(item, job)
        return self.done(job)

    def check_size(self, item: Item) -> None:
        limit = self.door.settings.max_event_bytes
        if item.type in items.EVENT_LIKE and len(item.payload) > limit:
            raise TooLarge(f"the {item.type} is larger than {limit} bytes")

    def done(self, job: Job) -> Opened:
        if job.is_dropped:  # what belongs to a filtered event goes with it
            for _ in job.parcel.attachments:
                job.count("attachment", "filtered", "event_filtered")
            job.parcel.attachments.clear()
        return Opened(answers.accepted(job.event_id), job.parcel)

    def open_store(self, body: bytes) -> Opened:
        job = self.authenticate(None)
        if "x-sentry-envelope" in self.delivery.headers.get("content-type", ""):
            return self.open_envelope(body)
        limit = self.door.settings.max_event_bytes
        raw = store_payload(self.inflate(body, limit), limit)
        event.handle(Item("event", {}, raw), job)
        return self.done(job)

    def open_security(self, body: bytes) -> Opened:
        job = self.authenticate(None)
        delivery = self.delivery
        raw = self.inflate(body, MAX_REPORT_BYTES)
        content_type = delivery.headers.get("content-type", "")
        for report in security.reports(raw, content_type, delivery.query, delivery.headers):
            if security.is_browser_internal(report):
                job.count("security", "filtered", "browser_internal")
            else:
                event.add(report, job)
                job.event_id = None  # each report is an event of its own
        return Opened(Answer(200, b"", answers.CORS, "text/plain"), job.parcel)

    def open_cron(self, body: bytes) -> Opened:
        """A check-in without an SDK: everything stands in the query or a JSON body."""
        job = self.authenticate(None)
        said = jsontext.loads_or_none(self.inflate(body, MAX_CHECK_IN_BYTES)) if body else {}
        fields: dict[str, Any] = {**self.delivery.query, **(said if isinstance(said, dict) else {})}
        fields["monitor_slug"] = self.delivery.slug
        if isinstance(fields.get("duration"), str):
            fields["duration"] = number(fields["duration"])
        check_in.add(fields, job)
        if not job.parcel.check_ins:
            raise BadRequest(f"a check-in needs ?status={'|'.join(check_in.STATUSES)}")
        return Opened(Answer(202, b"{}", answers.CORS), job.parcel)


def _reason(refusal: Refusal) -> str:
    """The message without what differs from body to body: each reason is a row for every hour."""
    if isinstance(refusal, TooLarge):
        return "too_large"
    return NUMBER.sub("n", PLACE.sub("", refusal.message))[:200]


def number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _check_origin(headers: Mapping[str, str], allowed: tuple[str, ...]) -> None:
    """Raises Forbidden for a browser page that the project does not expect. PROTOCOL 1.3."""
    origin = headers.get("origin") or headers.get("referer")
    if "*" in allowed or not origin:
        return
    parts = urlsplit(origin)
    for pattern in allowed:
        host = pattern.removeprefix("*.")
        names = (parts.hostname, f"{parts.scheme}://{parts.netloc}")
        if pattern in names or (host != pattern and f".{parts.hostname}".endswith(f".{host}")):
            return
    raise Forbidden("this origin is not allowed for the project")
