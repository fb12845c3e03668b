"""What is remembered of the names and texts of events: most come again. Bounded in bytes."""

from collections.abc import Callable
from sys import getsizeof

from jentry.ingest.scrubbing.rows import Budget, Look, folded

MOST_NAMES = 4000  # whose verdict is remembered, of each policy
LONGEST_NAME = 100
MOST_BYTES = 6_000_000  # of texts that are remembered as harmless, as they lie in memory
LONGEST_TEXT = 1024


# Members whose name stands beside them, as in `{"name": "password", "value": "x"}`.
VALUES = frozenset(("value", "Value", "val", "v", "input"))


class Names:
    """Which names are secret; verdicts are remembered, for the same names come with every event.

    An object whose names are all `plain` needs no closer look: none of them is secret or in VALUES.
    """

    def __init__(self, judge: Callable[[str], bool]) -> None:
        self.judge = judge
        self.secret: set[str] = set()
        self.plain: set[str] = set()

    def __call__(self, name: str) -> bool:
        if name in self.plain:
            return False
        if name in self.secret:
            return True
        verdict = self.judge(name)
        if len(name) <= LONGEST_NAME and name not in VALUES:
            if len(self.plain) + len(self.secret) >= MOST_NAMES:
                self.plain.clear()
                self.secret.clear()
            (self.secret if verdict else self.plain).add(name)
        return verdict


class Texts:
    """Which texts hold secrets. Those found harmless are remembered."""

    def __init__(self, looks: tuple[Look, ...]) -> None:
        self.looks = looks
        self.harmless: set[str] = set()
        self.size = 0  # bytes, about: threads may count over one another

    def changes(self, fresh: list[str]) -> dict[str, str]:
        """Text -> what to write in its place, of those texts that hold a secret."""
        lines = "\n".join(fresh).encode()
        lower = folded(lines)
        changes: dict[str, str] = {}
        for look in self.looks:
            if look.hint(lines, lower):
                budget = Budget(len(lines))
                for text in fresh:
                    before = changes.get(text, text)
                    if (after := look.hide(before, budget)) != before:
                        changes[text] = after
        if self.size >= MOST_BYTES:
            self.harmless.clear()
            self.size = 0
        # At no time may a secret be in it: other threads look.
        kept = [t for t in fresh if len(t) < LONGEST_TEXT and t not in changes]
        self.harmless.update(kept)
        self.size += sum(map(getsizeof, kept)) + 60 * len(kept)
        return changes
