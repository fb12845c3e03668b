"""What is remembered of the names and texts of events: most come again. Bounded in bytes."""

import re
from collections.abc import Callable, Collection
from sys import getsizeof
from weakref import WeakSet

from jentry.ingest.scrubbing.rows import Budget, Look, folded

MOST_NAMES = 4000  # whose verdict is remembered, of each policy
LONGEST_NAME = 180  # bytes, as it lies in memory
MOST_BYTES = 12_000_000  # of texts that all policies remember as harmless, as they lie in memory
LONGEST_TEXT = 1024


# Members whose name stands beside them, as in `{"name": "password", "value": "x"}`.
VALUES = frozenset(("value", "Value", "val", "v", "input"))


class Names:
    """Which names are secret; verdicts are remembered, for the same names come with every event.

    An object whose names are all `plain` needs no closer look: none of them is secret or in VALUES.
    `harmless` says of many at once which are surely not secret; the others are judged.
    """

    def __init__(
        self,
        judge: Callable[[str], bool],
        harmless: Callable[[list[str]], list[str]] = lambda _: [],
    ) -> None:
        self.judge = judge
        self.harmless = harmless
        self.secret: set[str] = set()
        self.plain: set[str] = set()

    def __call__(self, name: str) -> bool:
        if name in self.plain:
            return False
        if name in self.secret:
            return True
        verdict = self.judge(name)
        self._remember([name], is_secret=verdict)
        return verdict

    def learn(self, names: list[str]) -> list[str]:
        """Those of them that are surely not secret, found all at once."""
        found = self.harmless(names)
        self._remember(found, is_secret=False)
        return found

    def _remember(self, names: list[str], *, is_secret: bool) -> None:
        """Who walks through an object goes on with what was known before."""
        kept = [name for name in names if getsizeof(name) <= LONGEST_NAME and name not in VALUES]
        if len(self.plain) + len(self.secret) + len(kept) > MOST_NAMES:
            self.plain, self.secret = set(), set()
        (self.secret if is_secret else self.plain).update(kept)


_ADDRESS = re.compile(rb" at 0x[0-9a-f]{6,16}>")  # in memory, as Python prints objects
_ZEROS = bytes(48 if chr(code).isdigit() else code for code in range(128)) + bytes(range(128, 256))
# Digits that a rule may ask for: part of a token or a name, or long enough for a card.
_TELLING = re.compile(rb"(?<=[^\s=/(#,0])0|0(?=[^\s=,)>0])|0{9}")
_END = "\0"  # of a text


def shapes(texts: list[str]) -> list[bytes]:
    """Each text with zeros for digits, which differ from event to event."""
    joined = _ADDRESS.sub(b" at 0x>", _END.join(texts).encode()).translate(_ZEROS)
    each = joined.split(_END.encode())
    return each if len(each) == len(texts) else [text.encode() for text in texts]


class Texts:
    """Which texts hold secrets. Those found harmless are remembered, or what they look like. When
    there is no room who remembers most forgets: a project with a policy of its own, say.

    `digits_tell`: some rule asks for certain digits wherever they stand.
    """

    def __init__(self, looks: tuple[Look, ...], *, digits_tell: bool = False) -> None:
        self.looks = looks
        self.digits_tell = digits_tell
        self.harmless: set[str] = set()
        self.shapes: set[bytes] = set()  # in which no look has a hint, whatever the digits
        self.size = 0  # bytes, about: threads may count over one another
        _all_texts.add(self)

    def changes(self, fresh: list[str]) -> dict[str, str]:
        """Text -> what to write in its place, of those texts that hold a secret."""
        known = self.shapes
        new = {
            text: shape
            for text, shape in zip(fresh, shapes(fresh), strict=True)
            if shape not in known
        }
        if not new:
            return {}
        lines = "\n".join(new).encode()
        lower = folded(lines)
        hinted = [look for look in self.looks if look.hint(lines, lower)]
        changes: dict[str, str] = {}
        for look in hinted:
            budget = Budget(len(lines))
            for text in new:
                before = changes.get(text, text)
                if (after := look.hide(before, budget)) != before:
                    changes[text] = after
        self._remember(new, changes, by_shape=not (hinted or self.digits_tell))
        return changes

    def _remember(self, new: dict[str, bytes], changes: dict[str, str], by_shape: bool) -> None:
        """At no time may a secret be in it: other threads look."""
        others = list(_all_texts)
        if sum(texts.size for texts in others) >= MOST_BYTES:
            max(others, key=lambda texts: texts.size).forget()
        kept = [text for text in new if len(text) < LONGEST_TEXT and text not in changes]
        if by_shape:
            changing = {shape for text in kept if (shape := new[text]) != text.encode()}
            found = {shape for shape in changing if not _TELLING.search(shape)}
            self.shapes |= found
            self._count(found)
            kept = [text for text in kept if new[text] not in found]
        self.harmless.update(kept)
        self._count(kept)

    def forget(self) -> None:
        self.harmless.clear()
        self.shapes.clear()
        self.size = 0

    def _count(self, kept: Collection[str | bytes]) -> None:
        self.size += sum(map(getsizeof, kept)) + 60 * len(kept)


_all_texts: WeakSet[Texts] = WeakSet()
