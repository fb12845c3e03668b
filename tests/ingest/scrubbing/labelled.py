"""The labelled sets of this folder as cases, and how often the code is wrong about them."""

import copy
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jentry.ingest.normalise import Context, normalise
from jentry.ingest.scrubbing import Policy, scrub
from jentry.ingest.scrubbing.fill import MARKED, filled, unmarked

HERE = Path(__file__).parent
CONTEXT = Context(received=datetime(2026, 6, 29, tzinfo=UTC), client_ip="203.0.113.9")
FILTERED = "[Filtered]"
VALUE = "hunter2One"  # what stands under a name that must go


@dataclass(frozen=True)
class Case:
    """`event` is a raw event; `gone` must not be in what is stored, `kept` must be."""

    id: str
    event: dict[str, Any]
    gone: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def is_held_out(self) -> bool:
        return bool(hashlib.sha256(self.id.encode()).digest()[0] & 1)

    def wrong(self) -> list[str]:
        """What is stored though it must go, or the other way round."""
        event = normalise(copy.deepcopy(self.event), CONTEXT)
        scrub(event, Policy())
        found = list(leaves(event))
        leaked = [part for part in self.gone if any(part in leaf for leaf in found)]
        return leaked + [part for part in self.kept if part not in found]


def leaves(value: Any) -> Any:
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member)
    else:
        yield str(value)


def _lines(name: str) -> list[tuple[str, str]]:
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [(eco, text) for eco, _, text in (line.partition(" | ") for line in lines) if text]


def _marked(text: str) -> tuple[str, ...]:
    return tuple(MARKED.findall(text))


def must_go() -> list[Case]:
    cases = []
    for eco, line in _lines("texts_go.txt"):
        text = filled(line.replace("⏎", "\n").replace("→", "\t"))
        cases.append(Case(f"{eco} | {line}", {"extra": {"x": unmarked(text)}}, gone=_marked(text)))
    for eco, line in _lines("names_go.txt"):
        cases += [
            Case(f"{eco} | {name}", {"extra": {"x": {name: VALUE}}}, gone=(VALUE,))
            for name in line.split()
        ]
    for eco, line in _lines("bags_go.txt"):
        text = filled(line)
        cases.append(Case(f"{eco} | {line}", json.loads(unmarked(text)), gone=_marked(text)))
    return cases


def must_stay() -> list[Case]:
    cases = []
    for eco, line in _lines("texts_stay.txt"):
        text = line.replace("⏎", "\n").replace("→", "\t")
        cases.append(Case(f"{eco} | {line}", {"extra": {"x": text}}, kept=(text,)))
    for eco, line in _lines("names_stay.txt"):
        for pair in line.split():
            name, _, value = pair.partition("=")
            cases.append(Case(f"{eco} | {pair}", {"extra": {"x": {name: value}}}, kept=(value,)))
    for eco, line in _lines("bags_stay.txt"):
        event = json.loads(line)
        texts = tuple(leaf for leaf in leaves(event) if leaf not in ("None", "True", "False"))
        cases.append(Case(f"{eco} | {line}", event, kept=texts))
    return cases
