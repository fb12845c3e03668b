"""Release names that are versions, and their order."""

import re
from collections.abc import Sequence
from typing import Any

from jentry.byte_cache import bounded

# `shop@1.2.3-rc.1+build`; the part before the `@` is the package, which may begin with one itself.
RELEASE = re.compile(
    r"(?P<package>@?[^@]+)@(?P<major>\d{1,18})(?:\.(?P<minor>\d{1,18}))?(?:\.(?P<patch>\d{1,18}))?"
    r"(?:\.(?P<revision>\d{1,18}))?(?:-?(?P<pre>[A-Za-z][0-9A-Za-z.-]*)|-(?P<pre2>[0-9A-Za-z.-]+))?"
    r"(?:\+(?P<build>[0-9A-Za-z.-]+))?"
)
HASH = re.compile(r"[0-9a-f]+", re.IGNORECASE)
HASH_LENGTHS = frozenset((12, 16, 20, 32, 40, 64))

Version = tuple[str, tuple[Any, ...]]  # the package, and what sorts its versions


@bounded(512 * 1024)
def parse(name: str) -> Version | None:
    """None for what is no version: a commit, a date, a name without a package."""
    found = RELEASE.fullmatch(name)
    if found is None:
        return None
    rest = name[len(found["package"]) + 1 :]
    if len(rest) in HASH_LENGTHS and HASH.fullmatch(rest):
        return None
    numbers = tuple(int(found[part] or 0) for part in ("major", "minor", "patch", "revision"))
    pre = found["pre"] or found["pre2"]
    return found["package"], (*numbers, pre is None, _parts(pre), _parts(found["build"]))


def _parts(text: str | None) -> tuple[tuple[bool, int, str], ...]:
    """Numbers by their value and before words, words by their letters."""
    return tuple(
        (not part.isdecimal(), int(part[:18]) if part.isdecimal() else 0, part)
        for part in (text or "").split(".")
        if part
    )


def are_used(newest: Sequence[str]) -> bool:
    """Whether a project names its releases by versions, judging by the newest, newest first."""
    are = [parse(name) is not None for name in newest[:10]]
    if len(are) < 3:
        return any(are[:1])
    if len(are) < 10:
        return any(are[:3])
    return sum(are) >= 3 and any(are[:3])


def is_newer(name: str, than: str) -> bool | None:
    """None when they do not compare: no versions, or those of different packages."""
    one, other = parse(name), parse(than)
    if one is None or other is None or one[0] != other[0]:
        return None
    return one[1] > other[1]
