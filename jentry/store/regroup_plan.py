"""Where hashes lead once stored events are grouped again, by how many events get which.

Whoever knows an issue by its state and comments finds most of its events there afterwards: where
all events leave a hash, the one that most of them get stays with the issue.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Hash = tuple[int, bytes]  # and the version of its algorithm


@dataclass(frozen=True, slots=True)
class Flow:
    """Events of an issue, or part, that have the hash `former_id` and would get this one now."""

    issue_id: int
    former_id: int
    former_version: int
    version: int
    hash: bytes
    events: int
    is_same: bool  # they keep their hash

    @property
    def name(self) -> Hash:
        return self.version, self.hash


@dataclass(slots=True)
class Choice:
    """Of a hash: the issue that most of its events are in, `homes` where it stays if it is new, and
    issues that it `leaves`, as a newer algorithm tells it from another that stays there.
    """

    source: int
    homes: set[int] = field(default_factory=set)
    leaves: set[int] = field(default_factory=set)


def choose(flows: Iterable[Flow]) -> dict[Hash, Choice]:
    found = list(flows)
    weights: dict[int, Counter[Hash]] = defaultdict(Counter)  # by issue
    sources: dict[Hash, Counter[int]] = defaultdict(Counter)
    of_hash: dict[tuple[int, int], list[Flow]] = defaultdict(list)
    for flow in found:
        weights[flow.issue_id][flow.name] += flow.events
        sources[flow.name][flow.issue_id] += flow.events
        of_hash[flow.issue_id, flow.former_id].append(flow)
    choices = {
        name: Choice(min(counts, key=lambda one: (-counts[one], one)))
        for name, counts in sources.items()
    }
    for (issue_id, _), leaving in of_hash.items():
        if any(flow.is_same for flow in leaving):
            continue
        heaviest = max(leaving, key=lambda flow: (weights[issue_id][flow.name], flow.name))
        for flow in leaving:
            if flow is heaviest:
                choices[flow.name].homes.add(issue_id)
            elif flow.former_version < flow.version:
                choices[flow.name].leaves.add(issue_id)
    for choice in choices.values():
        choice.leaves -= choice.homes
    return choices


def place(
    choice: Choice,
    known: int | None,
    is_put_together: Callable[[int], bool],
    is_open: Callable[[int], bool],
) -> int | None:
    """The issue, or part, that a hash leads to, `known` so far; None: a new one.

    What people have merged with others stays together as they put it. What is unresolved goes
    before what is ignored or resolved, so that nobody misses it; then the oldest.
    """
    if known is not None:
        if is_put_together(known):
            return known
        if known in choice.leaves:
            return None
        return known if is_open(known) else min(filter(is_open, choice.homes), default=known)
    if choice.homes:
        return min(choice.homes, key=lambda each: (not is_open(each), each))
    return next((each for each in sorted(choice.leaves) if is_put_together(each)), None)
