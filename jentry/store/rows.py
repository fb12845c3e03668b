"""What ingestion hands to the writer: one submission per request, of rows ready to be stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

FIXED = 600  # bytes of an event's rows and index entries
PER_TAG = 80
PER_PERSON = 40


@dataclass(slots=True)
class EventRow:
    """One error or message event. Times are fixed-width UTC text."""

    event_id: bytes  # 16
    timestamp: str
    type: str  # one of vocabulary.EVENT_TYPES
    level: str
    title: str
    culprit: str
    search: str
    environment: str | None
    release: str | None
    user_hash: bytes | None
    tags: tuple[tuple[str, str], ...]  # indexed: the event's own and those derived from it
    hash_version: int
    hash: bytes
    components: str  # JSON: why it is grouped so
    payload: bytes  # packed by store/payloads.py
    facets: str = ""  # by search/facets.py, like `shape`, which stands for them
    shape: bytes = b""  # 8
    people: tuple[bytes, ...] = ()  # hashes of each thing its user is known by
    trace: str = ""  # 32 hexadecimal digits
    # Version and hash by older rules, newest first; None: `hash` is known, nobody will ask.
    formers: tuple[tuple[int, bytes], ...] | None = ()
    symbolication: str | None = None  # as the column says
    wants: tuple[str, ...] = ()  # artifacts that its frames lacked

    @property
    def size(self) -> int:
        """Roughly the bytes of disk it takes, were all its tags new: each stands there twice."""
        tags = "".join(chain.from_iterable(self.tags)).encode(errors="replace")
        text = len(self.components) + 3 * len(self.search) + len(self.facets)
        rows = PER_TAG * len(self.tags) + PER_PERSON * len(self.people)
        return FIXED + len(self.payload) + text + 2 * len(tags) + rows


@dataclass(slots=True)
class SessionRow:
    """One update of one session."""

    sid: bytes  # 16
    release: str
    environment: str | None
    did_hash: bytes | None
    started: str
    timestamp: str
    status: str  # one of vocabulary.SESSION_STATUSES
    errors: int


@dataclass(slots=True)
class SessionCounts:
    """Sessions that were counted by the client. The four parts are disjoint."""

    release: str
    environment: str | None
    started: str
    exited: int
    errored: int
    crashed: int
    abnormal: int
    unhandled: int


@dataclass(slots=True)
class AttachmentRow:
    event_id: bytes
    filename: str
    content_type: str
    attachment_type: str
    size: int  # bytes, before packing
    sha256: str
    data: bytes  # packed


@dataclass(slots=True)
class ReportRow:
    """What a person wrote: a legacy user report or a feedback."""

    report_id: bytes
    event_id: bytes | None
    source: str  # user_report | feedback
    name: str | None
    email: str | None
    comments: str
    url: str | None


@dataclass(slots=True)
class CheckInRow:
    monitor_slug: str
    check_in_id: bytes | None  # None: update the latest one in progress, or make one
    status: str  # in_progress | ok | error
    duration: float | None  # seconds
    environment: str | None
    release: str | None
    config: str | None  # JSON


@dataclass(slots=True)
class Outcome:
    """What became of something that is not in the rows, or not only: counted per key and hour."""

    category: str
    outcome: str  # one of vocabulary.OUTCOMES
    reason: str = ""
    quantity: int = 1
    hour: str | None = None  # of a client's own report; else that of receipt


@dataclass(slots=True)
class Submission:
    """All rows of one request. They are stored together or not at all."""

    project_id: int
    key_id: int
    config_version: int  # of the project settings it was prepared under
    received_at: str
    is_quiet: bool = False  # nobody is alerted: what is imported or invented is no news
    limits: Mapping[str, int] = field(default_factory=dict)  # of jentry/quotas.py, by name
    events: list[EventRow] = field(default_factory=list)  # one; several from browser reports
    sessions: list[SessionRow] = field(default_factory=list)
    session_counts: list[SessionCounts] = field(default_factory=list)
    attachments: list[AttachmentRow] = field(default_factory=list)
    reports: list[ReportRow] = field(default_factory=list)
    check_ins: list[CheckInRow] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def has_rows(self) -> bool:
        """Whether there is more in it than outcomes."""
        counted = (self.sessions, self.session_counts, self.attachments, self.reports)
        return bool(self.events or self.check_ins or any(counted))


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A quota that is used up, by its name in `jentry/quotas.py`."""

    quota: str
    retry_after: int  # seconds until its window ends


@dataclass(frozen=True, slots=True)
class StoreResult:
    """The answer to a submission, once its transaction is committed.

    `is_stale`: the project's settings changed after the submission was prepared, or a hash that was
    known then is not any more; nothing was stored; authenticate and prepare again. `rate_limits`:
    what these quotas are for was only counted; the rest is stored.
    """

    is_stale: bool = False
    rate_limits: tuple[RateLimit, ...] = ()
