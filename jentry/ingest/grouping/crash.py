"""Where a trace says the bug is: the crash frame, and its caller where the site alone is not it."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from jentry.ingest.grouping import engines, faults, mistakes, runtimes
from jentry.ingest.grouping.chunks import is_called_from_other
from jentry.ingest.grouping.frames import (
    SCRIPTS,
    Frame,
    GroupingFrame,
    builtins_before,
    gives_up,
    grouping_frames,
    is_accessor,
    is_generic,
    is_passed_by,
    is_written_in,
    only_repeats,
    works_for_others,
)
from jentry.ingest.grouping.messages import PAGES, headed, message_of
from jentry.ingest.grouping.parts import DOTNET, NATIVE, text
from jentry.ingest.grouping.types import MINIFIED

Part = dict[str, Any]

TELLING = frozenset(("elixir", "perl"))  # what goes wrong before what it was, and without lines
CLOSING = frozenset(("node", "php"))  # whose SDKs tell no more of a closure than its file
SHARED = "*"  # a script that a bundler named after nothing
# Of memory: the C library aborts in them when someone did it twice.
DEALLOCATION = re.compile(r"(?i:\b(?:release|free|delete|dealloc|deallocate|destroy))$|~\w+$")
PASSED = re.compile(r"\bgiven, called in \S+ on line \d")  # PHP: to a function that declares more
OF_NONE = re.compile(r"'NoneType' object has no attribute '(\w{1,80})'")
KEY = re.compile(r"'(\w{1,80})'")  # the whole text of a KeyError
MEMBER = re.compile(r"""\[["'](\w{1,80})["']\]""")
OWNED = re.compile(r"\b(\w++)\.(?=(\w+))")
TARGET = re.compile(r"([\w.]{1,80}) = ")  # of Python: what a line makes


class Raised(NamedTuple):
    kind: str
    value: str
    platform: str
    trace: list[Frame]  # frames that count, the crash frame first
    is_app: bool  # whether they are the application's
    is_raised_here: bool  # by the first of them, not by a library it called
    through: str = ""  # the method it called of what a library implements
    gave_up: bool = False  # of a program of C, which aborted by itself
    fault: str = ""  # of a script, what engines call this
    called_by: str = ""  # of a page, a timer or an event


def crash_part(raised: Raised) -> Part:
    """`frames`, the crash frame first, `words` of the program about it, `value` where needed.

    Two things make a caller count: the crash frame is a helper, or it raised something without
    saying itself what is wrong. A mistake that the language found is the crash frame's own. In a
    page without source lines the message of the program tells instead of a caller: Firefox and
    Safari leave out who awaited, Safari also who returned what another function returns.
    """
    value, platform = raised.value, raised.platform
    walk = grouping_frames(raised.trace, platform)
    crash = next(walk, None)
    if crash is None:
        return untraced(value, platform)
    raises = raised.is_raised_here and faults.is_raise(crash.line)
    fault = not raises and _is_fault(raised) and not _is_told(raised, crash)
    if part := _placeless(raised, crash, fault):
        return part
    crash, around = _named(crash, walk)
    placed = _is_placed(raised, crash)
    helper = not placed and _is_helper(raised, crash, around, fault)
    names = _names(value, crash, platform) if fault else ""
    target = "" if fault or raises else _target(raised, crash)
    # A function that called a library for itself is where the library was used wrongly.
    asked = raised.is_app and (not raised.is_raised_here or bool(target))
    alone = names if helper else fault or asked or _says_itself(raised, crash)
    caller = None
    if not placed and not (alone and crash.says_something and not _is_nameless(crash, platform)):
        caller = around if around is not crash and not helper else _caller(walk, value)
    if helper and platform == PAGES and around is not crash and not (fault or caller):
        caller = around  # Firefox has a nameless frame above it, where the error was made
    words = [*_words(raised, crash, names if fault else None, raises), *filter(None, [target])]
    words += _told_words(raised, helper) if not fault else []
    if helper and caller and (found := faults.literal_words(caller.line, value)):
        words.append(found)
    lost = platform in SCRIPTS and helper and not (caller or alone or words)
    needs_value = lost or _is_untold(raised, crash, fault, bool(words), caller)
    part = {"frames": [s.key for s in (crash, caller) if s and s.says_something], "words": words}
    told = _told(raised, crash, caller, _chunk(raised, crash, fault), needs_value=needs_value)
    return {name: member for name, member in (part | told).items() if member}


def _named(
    crash: GroupingFrame, walk: Iterator[GroupingFrame]
) -> tuple[GroupingFrame, GroupingFrame | None]:
    """The crash frame, or whose line it is in, and the nearest frame that has a name."""
    around = crash if crash.is_named else next((s for s in walk if s.is_named), None)
    return around if around and is_written_in(crash, around) else crash, around


def _message_part(raised: Raised, crash: GroupingFrame) -> Part:
    """Not with the helper that raised, of which Safari may know no name."""
    is_distinct = faults.is_distinct(message_of(raised.value, raised.platform))
    chunk = "" if is_distinct else _chunk_of_caller(raised, crash)
    return _told(raised, crash, None, chunk, needs_value=True)


def untraced(value: str, platform: str) -> Part:
    """Of what has no frame that counts. In a page that may be one of three engines' telling."""
    said = message_of(value, platform)
    return {"words": [said]} if platform == PAGES and said in mistakes.CALLED else {"value": said}


def _placeless(raised: Raised, crash: GroupingFrame, fault: bool) -> Part:
    """What counts whatever functions it went through; empty where they do count."""
    if raised.platform == "java" and raised.kind == MINIFIED:
        said = message_of(raised.value, "java")
        return {"value": said} if faults.is_distinct(said) else {}
    if fault:
        return {"words": [called]} if (called := _called(raised, crash)) else {}
    return {} if crash.line or not _says_it_all(raised) else _message_part(raised, crash)


def _called(raised: Raised, crash: GroupingFrame) -> str:
    """What a function of the browser raised, seldom anywhere: without a line that counts alone.

    Safari leaves out who only returned what it got, so that another is the crash frame.
    """
    said = raised.fault if raised.platform == PAGES else ""
    if said not in mistakes.CALLED or said in mistakes.COMMON or _was_given(crash, raised):
        return ""
    return "" if crash.line else said


def _is_nameless(crash: GroupingFrame, platform: str) -> bool:
    """Whether it is one of a file's functions without a name, of which no line is known."""
    if platform in NATIVE and crash.function.startswith("+"):
        return True  # an address: nobody knows whether it works for others
    return platform in CLOSING and not (crash.is_named or crash.line)


def _target(raised: Raised, crash: GroupingFrame) -> str:
    """What Python was about to make, `self.total`, when a function in C raised, which has no frame.

    It stands for the class, too, of which Python tells nothing.
    """
    is_known = raised.platform == "python" and raised.is_raised_here
    return found[1] if is_known and (found := TARGET.match(crash.line)) else ""


def _is_placed(raised: Raised, crash: GroupingFrame) -> bool:
    """Whether the script's name says where, so that no caller is asked."""
    in_script = raised.platform in SCRIPTS and bool(crash.chunk) and not crash.line
    return in_script and not _was_given(crash, raised)


def _was_given(crash: GroupingFrame, raised: Raised) -> bool:
    """Whether a function that formats got an argument that no engine can format.

    So does one in a script of its own: bundlers make one of what several others call.
    """
    if raised.fault not in mistakes.ARGUMENTS:
        return False
    is_shared = raised.platform == PAGES and crash.function and is_called_from_other(raised.trace)
    return bool(is_shared) or works_for_others(crash.function)


def _is_helper(
    raised: Raised, crash: GroupingFrame, around: GroupingFrame | None, fault: bool
) -> bool:
    """Whether who called it is to blame, by its name or by what it raised."""
    if _was_given(crash, raised):
        return True
    if fault and faults.is_arithmetic(raised.kind, raised.value):
        return False
    if around and is_generic(around.module, around.function, crash.line, fault):
        return True
    if raised.kind == "SIGSEGV" and (
        is_accessor(crash.function) or works_for_others(crash.function)
    ):
        return True
    if raised.kind == "SIGABRT" and (
        DEALLOCATION.search(crash.function) or (raised.gave_up and gives_up(crash.function))
    ):
        return True
    if raised.kind == "TypeError" and PASSED.search(raised.value):
        return True
    if not raised.is_raised_here:
        is_own = fault or faults.is_out_of_range(raised.kind)
        return raised.is_app and not is_own and works_for_others(crash.function)
    return faults.is_fault_of_caller(raised.kind) or (
        works_for_others(crash.function) and (not fault or faults.was_given_nothing(raised.value))
    )


def _says_itself(raised: Raised, crash: GroupingFrame) -> bool:
    """Whether what was raised says what is wrong: in its line, or by a type made for it."""
    if crash.line or raised.platform in SCRIPTS:
        return bool(faults.literal_words(crash.line, raised.value))
    return (
        raised.is_raised_here
        and faults.is_own(raised.kind)
        and faults.is_telling(message_of(raised.value, raised.platform))
    )


def _words(raised: Raised, crash: GroupingFrame, names: str | None, raises: bool) -> list[str]:
    """What the engine or the program says is wrong. `names` is None where it is no fault."""
    said = raised.fault
    if crash.line and raised.platform in SCRIPTS:
        said = engines.fault(raised.value, crash.line)
    words = [
        said or names if names is not None else "",
        faults.literal_words(_raise_text(crash, raised.trace[0]), raised.value) if raises else "",
        runtimes.names(raised.kind, raised.value, raised.platform, is_fault=names is not None),
        runtimes.violated(raised.value),
    ]
    return [found for found in words if found]


def _told_words(raised: Raised, is_helper: bool) -> list[str]:
    if raised.platform not in TELLING or not raised.is_raised_here:
        return []
    is_in_line = raised.platform == "perl" and not is_helper
    line = text(raised.trace[0].get("context_line")) if is_in_line else ""
    return faults.told_words(raised.kind, raised.value, line)


def _is_fault(raised: Raised) -> bool:
    kind, value, platform = raised.kind, raised.value, raised.platform
    if engines.is_network(kind, value):
        return False
    if platform == PAGES and raised.fault:
        return True
    if (found := runtimes.is_fault(kind, value, platform)) is not None:
        return found
    if platform == DOTNET and raised.is_raised_here and runtimes.is_own_text(kind, value):
        return False
    return faults.is_fault(kind, platform) or faults.is_found_by_language(kind)


def _is_told(raised: Raised, crash: GroupingFrame) -> bool:
    """Whether a type of the language has a text that is the program's own: no engine's words."""
    if raised.platform != PAGES or crash.line or raised.fault:
        return False
    return faults.is_distinct(message_of(raised.value, PAGES))


def _says_it_all(raised: Raised) -> bool:
    return (
        raised.platform == PAGES
        and raised.is_raised_here
        and faults.is_telling(message_of(raised.value, raised.platform))
    )


def _is_untold(
    raised: Raised,
    crash: GroupingFrame,
    fault: bool,
    has_words: bool,
    caller: GroupingFrame | None,
) -> bool:
    """Whether type and place leave open what happened, so that the message must tell.

    In Go the place is where an error was reported; in minified code half of the names are gone.
    """
    if raised.platform != "go" and has_words:
        return False
    if faults.is_unparsable(raised.kind) and crash.says_something:
        return False
    if not crash.says_something or (crash.is_a_file and raised.platform in ("node", "perl")):
        return True
    if crash.is_a_file and raised.platform == "php" and not caller:
        return True  # a script that runs whatever it is told: `artisan`
    if fault:
        return crash.is_minified  # one more function may have been inlined here
    here = raised.is_app and raised.is_raised_here and not crash.is_minified
    if raised.platform != "go" and (here or faults.is_about_data(raised.kind)):
        return False
    return faults.is_vague(raised.kind)


def _chunk(raised: Raised, crash: GroupingFrame, fault: bool) -> str:
    """The script; of a mistake in a nameless function the caller's too, or the nearest known one.

    A script whose name says nothing is still another than the caller's. What functions of the
    browser raise in many places counts with the outermost: Safari leaves out the inner ones. Of
    what a program raises only that of who called counts.
    """
    if crash.says_something or raised.platform != PAGES:
        return crash.chunk
    if not fault:
        return _chunk_of_caller(raised, crash)
    chunks = [frame.chunk for frame in grouping_frames(raised.trace, PAGES)]
    if raised.fault in mistakes.COMMON:
        return next(filter(None, reversed(chunks)), "")
    nearest = list(dict.fromkeys(filter(None, chunks[:2]))) or list(filter(None, chunks))[:1]
    if len(nearest) > 1 and nearest[0].isdigit():
        nearest = nearest[1:]  # what webpack numbers has copies of small modules: the first is used
    if nearest and not chunks[0]:
        nearest = [SHARED, *nearest]
    return " < ".join(nearest)


def _chunk_of_caller(raised: Raised, crash: GroupingFrame) -> str:
    near = grouping_frames(raised.trace, PAGES) if raised.is_raised_here else iter(())
    chunks = [frame.chunk for frame in islice(near, 2)]
    return next(filter(None, reversed(chunks)), "") or crash.chunk


def _told(
    raised: Raised,
    crash: GroupingFrame,
    caller: GroupingFrame | None,
    chunk: str,
    *,
    needs_value: bool,
) -> Part:
    told: Part = {"chunk": chunk} if chunk else {}
    if not (crash.says_something or chunk or caller) and (
        through := builtins_before(raised.trace, raised.platform)
    ):
        told["through"] = through
    if needs_value:
        message = message_of(raised.value, raised.platform)
        is_helped = raised.platform == PAGES or (caller and raised.platform != "go")
        told["value"] = headed(message) if is_helped else message
        if raised.platform == "perl" and (said := runtimes.diagnosis(raised.value)):
            told["value"] = said
    return told


def _caller(walk: Iterator[GroupingFrame], value: str) -> GroupingFrame | None:
    """The nearest caller that is no helper itself; of helpers only, the outermost.

    A line that has in quotes what the message names is to blame, whatever its function is called.
    """
    found = None
    for frame in walk:
        if only_repeats(frame.function) or (found and frame.function == "main"):
            continue
        if frame.says_something:
            found = frame
            if not is_passed_by(frame) or faults.is_said(frame.line, value):
                break
    return found


def _raise_text(crash: GroupingFrame, frame: Frame) -> str:
    """The line that raises, with the one after it when the text only begins there."""
    after = frame.get("post_context")
    if crash.line.endswith("(") and isinstance(after, list) and after:
        return crash.line + text(after[0])
    return crash.line


def _names(value: str, crash: GroupingFrame, platform: str) -> str:
    """Names that the message has in common with the crash line.

    With the object's own, where one of Python's was None: `card.token`.
    """
    if not crash.line:
        return ""
    if missed := OF_NONE.match(value):
        owners = {owner for owner, name in OWNED.findall(crash.line[:400]) if name == missed[1]}
        if len(owners) == 1:
            return f"{owners.pop()}.{missed[1]}"
    if (key := KEY.fullmatch(value)) and key[1] in MEMBER.findall(crash.line[:400]):
        return key[1]
    if platform in SCRIPTS and (found := engines.fault(value, crash.line)):
        value = f"'{found.rpartition(' ')[2].rpartition('.')[2]}'"
    return faults.names_in_line(value, crash.line)
