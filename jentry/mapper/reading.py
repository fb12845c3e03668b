"""In the child process: scripts and their source maps, mappings, and where places come from.

A request is JSON, then the script and the map if the child asked for them; an answer is JSON:
`{"needs": true}`, `{"error": reason, "words": …}`, or `{"results": [Result or null]}`.
"""

import json
import re
import resource
import signal
import sys
import tempfile
import threading
from collections import OrderedDict
from typing import IO, Any

import msgspec
from symbolic.proguard import ProguardMapper
from symbolic.sourcemapcache import SourceMapCache

from jentry.mapper import wire

MEMORY = 1024 * 1024 * 1024  # bytes of address space, and that of the stack beside it
STACK = 128 * 1024 * 1024  # a script of 20,000 nested parentheses takes it
HELD_BYTES = 128 * 1024 * 1024  # of scripts and maps that are kept read
AROUND = 5  # lines before and after
LONGEST_LINE = 200  # characters, around the column
LONGEST_NAME = 256
LONGEST_WORDS = 300
MOST_LINES = 2**31
MOST_INLINED = 50  # frames that one frame stands for
DEBUG_IDS = {"debugId", "debug_id"}
NEWLINE = re.compile(b"\n")


class Sources(msgspec.Struct):
    """The members of a map that the library does not show."""

    sources: list[str | None] | None = None
    ignoreList: list[int] | None = None
    x_google_ignoreList: list[int] | None = None


class Mapping:
    """A ProGuard mapping. Its places are a class, a method and a line, 0 where it is not known;
    without a method the class alone is asked for.
    """

    def __init__(self, mapping: bytes) -> None:
        self.size = len(mapping)
        with tempfile.NamedTemporaryFile() as file:  # the library maps it into memory
            file.write(mapping)
            file.flush()
            self._mapper = ProguardMapper.open(file.name)

    def look_up(self, name: str, method: str, line: int) -> dict[str, Any] | None:
        """`frames`, the innermost first: `module`, `function`, `line`, `file`; of a class its
        `module` alone. None when the mapping does not know it.
        """
        if not method:
            found = self._mapper.remap_class(name)
            return {"module": found[:LONGEST_NAME]} if found and found != name else None
        inlined = self._mapper.remap_frame(name, method, min(line, MOST_LINES))[:MOST_INLINED]
        frames = [
            {
                "module": frame.class_name[:LONGEST_NAME],
                "function": frame.method[:LONGEST_NAME],
                "line": frame.line or None,
                "file": frame.file and frame.file[:LONGEST_NAME],
            }
            for frame in inlined
        ]
        return {"frames": frames} if frames else None


class Broken(Exception):
    """The map cannot be read; the message says why."""


class Pair:
    """A script with its map. Raises Broken."""

    def __init__(self, script: bytes, source_map: bytes) -> None:
        self.size = len(script) + len(source_map)
        self._script = script
        self._starts = [0, *(found.end() for found in NEWLINE.finditer(script))]
        self._cache = _cache(script, source_map.removeprefix(b"\xef\xbb\xbf"))
        self._ignored = _ignored(source_map)

    def look_up(self, line: int, column: int) -> dict[str, Any] | None:
        """`source`, `line`, `column`, `function`, `before`, `text`, `after`, `is_foreign`; None
        when the map says nothing of the position, which is 1-based as in an event.
        """
        if not self._has(line, column):
            return None
        token = self._cache.lookup(line, column, AROUND)
        if token is None or token.src is None:
            return None
        name = token.function_name
        return {
            "source": token.src[:LONGEST_NAME],
            "line": token.line,
            "column": token.col,
            "function": None if name == "<unknown>" else name and name[:LONGEST_NAME],
            "before": [_short(text, 0) for text in token.pre_context],
            "text": None if token.context_line is None else _short(token.context_line, token.col),
            "after": [_short(text, 0) for text in token.post_context],
            "is_foreign": token.src in self._ignored,
        }

    def _has(self, line: int, column: int) -> bool:
        """Whether the script does; the map would answer with what stands before."""
        if not 0 < line <= len(self._starts):
            return False
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._script)
        text = self._script[start:end].rstrip(b"\r\n")
        if column - 1 <= len(text) // 3:  # a unit takes at most three bytes
            return column > 0
        return 0 < column <= len(text.decode("utf-8", "replace").encode("utf-16-le")) // 2 + 1


Held = OrderedDict[str, Pair | Mapping]


def main() -> None:
    """Until standard input ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + STACK, MEMORY + STACK))
    threading.stack_size(STACK)
    thread = threading.Thread(target=_serve, args=(sys.stdin.buffer, sys.stdout.buffer))
    thread.start()
    thread.join()


def _serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    held: Held = OrderedDict()
    try:
        while True:
            header, *parts = wire.read(incoming)
            wanted = json.loads(header)
            signal.setitimer(signal.ITIMER_PROF, wanted["seconds"])  # its signal ends the process
            answer = _answer(wanted, parts, held)
            signal.setitimer(signal.ITIMER_PROF, 0)
            wire.write(outgoing, [json.dumps(answer).encode()])
    except (wire.Closed, OSError):
        return


def _answer(wanted: dict[str, Any], parts: list[bytes], held: Held) -> dict[str, Any]:
    name = wanted["pair"]
    try:
        if parts:
            _make_room(held, sum(map(len, parts)))
            is_mapping = wanted["kind"] == "proguard"
            held[name] = Mapping(parts[1]) if is_mapping else Pair(*parts)
        if name not in held:
            return {"needs": True}
        held.move_to_end(name)
        return {"results": [held[name].look_up(*place) for place in wanted["places"]]}
    except Broken as error:
        return {"error": "source_map_malformed", "words": str(error)[:LONGEST_WORDS]}
    except MemoryError:
        held.clear()
        return {"error": "too_costly", "words": "it takes too much memory"}


def _make_room(held: Held, size: int) -> None:
    while held and size + sum(pair.size for pair in held.values()) > HELD_BYTES:
        held.popitem(last=False)


def _cache(script: bytes, source_map: bytes) -> Any:
    try:
        return SourceMapCache.from_bytes(script, source_map)
    except Exception as error:
        plain = _without_debug_id(source_map)
        if plain is None:
            raise Broken(_words(error)) from None
    try:
        return SourceMapCache.from_bytes(script, plain)
    except Exception as error:
        raise Broken(_words(error)) from None


def _without_debug_id(source_map: bytes) -> bytes | None:
    """A map whose debug id is none is refused as a whole; here it is not needed. None: no such."""
    try:
        found = json.loads(source_map)
        if not isinstance(found, dict) or not DEBUG_IDS & found.keys():
            return None
        return json.dumps({n: v for n, v in found.items() if n not in DEBUG_IDS}).encode()
    except (ValueError, RecursionError):
        return None


def _ignored(source_map: bytes) -> frozenset[str]:
    """Names of the sources that the map calls somebody else's."""
    try:
        found = msgspec.json.decode(source_map.removeprefix(b")]}'"), type=Sources)
    except (ValueError, RecursionError):
        return frozenset()
    names = found.sources or []
    numbers = [*(found.ignoreList or ()), *(found.x_google_ignoreList or ())]
    return frozenset(
        name for number in numbers if 0 <= number < len(names) and (name := names[number])
    )


def _short(text: str, column: int) -> str:
    """A line without its ending, and of a long one what stands around the column."""
    text = text.rstrip("\r\n")
    if len(text) <= LONGEST_LINE:
        return text
    start = min(max(column - LONGEST_LINE // 2, 0), len(text) - LONGEST_LINE)
    return text[start : start + LONGEST_LINE]


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
