"""From a request to a submission: who sends it, is it allowed, what is in it.

Knows neither Flask nor an event loop, so that WSGI and ASGI answer alike:

    Processor.process(incoming, body) -> Processed.submission -> writer -> Processed.answer(result)
"""

import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

from jentry import clock, quotas
from jentry.errors import BadRequest, Forbidden, Refusal, TooLarge, Unauthorized
from jentry.ingest import answers, items, jsontext, security
from jentry.ingest.answers import Answer
from jentry.ingest.auth import Credentials, check_origin, credentials
from jentry.ingest.body import Inflater, beginning, store_payload
from jentry.ingest.envelope import Item, is_lone_event, parse
from jentry.ingest.items import check_in, event
from jentry.ingest.job import Job
from jentry.ingest.outage import AGAIN, Outage
from jentry.ingest.stored_facts import StoredFacts
from jentry.ingest.symbolication.symbols import NotInLoop, Symbols, Unmapped
from jentry.mapper.master import Mapper
from jentry.settings import Settings
from jentry.store import connection, instance, trouble
from jentry.store.client_keys import ProjectConfig, config_of_key, is_of_deleted
from jentry.store.kept import KeptReader
from jentry.store.payloads import Dictionary
from jentry.store.rows import Outcome, RateLimit, StoreResult, Submission

log = logging.getLogger(__name__)

ATTEMPTS = 5  # to store something while the project's settings change
REMEMBERED = 500  # keys
MOST_DICTIONARIES = 32  # of their projects: each takes some hundred KB
LOOP_BYTES = 128 * 1024  # of a body, inflated: what an event loop takes at most
MAX_REPORT_BYTES = 64 * 1024  # of browser reports
WIRE_LIMITS = {"security": MAX_REPORT_BYTES, "cron": items.MAX_JSON}
# What is not looked at while the project is over its quota: the category of each item type.
WITH_EVENT = {"event": "error", "attachment": "attachment"}


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
    tells_limits: bool = True
    limits: tuple[RateLimit, ...] = ()  # known before it was stored

    def answer(self, result: StoreResult) -> Answer:
        limits = self.limits + result.rate_limits
        if limits and self.tells_limits:
            return answers.limited(limits)
        return self.reply


class Processor:
    """One for each process. Remembers keys until `forget`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._configs: OrderedDict[str, ProjectConfig] = OrderedDict()
        self._dictionaries: WeakValueDictionary[int, Dictionary] = WeakValueDictionary()
        self._salt = b""
        self._outage = Outage()
        self.keys = KeptReader(settings.db)
        self.symbols = Symbols(settings.db, self.keys, Mapper())
        self.stored = StoredFacts()

    def forget(self) -> None:
        """Some project, key, artifact or issue has changed since it was remembered."""
        self._configs.clear()
        self.symbols.forget()
        self.stored.forget()

    def close(self) -> None:
        self.symbols.close()
        self.keys.close()

    def wire_limit(self, incoming: IngestRequest) -> int:
        """How many bytes of body to read at most."""
        if incoming.headers.get("content-encoding", "").strip().lower() in ("", "identity"):
            limit = self.settings.max_envelope_bytes
        else:
            limit = self.settings.max_compressed_bytes
        return min(limit, WIRE_LIMITS.get(incoming.kind, limit))

    def refusal(self, incoming: IngestRequest, *, in_loop: bool = False) -> Processed | None:
        """What `process` would give whatever the body is: the key that is named is not accepted.

        Raises NeedsThread, as `config` does.
        """
        opening = _Processing(self, incoming, in_loop)
        try:
            opening.identify(None)
        except Unauthorized as refusal:
            if incoming.kind not in ("envelope", "tunnel"):  # these may name it in the body
                return opening.refused(refusal)
        except Refusal as refusal:
            return opening.refused(refusal)
        except NeedsThread:
            raise
        except Exception:  # `process` meets it again, and says so
            log.debug("a key could not be looked up", exc_info=True)
        return None

    def process(
        self,
        incoming: IngestRequest,
        body: bytes | None,
        *,
        in_loop: bool = False,
        is_final: bool = False,
    ) -> Processed:
        """What is refused is answered, and counted when it is known whose it is.

        `body` is None when it went past `wire_limit` and was thrown away. Raises nothing but
        NeedsThread, and that only when `in_loop`, and Unmapped, unless `is_final`.
        """
        opening = _Processing(self, incoming, in_loop, is_final)
        try:
            return opening.run(body)
        except Refusal as refusal:
            return opening.refused(refusal)
        except NotInLoop:
            raise NeedsThread from None
        except (NeedsThread, Unmapped):
            raise
        except Exception as error:
            if reason := trouble.reason(error):
                log.warning("a request could not be processed kind=%s: %s", incoming.kind, reason)
                return Processed(answers.unstorable(reason))
            # A bug of ours, which must not go unnoticed or take others with it.
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
            found = self._found(public_key)
            with contextlib.suppress(KeyError):  # another thread forgets them all meanwhile
                while self._is_full():
                    self._configs.popitem(last=False)
            self._configs[public_key] = found
        return found

    def _is_full(self) -> bool:
        many = len(self._dictionaries) > MOST_DICTIONARIES and len(self._configs) > 1
        return many or len(self._configs) >= REMEMBERED

    def _found(self, public_key: str) -> ProjectConfig:
        """As `_look_up`, done again where a server is lost: as what is stored, and as long."""
        while True:
            try:
                found = self._look_up(public_key)
            except connection.errors() as error:
                if not trouble.is_lost(error) or not self._outage.may_wait():
                    raise
            else:
                self._outage.end()
                return found
            time.sleep(AGAIN)

    def _look_up(self, public_key: str) -> ProjectConfig:
        with self.keys.reading() as db:
            self._salt = instance.get(db)["secret"]  # of the file that is there now
            found = config_of_key(db, public_key)
            is_deleted = found is None and is_of_deleted(db, public_key)
        if is_deleted:
            raise Forbidden("this project has been deleted")
        if found is None:
            raise Forbidden("the key of this DSN is unknown or disabled")
        limits = quotas.in_force(self.settings, found.settings)
        shared = found.dictionary  # by all keys of a project
        if shared:
            shared = self._dictionaries.setdefault(shared.number, shared)
        return replace(found, limits=limits, dictionary=shared)

    @property
    def salt(self) -> bytes:
        return self._salt


class _Processing:
    """The processing of one request; what is found out is kept for `refused_submission`."""

    def __init__(
        self, processor: Processor, incoming: IngestRequest, in_loop: bool, is_final: bool = True
    ) -> None:
        self.processor, self.in_loop, self.is_final = processor, in_loop, is_final
        self.incoming = incoming
        self.received = clock.now()
        self.config: ProjectConfig | None = None

    def run(self, body: bytes | None) -> Processed:
        if body is None:
            with contextlib.suppress(Unauthorized):
                self.authenticate(None)
            limit = self.processor.wire_limit(self.incoming)
            raise TooLarge(f"the request body is larger than {limit} bytes")
        handlers = {
            "envelope": self.process_envelope,
            "tunnel": self.process_envelope,
            "store": self.process_store,
            "security": self.process_security,
            "cron": self.process_cron,
        }
        return handlers[self.incoming.kind](body)

    def identify(self, dsn: str | None) -> ProjectConfig:
        """Raises Unauthorized, Forbidden, BadRequest."""
        incoming = self.incoming
        found: Credentials = credentials(incoming.headers, incoming.query, dsn)
        config = self.processor.config(found.public_key, self.in_loop)
        if incoming.project_id not in (None, config.project_id):
            raise Forbidden("the project id does not belong to this key")
        if found.project_id not in (None, config.project_id):
            raise BadRequest("header mismatch: the DSN names another project than its key")
        self.config = config
        check_origin(incoming.headers, config.settings.allowed_origins)
        return config

    def authenticate(self, dsn: str | None) -> Job:
        config, incoming = self.identify(dsn), self.incoming
        return Job(
            settings=self.processor.settings,
            salt=self.processor.salt,
            config=config,
            received=self.received,
            submission=self.submission(config),
            client_ip=incoming.client_ip,
            user_agent=incoming.headers.get("user-agent"),
            symbols=self.processor.symbols,
            stored=self.processor.stored,
            in_loop=self.in_loop,
            is_final=self.is_final,
        )

    def submission(self, config: ProjectConfig) -> Submission:
        return Submission(
            project_id=config.project_id,
            key_id=config.key_id,
            config_version=config.config_version,
            received_at=clock.timestamp(self.received),
            limits=config.limits,
            is_quiet=not self.processor.settings.alerts,
        )

    def refused(self, refusal: Refusal) -> Processed:
        reply = answers.refused(refusal.status, refusal.message, refusal.headers)
        return Processed(reply, self.refused_submission(answers.reason(refusal)))

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
        if job and (full := self.full(job)) and self.is_lone_event(body):
            job.count("error", "rate_limited", "quota")
            return self.limited(job, full)
        parsed = parse(self.inflate(body, self.processor.settings.max_envelope_bytes))
        items.require_one_event(parsed.items)
        if job is None or parsed.dsn:
            job = self.authenticate(parsed.dsn)
        job.sent_at, job.event_id = parsed.sent_at, parsed.event_id
        full = self.full(job) if any(item.type == "event" for item in parsed.items) else None
        for item in sorted(parsed.items, key=lambda item: not items.type_of(item).is_first):
            self.check_size(item)
            if full and item.type in WITH_EVENT:
                job.count(WITH_EVENT[item.type], "rate_limited", "quota")
            else:
                items.handle(item, job)
        return self.limited(job, full) if full else self.done(job)

    def is_lone_event(self, body: bytes) -> bool:
        """Without opening it; one that says so and is not is refused like those that are."""
        begin, size = beginning(body, self.incoming.headers.get("content-encoding", ""))
        return is_lone_event(begin, size)

    def full(self, job: Job) -> RateLimit | None:
        return self.processor.stored.full(job.config.project_id, self.received)

    def limited(self, job: Job, limit: RateLimit) -> Processed:
        return Processed(answers.limited([limit]), job.submission, limits=(limit,))

    def check_size(self, item: Item) -> None:
        limit = self.processor.settings.max_event_bytes
        if items.type_of(item).is_first and item.size > limit:
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
        if full := self.full(job):
            job.count("error", "rate_limited", "quota")
            return self.limited(job, full)
        limit = self.processor.settings.max_event_bytes
        raw = store_payload(self.inflate(body, limit), limit)
        event.handle(Item("event", {}, raw), job)
        return self.done(job)

    def process_security(self, body: bytes) -> Processed:
        job = self.authenticate(None)
        incoming = self.incoming
        raw = self.inflate(body, MAX_REPORT_BYTES)
        content_type = incoming.headers.get("content-type", "")
        full = self.full(job)
        for report in security.reports(raw, content_type, incoming.query, incoming.headers):
            if security.is_browser_internal(report):
                job.count("security", "filtered", "browser_internal")
            elif full:
                job.count("security", "rate_limited", "quota")
            else:
                event.add(report, job)
                job.event_id = None  # each report is an event of its own
        if full:
            return self.limited(job, full)
        return Processed(Answer(200, b"", answers.CORS, "text/plain"), job.submission)

    def process_cron(self, body: bytes) -> Processed:
        """A check-in without an SDK: everything stands in the query or a JSON body."""
        job = self.authenticate(None)
        said = jsontext.loads_or_none(self.inflate(body, items.MAX_JSON)) if body else {}
        fields: dict[str, Any] = {**self.incoming.query, **(said if isinstance(said, dict) else {})}
        fields["monitor_slug"] = self.incoming.slug
        if isinstance(fields.get("duration"), str):
            fields["duration"] = check_in.number(fields["duration"])
        check_in.add(fields, job)
        if not job.submission.check_ins:
            raise BadRequest(f"a check-in needs ?status={'|'.join(check_in.STATUSES)}")
        # Jobs report by curl and the like: a refusal would look like a failure of the job.
        return Processed(Answer(202, b"{}", answers.CORS), job.submission, tells_limits=False)
