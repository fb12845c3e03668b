"""From a request to a submission: who sends it, is it allowed, what is in it.

Knows neither Flask nor an event loop, so that WSGI and ASGI answer alike:

    Processor.process(incoming, body) -> Processed.submission -> writer -> Processed.answer(result)
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
from jentry.store.client_keys import ProjectConfig, config_of_key
from jentry.store.connection import connect
from jentry.store.payloads import Dictionary
from jentry.store.rows import Outcome, StoreResult, Submission

log = logging.getLogger(__name__)

ATTEMPTS = 5  # to store something while the project's settings change
REMEMBERED = 500  # keys; each project of theirs may come with a dictionary of 120 KB
DRAIN = 100 * 1024 * 1024  # read and thrown away before a 413, so that the client sees it
LOOP_BYTES = 1024 * 1024  # inflated in an event loop at most
MAX_REPORT_BYTES = 64 * 1024  # of browser reports
MAX_ORIGIN = 4096  # characters of an Origin or Referer header
MAX_CHECK_IN_BYTES = 100 * 1024
PLACE = re.compile(r": line \d+ column \d+ \(char \d+\)")
NUMBER = re.compile(r"(?<![-\w])(?:0x[0-9a-f]+|\d+)\b")


class NeedsThread(Exception):
    """More than an event loop should do: a large body, or a look into the database."""


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """The facts of a request that ingestion needs. Header names are lower case."""

    kind: str  # envelope | tunnel | store | security | cron
    headers: Mapping[str, str]
    query: Mapping[str, str]
    project_id: int | None = None  # of the path
    client_ip: str | None = None
    slug: str = ""  # of the path, for check-ins


@dataclass(slots=True)
class Processed:
    """What to store, and what to answer once it is. No submission: there is nothing to store."""

    reply: Answer
    submission: Submission | None = None

    def answer(self, result: StoreResult) -> Answer:
        if result.retry_after:
            return answers.limited(result.retry_after, "quota_exceeded")
        return self.reply


class Processor:
    """One for each process. Remembers keys until `forget`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._configs: OrderedDict[str, ProjectConfig] = OrderedDict()
        self._dictionaries: WeakValueDictionary[int, Dictionary] = WeakValueDictionary()
        self._salt = b""

    def forget(self) -> None:
        """Some project or key has changed since it was remembered."""
        self._configs.clear()

    def wire_limit(self, incoming: IngestRequest) -> int:
        """How many bytes of body to read at most."""
        if incoming.headers.get("content-encoding", "").strip().lower() in ("", "identity"):
            return self.settings.max_envelope_bytes
        return self.settings.max_compressed_bytes

    def process(
        self, incoming: IngestRequest, body: bytes | None, *, in_loop: bool = False
    ) -> Processed:
        """What is refused is answered, and counted when it is known whose it is.

        `body` is None when it went past `wire_limit` and was thrown away. Raises nothing but
        NeedsThread, and that only when `in_loop`.
        """
        opening = _Processing(self, incoming, in_loop)
        try:
            return opening.run(body)
        except Refusal as refusal:
            reply = answers.refused(refusal.status, refusal.message, refusal.headers)
            return Processed(reply, opening.refused_submission(_reason(refusal)))
        except NeedsThread:
            raise
        except Exception:  # a bug of ours, which must not go unnoticed or take others with it
            log.exception("a request could not be processed kind=%s", incoming.kind)
            reply = answers.refused(500, "internal error, see the server's log")
            return Processed(reply, opening.refused_submission("internal_error"))

    def config(self, public_key: str, in_loop: bool = False) -> ProjectConfig:
        """Raises Forbidden for a key that is unknown or disabled.

        `in_loop` it raises NeedsThread for one that has to be looked up.
        """
        found = self._configs.get(public_key)
        if found is None:
            if in_loop:
                raise NeedsThread
            found = self._look_up(public_key)
            if len(self._configs) >= REMEMBERED:
                with contextlib.suppress(KeyError):  # another thread forgets them all meanwhile
                    self._configs.popitem(last=False)
            self._configs[public_key] = found
        return found

    def _look_up(self, public_key: str) -> ProjectConfig:
        db = connect(self.settings.db)
        try:
            self._salt = self._salt or instance.get(db)["secret"]
            found = config_of_key(db, public_key)
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


class _Processing:
    """The processing of one request; what is found out is kept for `refused_submission`."""

    def __init__(self, processor: Processor, incoming: IngestRequest, in_loop: bool) -> None:
        self.processor = processor
        self.in_loop = in_loop
        self.incoming = incoming
        self.received = clock.now()
        self.config: ProjectConfig | None = None

    def run(self, body: bytes | None) -> Processed:
        if body is None:
            with contextlib.suppress(Unauthorized):
                self.authenticate(None)
            limit = self.processor.wire_limit(self.incoming)
            raise TooLarge(f"the request body is larger than {limit} bytes")
        handlers: dict[str, Callable[[bytes], Processed]] = {
            "envelope": self.process_envelope,
            "tunnel": self.process_envelope,
            "store": self.process_store,
            "security": self.process_security,
            "cron": self.process_cron,
        }
        return handlers[self.incoming.kind](body)

    def authenticate(self, dsn: str | None) -> Job:
        incoming = self.incoming
        found: Credentials = credentials(incoming.headers, incoming.query, dsn)
        config = self.processor.config(found.public_key, self.in_loop)
        if incoming.project_id not in (None, config.project_id):
            raise Forbidden("the project id does not belong to this key")
        if found.project_id not in (None, config.project_id):
            raise BadRequest("header mismatch: the DSN names another project than its key")
        self.config = config
        _check_origin(incoming.headers, config.settings.allowed_origins)
        return Job(
            settings=self.processor.settings,
            salt=self.processor.salt,
            config=config,
            received=self.received,
            submission=self.submission(config),
            client_ip=incoming.client_ip,
            user_agent=incoming.headers.get("user-agent"),
        )

    def submission(self, config: ProjectConfig) -> Submission:
        own, server = config.settings, self.processor.settings
        limits = (
            (300, server.quota_5min if own.quota_5min is None else own.quota_5min),
            (3600, server.quota_hour if own.quota_hour is None else own.quota_hour),
        )
        return Submission(
            project_id=config.project_id,
            key_id=config.key_id,
            config_version=config.config_version,
            received_at=clock.timestamp(self.received),
            quotas=tuple((seconds, allowed) for seconds, allowed in limits if allowed),
        )

    def refused_submission(self, reason: str) -> Submission | None:
        """Counts what was refused, by its reason, when its key is known."""
        if self.config is None:
            return None
        submission = self.submission(self.config)
        submission.outcomes.append(Outcome("error", "invalid", reason))
        return submission

    def inflate(self, body: bytes, limit: int) -> bytes:
        inflater = Inflater(
            self.incoming.headers.get("content-encoding", ""),
            max_wire=self.processor.wire_limit(self.incoming),
            max_raw=min(limit, LOOP_BYTES) if self.in_loop else limit,
        )
        try:
            return inflater.whole(body)
        except TooLarge:
            if self.in_loop and limit > LOOP_BYTES:
                raise NeedsThread from None
            raise

    def process_envelope(self, body: bytes) -> Processed:
        job = None
        with contextlib.suppress(Unauthorized):  # a tunnel: the DSN stands in the first line
            job = self.authenticate(None)  # else before the work of opening a stranger's body
        parsed = parse(self.inflate(body, self.processor.settings.max_envelope_bytes))
        items.require_one_event(parsed.items)
        if job is None or parsed.dsn:
            job = self.authenticate(parsed.dsn)
        job.sent_at, job.event_id = parsed.sent_at, parsed.event_id
        for item in sorted(parsed.items, key=lambda item: not items.type_of(item).is_first):
            self.check_size(item)
            items.handle(item, job)
        return self.done(job)

    def check_size(self, item: Item) -> None:
        limit = self.processor.settings.max_event_bytes
        if items.type_of(item).is_first and len(item.payload) > limit:
            raise TooLarge(f"the {item.type} is larger than {limit} bytes")

    def done(self, job: Job) -> Processed:
        if job.is_dropped:  # what belongs to a filtered event goes with it
            for _ in job.submission.attachments:
                job.count("attachment", "filtered", "event_filtered")
            job.submission.attachments.clear()
        return Processed(answers.accepted(job.event_id), job.submission)

    def process_store(self, body: bytes) -> Processed:
        job = self.authenticate(None)
        if "x-sentry-envelope" in self.incoming.headers.get("content-type", ""):
            return self.process_envelope(body)
        limit = self.processor.settings.max_event_bytes
        raw = store_payload(self.inflate(body, limit), limit)
        event.handle(Item("event", {}, raw), job)
        return self.done(job)

    def process_security(self, body: bytes) -> Processed:
        job = self.authenticate(None)
        incoming = self.incoming
        raw = self.inflate(body, MAX_REPORT_BYTES)
        content_type = incoming.headers.get("content-type", "")
        for report in security.reports(raw, content_type, incoming.query, incoming.headers):
            if security.is_browser_internal(report):
                job.count("security", "filtered", "browser_internal")
            else:
                event.add(report, job)
                job.event_id = None  # each report is an event of its own
        return Processed(Answer(200, b"", answers.CORS, "text/plain"), job.submission)

    def process_cron(self, body: bytes) -> Processed:
        """A check-in without an SDK: everything stands in the query or a JSON body."""
        job = self.authenticate(None)
        said = jsontext.loads_or_none(self.inflate(body, MAX_CHECK_IN_BYTES)) if body else {}
        fields: dict[str, Any] = {**self.incoming.query, **(said if isinstance(said, dict) else {})}
        fields["monitor_slug"] = self.incoming.slug
        if isinstance(fields.get("duration"), str):
            fields["duration"] = number(fields["duration"])
        check_in.add(fields, job)
        if not job.submission.check_ins:
            raise BadRequest(f"a check-in needs ?status={'|'.join(check_in.STATUSES)}")
        return Processed(Answer(202, b"{}", answers.CORS), job.submission)


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
    """Raises Forbidden for a browser page that the project does not expect. README: Requests."""
    origin = headers.get("origin") or headers.get("referer")
    if "*" in allowed or not origin:
        return
    with contextlib.suppress(ValueError):  # it is no address
        parts = urlsplit(origin[:MAX_ORIGIN])
        for pattern in allowed:
            host = pattern.removeprefix("*.")
            names = (parts.hostname, f"{parts.scheme}://{parts.netloc}")
            if pattern in names or (host != pattern and f".{parts.hostname}".endswith(f".{host}")):
                return
    raise Forbidden("this origin is not allowed for the project")
