"""One frame of a stack trace: where it is, its source, its variables, its line in the code host."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from jentry.ingest.grouping.in_app import is_app
from jentry.presentation import highlight
from jentry.presentation.text import web_address, word
from jentry.presentation.values import Value, value

AROUND = 10  # lines of source before, and after
COLOURED = 12_000  # characters of source in one event that get colours
MINIFIED = 300  # characters of a line that no person has written


@dataclass(frozen=True, slots=True)
class Line:
    number: int | None
    html: str  # escaped already
    is_hot: bool  # the one that the frame is at


@dataclass(slots=True)
class Frame:
    """`place` says where it is, as short as its parts allow; None are unknown."""

    file: str
    function: str
    module: str
    line: int | None
    column: int | None
    is_app: bool
    lines: list[Line] = field(default_factory=list)
    variables: list[tuple[str, Value]] = field(default_factory=list)
    address: str = ""  # of machine code, with the package it is in
    link: str | None = None
    why: str = ""  # it is shown as it came, and what to do
    is_raised: bool = False  # the crash site
    is_open: bool = False

    @property
    def has_details(self) -> bool:
        return bool(self.lines or self.variables or self.link or self.why)

    @property
    def place(self) -> str:
        return self.file or self.module or self.address or "<unknown>"


@dataclass(frozen=True, slots=True)
class Source:
    """What frames of one event have in common. `link` has the holes {release} {path} {line}."""

    platform: str
    release: str | None
    link: str | None
    coloured: list[int] = field(default_factory=list)  # characters, of each piece
    whys: Mapping[int, str] = field(default_factory=dict)  # by the `id()` of raw frames


def frame(raw: dict[str, Any], source: Source) -> Frame:
    platform = word(raw.get("platform")) or source.platform
    address = " ".join(filter(None, (word(raw.get("package")), word(raw.get("instruction_addr")))))
    found = Frame(
        file=word(raw.get("filename")) or word(raw.get("abs_path")),
        function=word(raw.get("function")),
        module=word(raw.get("module")),
        line=raw.get("lineno"),
        column=raw.get("colno"),
        is_app=is_app(raw, source.platform),
        address=address,
    )
    found.lines = _lines(raw, found, platform, source)
    if not found.lines or is_minified(raw, platform):  # else it can be read as it is
        found.why = source.whys.get(id(raw), "")
    found.variables = [
        (name, value(held, is_code=True)) for name, held in (raw.get("vars") or {}).items()
    ]
    if found.is_app:
        found.link = link(raw, source)
    return found


def _lines(raw: dict[str, Any], found: Frame, platform: str, source: Source) -> list[Line]:
    """The line of the frame and those around it; none when that line itself is not known."""
    hot = raw.get("context_line")
    if not isinstance(hot, str):
        return []
    before = list(raw.get("pre_context") or [])[-AROUND:]
    text = [*before, hot, *list(raw.get("post_context") or [])[:AROUND]]
    size = sum(map(len, text))
    filename = found.file
    if sum(source.coloured) + size > COLOURED:
        filename, platform = "", ""
    source.coloured.append(size)
    first = None if found.line is None else found.line - len(before)
    return [
        Line(None if first is None else first + index, coloured, index == len(before))
        for index, coloured in enumerate(highlight.lines(text, filename, platform))
    ]


def link(raw: dict[str, Any], source: Source) -> str | None:
    """To the line of a frame in the code host, as far as the project says how."""
    path = word(raw.get("filename")).lstrip("./")
    needs_release = source.link is not None and "{release}" in source.link
    if not source.link or not path or "://" in path or (needs_release and not source.release):
        return None
    filled = (
        source.link.replace("{release}", quote(source.release or "", safe=""))
        .replace("{path}", quote(path.replace("\\", "/"), safe="/"))
        .replace("{line}", str(raw.get("lineno") or 1))
    )
    return web_address(filled)


def is_minified(raw: dict[str, Any], platform: str) -> bool:
    """Whether the frame is at a place in a script that was made by a bundler."""
    if (word(raw.get("platform")) or platform) not in ("javascript", "node"):
        return False
    line = raw.get("context_line")
    name = word(raw.get("filename"))
    return (
        ".min." in name
        or (isinstance(line, str) and len(line) > MINIFIED)
        or (line is None and (raw.get("colno") or 0) > MINIFIED)
    )
