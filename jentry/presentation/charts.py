"""Charts as SVG: heights of bars, and where along them something happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jentry import clock
from jentry.presentation.text import count

GAP = 0.29  # of a bar's place
LONGEST = {"24h": 24, "7d": 7 * 24, "14d": 14 * 24, "all": 28 * 24}  # hours that are drawn
SPANS = {"24h": "24 hours", "7d": "7 days", "14d": "14 days", "all": "28 days"}
FEWEST_LABELS = 7  # percent of the width between two labels


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a chart shows, in whole hours; the last bar has the running one."""

    begin: datetime
    step: int  # hours a bar
    bars: int

    @property
    def since(self) -> str:
        return clock.timestamp(self.begin)

    def place(self, instant: str) -> float:
        """Of an instant, in bars from the left."""
        return (clock.parse(instant) - self.begin) / timedelta(hours=self.step)


def span(period: str, bars: int, at: str) -> Span:
    """As many bars as are wanted, or fewer where each would be less than an hour."""
    hours = LONGEST[period]
    bars = min(bars, hours)
    if hours % bars:
        raise ValueError(f"{hours} hours are no {bars} equal bars")
    running = clock.parse(at).replace(minute=0, second=0, microsecond=0)
    return Span(running - timedelta(hours=hours - 1), hours // bars, bars)


def counted(hours: Iterable[tuple[str, int]], over: Span) -> list[int]:
    """Events in each bar; `hours` as the store keeps them: `2026-06-29T12`."""
    found = [0] * over.bars
    for hour, events in hours:
        place = int(over.place(f"{hour}:00:00.000Z"))
        if 0 <= place < over.bars:
            found[place] += events
    return found


@dataclass(frozen=True, slots=True)
class Bars:
    """Two paths of upright strokes, `thick` each, in a box of `width` by `height`: the bars, and
    those that are marked.
    """

    width: int
    height: int
    thick: float
    plain: str
    strong: str
    total: int


def bars(counts: Sequence[int], width: int, height: int, strong_from: float | None = None) -> Bars:
    highest = max(counts, default=0) or 1
    step = width / max(len(counts), 1)
    paths = ["", ""]
    for number, events in enumerate(counts):
        if events:
            tall = max(1, round((height - 3) * events / highest))
            is_strong = strong_from is not None and number >= int(strong_from)
            paths[is_strong] += f"M{(number + 0.5) * step:.4g} {height - 1}v-{tall}"
    return Bars(width, height, round(step * (1 - GAP), 1), paths[0], paths[1], sum(counts))


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a place along a chart, in percent of its width."""

    x: float
    label: str


def ticks(over: Span) -> list[Mark]:
    """Midnights, or every sixth hour of a day; not more than there is room for."""
    end = over.begin + timedelta(hours=over.step * over.bars)
    hours = over.step * over.bars
    every = timedelta(hours=6) if hours <= 24 else timedelta(days=max(1, round(hours / 24 / 7)))
    first = over.begin.replace(hour=0)
    marks: list[Mark] = []
    moment = first
    while moment < end:
        x = 100 * ((moment - over.begin) / (end - over.begin))
        if 0 <= x <= 96:
            marks.append(Mark(round(x, 2), _label(moment, is_first=not marks, hours=hours)))
        moment += every
    return marks


def _label(moment: datetime, *, is_first: bool, hours: int) -> str:
    if hours <= 24:
        return f"{moment:%H:%M}"
    return f"{moment.day} {moment:%b}" if is_first or moment.day == 1 else str(moment.day)


def markers(releases: Iterable[tuple[str, str]], over: Span) -> list[Mark]:
    """Version and instant of each, the newest first; of neighbours only the newest has a label."""
    marks: list[Mark] = []
    room = 101.0
    for version, instant in releases:
        x = 100 * over.place(instant) / over.bars
        if 0 <= x <= 100:
            has_room = room - x >= FEWEST_LABELS
            marks.append(Mark(round(x, 2), version.rpartition("@")[2] if has_room else ""))
            room = x if has_room else room
    return marks


def said(total: int, period: str) -> str:
    """`96 events in 14 days`."""
    return f"{count(total, 'event')} in {SPANS[period]}"
