"""Ownership rules: lines of a text, each a pattern and who is to be assigned. Pure.

path:src/cart/*     mara@acme.test
tags.region:eu      ola@acme.test
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jentry.event_tags import indexed
from jentry.ingest.grouping.parts import text
from jentry.matching import lines
from jentry.matching.folding import fold
from jentry.matching.globs import Glob, glob
from jentry.matching.lines import LONGEST_PATTERN, TAG
from jentry.owners import frames

MOST = 200  # rules: each is compared with every frame
KINDS = ("path", "module", "function", "url")
OF_FRAMES = ("path", "module", "function")
ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,254}")


@dataclass(frozen=True)
class Rule:
    line: int  # from 1
    matcher: str  # as written
    kind: str
    pattern: str
    addresses: tuple[str, ...]  # in small letters; the first who is a member is assigned

    @cached_property
    def _globs(self) -> list[Glob]:
        """The whole of it, or of paths and modules its last parts."""
        patterns = [self.pattern]
        if self.kind in ("path", "module"):
            separator = "/" if self.kind == "path" else "."
            patterns.append(f"*{separator}{self.pattern.lstrip(separator)}")
        return [glob(pattern) for pattern in patterns]

    def fits(self, words: Iterable[str]) -> bool:
        return any(pattern.fits(fold(word)) for word in words for pattern in self._globs)


def parse(written: str) -> tuple[list[Rule], list[str]]:
    """The rules, and what is wrong with the other lines: `line 3: …`."""
    return lines.read(written, _rule, MOST)


def _rule(number: int, line: str) -> Rule | str:
    """The rule, or what is wrong with it."""
    matcher = lines.matcher(line)
    if matcher is None:
        return "Write a rule such as path:src/cart/* mara@acme.test."
    name, pattern = matcher.name, matcher.pattern
    if not lines.is_name(name, KINDS):
        return f"{name[:60]} is none of path, module, function, url and tags.NAME."
    if len(pattern) > LONGEST_PATTERN:
        return f"The pattern is longer than {LONGEST_PATTERN} characters."
    rest = line[matcher.end :]
    addresses = rest.split()
    if not addresses or not rest[0].isspace():
        return "Say who is to be assigned: an email address, after a blank."
    for address in addresses:
        if not ADDRESS.fullmatch(address):
            return f"{address[:60]} is no email address; teams are not known here."
    if name == "path":
        pattern = pattern.replace("\\", "/")
    return Rule(number, matcher.written, name, pattern, tuple(a.lower() for a in addresses))


def matching(rules: list[Rule], event: Mapping[str, Any]) -> list[Rule]:
    """Those that fit, the one that decides first.

    Of rules about frames only those that fit the frame nearest to the crash count, of frames that
    any fits; then the last line wins.
    """
    tags = dict(indexed(event))
    url = text((event.get("request") or {}).get("url"))[: frames.LONGEST]
    found = [rule for rule in rules if rule.kind not in OF_FRAMES and _fits(rule, tags, url)]
    about_frames = [rule for rule in rules if rule.kind in OF_FRAMES]
    for frame in frames.own(event) if about_frames else ():
        words = {
            "path": frames.paths(frame),
            "module": [text(frame.get("module"))[: frames.LONGEST]],
            "function": [text(frame.get("function"))[: frames.LONGEST]],
        }
        if fitting := [rule for rule in about_frames if rule.fits(filter(None, words[rule.kind]))]:
            found += fitting
            break
    return sorted(found, key=lambda rule: rule.line, reverse=True)


def _fits(rule: Rule, tags: Mapping[str, Any], url: str) -> bool:
    if rule.kind == "url":
        return bool(url) and rule.fits([url, url.partition("?")[0]])
    value = tags.get(rule.kind.removeprefix(TAG))
    return isinstance(value, str) and rule.fits([value])
