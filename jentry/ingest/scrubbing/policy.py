"""What a project wants hidden, and what has been learned under it."""

from dataclasses import dataclass
from functools import lru_cache

from jentry.ingest.scrubbing.caches import Names, Texts
from jentry.ingest.scrubbing.hint import NameHint
from jentry.ingest.scrubbing.looks import LOOKS
from jentry.ingest.scrubbing.names import is_secret_name, signs_of_secrets, squashed, without_sign
from jentry.ingest.scrubbing.pairs import Pairs
from jentry.ingest.scrubbing.rows import Look


@dataclass(frozen=True)
class Policy:
    """What a project wants hidden.

    `sensitive` are more words that make a name secret; `safe` are names, or dotted paths such as
    `extra.token_name`, that stay as they are whatever they contain: also the names of cookies.
    """

    keep_ip: bool = True
    sensitive: tuple[str, ...] = ()
    safe: tuple[str, ...] = ()


@lru_cache(maxsize=8)
def scrubber(policy: Policy) -> "Scrubber":
    """Shared, for what it learns about names and texts."""
    return Scrubber(policy)


class Scrubber:
    """What one policy means, and what has been learned under it. Shared between threads."""

    def __init__(self, policy: Policy) -> None:
        self.more = tuple(filter(None, map(squashed, policy.sensitive)))
        self.safe = frozenset(name.lower() for name in policy.safe)
        self.paths = frozenset(name for name in self.safe if "." in name)
        signs = signs_of_secrets(self.more)
        self.names = Names(self._is_secret, lambda names: without_sign(names, signs))
        self.cookies = Names(lambda name: name.lower() not in self.safe)
        words = tuple(dict.fromkeys(word.lower() for word in (*policy.sensitive, *self.more)))
        pairs = Pairs(self.names, words)
        hint = NameHint(words)
        digits = any(word.isdigit() for word in words)
        self.texts = Texts((*LOOKS, Look(hint, pairs.in_text)), digits_tell=digits)
        self.source = Texts((*LOOKS, Look(hint, pairs.in_source)), digits_tell=digits)

    def _is_secret(self, name: str) -> bool:
        if name.lower() in self.safe:
            return False
        if is_secret_name(name):
            return True
        return bool(self.more) and any(word in squashed(name) for word in self.more)
