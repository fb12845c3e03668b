"""What engines say, as version 8 knew it: the words of today but for two, and fewer arguments."""

import re

from jentry.ingest.grouping import mistakes
from jentry.ingest.grouping.mistakes import (
    CALLED,
    COMMON,
    NAME,
    NETWORK,
    OVERFLOW,
    RAISED_BY_BROWSERS,
    SAFARI,
)
from jentry.ingest.grouping.words import words

__all__ = [
    "ARGUMENTS", "CALLED", "COMMON", "NETWORK", "OVERFLOW", "RAISED_BY_BROWSERS", "SAFARI", "SAID",
]  # fmt: skip

BEFORE = {
    mistakes.GAVE_NOTHING: re.compile(
        rf"is not an object \(evaluating '(?!Object\.)[^(]{{1,200}}\.{NAME}\(.{{0,200}}\)'\)"
    ),
    mistakes.BOUNDS: re.compile(
        r"ffset (?:\d+ )?is out(?:side the| of) bounds|^Out of bounds access"
        r"|^invalid or out-of-range i|^byteOffset exceeds|^Range consisting of"
        r"|^Invalid index : |^Array index out of"
    ),
}
SAID = tuple((said, BEFORE.get(pattern, pattern)) for said, pattern in mistakes.SAID)
ARGUMENTS = words("currency zone locale digits radix repeat date")
