"""Shares of a whole over time as an SVG: bands that lie on one another, the first at the bottom."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000, 120


@dataclass(frozen=True, slots=True)
class Band:
    """A path in a box of WIDTH by HEIGHT. Those that come later in the list are drawn later."""

    name: str
    order: int  # 0 is the first
    path: str
    share: float | None  # in percent, in the last bar that has anything


def bands(named: Sequence[tuple[str, Sequence[int]]]) -> list[Band]:
    """Each band reaches from the ground over those before it, so the last is drawn first."""
    totals = [sum(counts) for counts in zip(*(counts for _, counts in named), strict=True)]
    last = max((place for place, total in enumerate(totals) if total), default=None)
    reached = [0] * len(totals)
    found = []
    for order, (name, counts) in enumerate(named):
        reached = [before + number for before, number in zip(reached, counts, strict=True)]
        share = None if last is None else 100 * counts[last] / totals[last]
        found.append(Band(name, order, _path(reached, totals), share))
    return found[::-1]


def _path(reached: Sequence[int], totals: Sequence[int]) -> str:
    """A step for each bar; where there is nothing at all it lies on the ground."""
    step = WIDTH / len(totals)
    ground = HEIGHT - 1
    parts = [f"M0 {ground}"]
    level: float = ground
    for place, (part, whole) in enumerate(zip(reached, totals, strict=True)):
        height = round(ground - (HEIGHT - 2) * part / whole, 1) if whole else float(ground)
        if height != level:
            parts.append(f"H{place * step:.5g}V{height:g}")
            level = height
    return "".join(parts) + f"H{WIDTH}V{ground}Z"
