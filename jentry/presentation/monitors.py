"""Scheduled jobs in words, and their check-ins along a line of time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jentry import clock
from jentry.presentation.charts import Mark
from jentry.presentation.text import count, word
from jentry.presentation.times import span

STATUSES = {  # word, class of its tag, height of its stroke in units
    "ok": ("OK", "ok", 14),
    "in_progress": ("Running", "line", 8),
    "error": ("Failed", "reg", 30),
    "missed": ("Missed", "esc", 24),
    "timeout": ("Ran too long", "esc", 24),
}
STATES = {"ok": ("Fine", "ok"), "failing": ("Failing", "reg")}  # of a job in an environment
WIDTH, HEIGHT = 1000, 34
SHORTEST = timedelta(hours=1)  # that a line of time covers
MOST_TICKS = 6


def schedule(config: Any) -> str:
    """`Every 5 minutes`, `0 3 * * * Europe/Berlin`; empty when it says none. The config is a
    client's.
    """
    said = config.get("schedule") if isinstance(config, dict) else None
    if not isinstance(said, dict):
        return ""
    value, unit = said.get("value"), word(said.get("unit"))
    if said.get("type") == "interval" and isinstance(value, int) and unit:
        return f"Every {unit}" if value == 1 else f"Every {count(value, unit)}"
    zone = word(config.get("timezone"))
    return f"{word(value)} {zone}".strip()


def status(name: str) -> tuple[str, str]:
    """In words, and the class of its tag."""
    title, kind, _ = STATUSES.get(name, (name, "", 0))
    return title, kind


def state(monitor: dict[str, Any]) -> tuple[str, str]:
    """How a job does, in words, and the class of its tag: that of its worst environment."""
    if not monitor["is_active"]:
        return "Not expected", "line"
    found = {item["status"] for item in monitor["environments"]}
    return STATES["failing"] if "failing" in found else STATES["ok"] if found else ("", "")


def lasted(seconds: float | None) -> str:
    """`340 ms`, `12.5 s`, `38 min`."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.3g} s" if seconds < 60 else span(seconds)


@dataclass(frozen=True, slots=True)
class Timeline:
    paths: list[tuple[str, str]]  # status, path of upright strokes
    ticks: list[Mark]
    said: str
    width: int = WIDTH
    height: int = HEIGHT


def timeline(check_ins: Sequence[dict[str, Any]], at: str) -> Timeline | None:
    """Of the latest check-ins, newest first, up to now; None without any."""
    if not check_ins:
        return None
    end = max(clock.parse(at), *(clock.parse(item["started_at"]) for item in check_ins))
    begin = min(clock.parse(item["started_at"]) for item in check_ins)
    begin = min(begin, end - SHORTEST)
    paths: dict[str, str] = {}
    for item in check_ins:
        tall = STATUSES.get(item["status"], ("", "", 8))[2]
        x = WIDTH * ((clock.parse(item["started_at"]) - begin) / (end - begin))
        paths[item["status"]] = paths.get(item["status"], "") + f"M{x:.4g} {HEIGHT}v-{tall}"
    step = (end - begin) / MOST_TICKS
    written = "%H:%M" if end - begin <= timedelta(days=1) else "%d %b"
    ticks = [
        Mark(round(100 * number / MOST_TICKS, 2), (begin + step * number).strftime(written))
        for number in range(MOST_TICKS)
    ]
    return Timeline(sorted(paths.items()), ticks, _said(check_ins))


def _said(check_ins: Sequence[dict[str, Any]]) -> str:
    counts = Counter(item["status"] for item in check_ins)
    parts = [
        f"{counts[name]:,} {title.lower() if name != 'ok' else title}"
        for name, (title, *_) in STATUSES.items() if counts[name]
    ]  # fmt: skip
    return f"The latest {count(len(check_ins), 'check-in')}: {', '.join(parts)}"
