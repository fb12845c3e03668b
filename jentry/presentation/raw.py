"""The whole stack trace as the platform itself prints it."""

from collections.abc import Callable, Iterator
from typing import Any

from jentry.ingest.grouping.parts import frames, values
from jentry.presentation.text import word

Exception_ = dict[str, Any]
Frame = dict[str, Any]

CAUSED = "\nThe above exception was the direct cause of the following exception:\n"
WHILE = "\nDuring handling of the above exception, another exception occurred:\n"


def raw(event: dict[str, Any]) -> str:
    """Every exception with every frame; of what has none, its stack and threads. '' of nothing."""
    platform = event["platform"]
    exceptions = values(event, "exception")
    written = []
    if exceptions:
        written.append(WRITERS.get(platform, generic)(exceptions))
    elif bare := frames(event):
        written.append(_bare(bare, platform))
    for thread in values(event, "threads"):
        found = frames(thread)
        if found and not any(raw_ is thread for raw_ in _shown(event, thread)):
            written.append(f"{_thread_name(thread)}\n{_bare(found, platform)}")
    return "\n\n".join(written)


def _shown(event: dict[str, Any], thread: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The thread itself, when an exception has its stack already."""
    for exception in values(event, "exception"):
        if frames(exception) and exception.get("thread_id") == thread.get("id") is not None:
            yield thread


def _thread_name(thread: dict[str, Any]) -> str:
    name = word(thread.get("name"))
    state = word(thread.get("state"))
    title = f"Thread {word(thread.get('id'))}" + (f' "{name}"' if name else "")
    return f"{title}{f' ({state})' if state else ''}:"


def _bare(found: list[Frame], platform: str) -> str:
    """A stack without an exception, in the platform's order."""
    if platform == "python":
        return "\n".join(["Stack (most recent call last):", *_python_frames(found)])
    line = FRAMES.get(platform, _at)
    return "\n".join(line(one) for one in reversed(found))


def _title(exception: Exception_, *, qualified: bool = False) -> str:
    kind, text = word(exception.get("type")), word(exception.get("value"))
    module = word(exception.get("module"))
    if qualified and module and module not in ("builtins", "__builtin__", "exceptions"):
        kind = f"{module}.{kind}" if kind else module
    return ": ".join(filter(None, (kind, text))) or "Error"


def _position(frame: Frame, *, column: bool = True, absolute: bool = True) -> str:
    path = word(frame.get("abs_path")) if absolute else ""
    path = path or word(frame.get("filename")) or word(frame.get("module")) or "<unknown>"
    numbers = [frame.get("lineno"), frame.get("colno") if column else None]
    return ":".join([path, *(str(number) for number in numbers if number is not None)])


def python(exceptions: list[Exception_]) -> str:
    groups = any((e.get("mechanism") or {}).get("is_exception_group") for e in exceptions)
    if groups:
        return "\n".join(_python_group(exceptions, exceptions[-1], set()))
    parts = []
    for number, exception in enumerate(exceptions):
        if number:
            source = word((exceptions[number - 1].get("mechanism") or {}).get("source"))
            parts.append(WHILE if source == "__context__" else CAUSED)
        parts.extend(_python_exception(exception))
    return "\n".join(parts)


def _python_exception(exception: Exception_, header: str = "Traceback") -> Iterator[str]:
    found = frames(exception)
    if found:
        yield f"{header} (most recent call last):"
        yield from _python_frames(found)
    yield _title(exception, qualified=True)


def _python_frames(found: list[Frame]) -> Iterator[str]:
    for one in found:
        path = word(one.get("abs_path")) or word(one.get("filename")) or "<unknown>"
        line = one.get("lineno")
        yield f'  File "{path}", line {line if line is not None else "?"}, in ' + (
            word(one.get("function")) or "<module>"
        )
        if source := word(one.get("context_line")).strip():
            yield f"    {source}"


def _python_group(exceptions: list[Exception_], group: Exception_, seen: set[int]) -> Iterator[str]:
    """An exception and what it contains, indented as the interpreter does."""
    seen.add(id(group))
    mechanism = group.get("mechanism") or {}
    children = [
        child
        for child in reversed(exceptions)
        if id(child) not in seen
        and mechanism.get("exception_id") is not None
        and (child.get("mechanism") or {}).get("parent_id") == mechanism["exception_id"]
    ]
    if not mechanism.get("is_exception_group"):
        for child in children:
            yield from _python_group(exceptions, child, seen)
            source = word((child.get("mechanism") or {}).get("source"))
            yield WHILE if source == "__context__" else CAUSED
        yield from _python_exception(group)
        return
    header, *others = _python_exception(group, "Exception Group Traceback")
    yield f"  + {header}"
    yield from (f"  | {line}" for line in others)
    for number, child in enumerate(children, 1):
        yield f"  {'+-' if number == 1 else '  '}+---------------- {number} ----------------"
        yield from (f"    | {line}" for line in _python_group(exceptions, child, seen))
    if children:
        yield "    +------------------------------------"


def javascript(exceptions: list[Exception_]) -> str:
    return _chain(exceptions, "Caused by: ", _javascript_frame)


def _javascript_frame(one: Frame) -> str:
    function, position = word(one.get("function")), _position(one)
    return f"    at {function} ({position})" if function else f"    at {position}"


def java(exceptions: list[Exception_]) -> str:
    return _chain(exceptions, "Caused by: ", _java_frame, qualified=True)


def _java_frame(one: Frame) -> str:
    owner, function = word(one.get("module")), word(one.get("function")) or "<unknown>"
    method = f"{owner}.{function}" if owner else function
    file = word(one.get("filename")) or "Unknown Source"
    line = one.get("lineno")
    return f"\tat {method}({file}{'' if line is None else f':{line}'})"


def csharp(exceptions: list[Exception_]) -> str:
    return _chain(exceptions, " ---> ", _csharp_frame, qualified=True)


def _csharp_frame(one: Frame) -> str:
    owner, function = word(one.get("module")), word(one.get("function")) or "<unknown>"
    path = word(one.get("abs_path")) or word(one.get("filename"))
    line = one.get("lineno")
    place = f" in {path}{'' if line is None else f':line {line}'}" if path else ""
    return f"   at {f'{owner}.{function}' if owner else function}{place}"


def ruby(exceptions: list[Exception_]) -> str:
    parts = []
    for exception in reversed(exceptions):
        found = frames(exception)[::-1]
        place = f"{_ruby_frame(found[0])}: " if found else ""
        kind, text = word(exception.get("type")), word(exception.get("value"))
        module = word(exception.get("module"))
        kind = f"{module}::{kind}" if module and kind else kind
        parts.append(f"{place}{text} ({kind})" if kind else f"{place}{text}")
        parts.extend(f"\tfrom {_ruby_frame(one)}" for one in found[1:])
    return "\n".join(parts)


def _ruby_frame(one: Frame) -> str:
    function = word(one.get("function"))
    return _position(one, column=False) + (f":in '{function}'" if function else "")


def go(exceptions: list[Exception_]) -> str:
    parts = []
    for number, exception in enumerate(reversed(exceptions)):
        prefix = "panic: " if not number else "caused by: "
        stack = [_go_frame(one) for one in reversed(frames(exception))]
        head = ["", "goroutine 1 [running]:"] if stack else []
        parts.append("\n".join([f"{prefix}{_title(exception)}", *head, *stack]))
    return "\n\n".join(parts)


def _go_frame(one: Frame) -> str:
    owner, function = word(one.get("module")), word(one.get("function")) or "<unknown>"
    name = f"{owner}.{function}" if owner else function
    return f"{name}(...)\n\t{_position(one, column=False)}"


def php(exceptions: list[Exception_]) -> str:
    parts = []
    for number, exception in enumerate(reversed(exceptions)):
        found = frames(exception)[::-1]
        place = f" in {_position(found[0], column=False)}" if found else ""
        prefix = "PHP Fatal error:  Uncaught " if not number else "Next "
        parts.append(f"{prefix}{_title(exception)}{place}")
        if found:
            parts.append("Stack trace:")
            parts.extend(f"#{index} {_php_frame(one)}" for index, one in enumerate(found))
            parts.append(f"#{len(found)} {{main}}")
    return "\n".join(parts)


def _php_frame(one: Frame) -> str:
    path = word(one.get("abs_path")) or word(one.get("filename")) or "[internal function]"
    line = one.get("lineno")
    place = path if line is None else f"{path}({line})"
    return f"{place}: {word(one.get('function')) or '{main}'}()"


def rust(exceptions: list[Exception_]) -> str:
    parts = []
    for exception in reversed(exceptions):
        parts.append(_title(exception))
        found = frames(exception)[::-1]
        if found:
            parts.append("stack backtrace:")
        for index, one in enumerate(found):
            name = word(one.get("function")) or word(one.get("instruction_addr")) or "<unknown>"
            parts.append(f"{index:4}: {name}\n             at {_position(one)}")
    return "\n".join(parts)


def native(exceptions: list[Exception_]) -> str:
    parts = []
    for exception in reversed(exceptions):
        parts.append(_title(exception))
        found = frames(exception)[::-1]
        parts.extend(f"{index:<4}{_native_frame(one)}" for index, one in enumerate(found))
    return "\n".join(parts)


def _native_frame(one: Frame) -> str:
    package = word(one.get("package")).rpartition("/")[2] or "???"
    name = word(one.get("function")) or "<unknown>"
    place = f" ({_position(one)})" if one.get("filename") or one.get("abs_path") else ""
    return f"{package:<32}{word(one.get('instruction_addr')) or '0x0'} {name}{place}"


def generic(exceptions: list[Exception_]) -> str:
    return _chain(exceptions, "Caused by: ", _at)


def _at(one: Frame) -> str:
    function = word(one.get("function")) or word(one.get("instruction_addr")) or "<unknown>"
    return f"    at {function} ({_position(one)})"


def _chain(
    exceptions: list[Exception_],
    prefix: str,
    line: Callable[[Frame], str],
    *,
    qualified: bool = False,
) -> str:
    """The outermost first, each followed by what caused it; frames newest first."""
    parts = []
    for number, exception in enumerate(reversed(exceptions)):
        title = _title(exception, qualified=qualified)
        parts.append(f"{prefix if number else ''}{title}")
        parts.extend(line(one) for one in reversed(frames(exception)))
    return "\n".join(parts)


WRITERS: dict[str, Callable[[list[Exception_]], str]] = {
    "python": python, "javascript": javascript, "node": javascript, "java": java,
    "groovy": java, "csharp": csharp, "ruby": ruby, "go": go, "php": php, "rust": rust,
    "native": native, "cocoa": native, "objc": native, "c": native,
}  # fmt: skip
FRAMES: dict[str, Callable[[Frame], str]] = {
    "javascript": _javascript_frame, "node": _javascript_frame, "java": _java_frame,
    "csharp": _csharp_frame, "ruby": _ruby_frame, "go": _go_frame, "php": _php_frame,
    "native": _native_frame, "cocoa": _native_frame, "objc": _native_frame,
}  # fmt: skip
