"""What became of all that was sent: as a chart, and in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from jentry.presentation.charts import GAP, Span

OUTCOMES = {  # in the order of the bars, from below
    "accepted": "Accepted",
    "filtered": "Filtered",
    "rate_limited": "Rate limited",
    "invalid": "Invalid",
    "client_discard": "Dropped by the SDK",
}
REASONS = {
    "": "",
    "before_send": "by before_send",
    "browser_internal": "of the browser itself",
    "bytes": "the quota of bytes was used up",
    "event_filtered": "its event was filtered",
    "monitors": "there are too many monitors",
    "network_error": "it could not reach the server",
    "no_event_id": "it names no event",
    "not_stored": "of a kind that is not stored",
    "queue_overflow": "too much at once",
    "quota": "the quota was used up",
    "ratelimit_backoff": "it had been told to wait",
    "sample_rate": "by its sample rate",
    "too_large": "too large",
    "too_many": "too many in one request",
    "browser_extensions": "the filter “browser extensions”",
    "web_crawlers": "the filter “web crawlers”",
    "legacy_browsers": "the filter “legacy browsers”",
    "localhost": "the filter “localhost”",
    "ips": "the filter “IP addresses”",
    "releases": "the filter “releases”",
    "environments": "the filter “environments”",
    "messages": "the filter “messages”",
    "other": "other reasons",
}


GONE = {  # events that are not kept any more, by reason
    "age": "were too old",
    "issue_cap": "were more than an issue keeps",
    "project_cap": "were more than a project keeps",
    "budget": "went to make room on the disk",
    "erased": "were of somebody whose data was erased",
    "deleted": "were deleted",
}


@dataclass(frozen=True, slots=True)
class Stack:
    """One path of upright strokes for each outcome that there is, one above the other."""

    width: int
    height: int
    thick: float
    paths: list[tuple[str, str]]  # outcome, path
    highest: int
    total: int


def stack(hours: Iterable[tuple[str, str, int]], over: Span, width: int, height: int) -> Stack:
    """`hours`: hour, outcome and quantity."""
    found = {outcome: [0] * over.bars for outcome in OUTCOMES}
    for hour, outcome, quantity in hours:
        place = int(over.place(f"{hour}:00:00.000Z"))
        if 0 <= place < over.bars:
            found[outcome][place] += quantity
    sums = [sum(column) for column in zip(*found.values(), strict=True)]
    highest = max(sums, default=0)
    step = width / max(over.bars, 1)
    floors = [0.0] * over.bars
    paths = []
    for outcome, counts in found.items():
        path = ""
        for number, quantity in enumerate(counts):
            if quantity:
                tall = max(1.0, (height - 3) * quantity / highest)
                path += f"M{(number + 0.5) * step:.4g} {height - floors[number]:.4g}v-{tall:.4g}"
                floors[number] += tall
        if path:
            paths.append((outcome, path))
    return Stack(width, height, round(step * (1 - GAP), 1), paths, highest, sum(sums))


def said(totals: Iterable[tuple[str, int]], span: str) -> str:
    """`In 24 hours 512 accepted, 3 filtered.`; the order is that of OUTCOMES."""
    known = dict(totals)
    parts = [f"{known[word]:,} {outcome(word)}" for word in OUTCOMES if known.get(word)]
    return f"In {span} {', '.join(parts)}." if parts else f"Nothing was sent in {span}."


def outcome(word: str) -> str:
    """Within a sentence."""
    return OUTCOMES[word][:1].lower() + OUTCOMES[word][1:]


def reason(word: str) -> str:
    """In words; one that clients or later versions invent stays as it is."""
    return REASONS.get(word, word)
