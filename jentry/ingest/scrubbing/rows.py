"""What a row of the table of rules is made of. The table itself: `table.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

FILTERED = "[Filtered]"
LOOKS_AT_LEAST = 400
CHARACTERS_A_LOOK = 400


@dataclass(frozen=True, slots=True)
class Row:
    """One rule, in words and by example; tests hold every example against the code.

    In `goes` what is replaced stands between `⟦` and `⟧`; `stays` are its neighbours, which look
    alike and are left as they are. Examples of names are names. `{alnum:24}` stands for so many
    characters of that kind, so that no scanner of repositories takes an example for a leak.
    """

    title: str
    goes: tuple[str, ...]
    stays: tuple[str, ...] = ()


class Budget:
    """How often one event may ask for a closer look; what comes after that is hidden unread.

    So an event that consists of nothing but names of secrets costs little more than others.
    """

    def __init__(self, size: int) -> None:
        self.left = LOOKS_AT_LEAST + size // CHARACTERS_A_LOOK

    def spend(self) -> bool:
        """False when there is nothing left."""
        self.left -= 1
        return self.left >= 0


class Look(NamedTuple):
    """A way to recognise secrets in text, and a quick way to see that there are none.

    `hint` gets many texts at once, a line each, and the same with `folded`; it may be wrong by
    saying yes, never by saying no. It only uses what runs over bytes at the speed of C: regular
    expressions that begin with plain text are, those that begin with a choice of letters stop at
    every third byte.
    """

    hint: Callable[[bytes, bytes], bool]
    hide: Callable[[str, Budget], str]


_FOLDS = {ord(":"): ord("="), ord("'"): ord('"')}
_FOLDED = bytes(_FOLDS.get(code, code) for code in bytes(range(256)).lower())


def folded(lines: bytes) -> bytes:
    """Lower-case, every `:` written as `=`, every `'` as `"`."""
    return lines.translate(_FOLDED)
