"""Frames of Java and Kotlin whose names ProGuard or R8 has shortened."""

from typing import Any

from jentry.ingest.normalise.text import cut

PLATFORM = "java"
NAME = 256  # characters, as in frames of any event
REPLACED = ("module", "function", "raw_function", "filename", "abs_path", "lineno", "colno",
            "in_app", "pre_context", "context_line", "post_context")  # fmt: skip

Frame = dict[str, Any]
Place = tuple[str, str, int]  # class, method, line; without a method of a class alone


def place_of(frame: Frame) -> Place | None:
    module, function = frame.get("module"), frame.get("function")
    return (module, function, frame.get("lineno") or 0) if module and function else None


def class_of(holder: dict[str, Any]) -> Place | None:
    """The place of an exception's class."""
    name, package = holder.get("type"), holder.get("module")
    if not isinstance(name, str) or not name or "event_id" in holder:  # the event has a type, too
        return None
    return (f"{package}.{name}" if isinstance(package, str) and package else name), "", 0


def rename(holder: dict[str, Any], name: str) -> None:
    """Give an exception the name of its class."""
    package, _, kind = _clean(name).rpartition(".")
    holder["type"] = cut(kind, NAME)
    if package:
        holder["module"] = cut(package, NAME)


def mapped(frame: Frame, inlined: dict[str, Any]) -> Frame:
    """One of the frames that a frame stands for. `inlined` is what the mapping says."""
    found = {key: value for key, value in frame.items() if key not in REPLACED}
    name = cut(_clean(inlined["module"]), NAME)
    found |= {"module": name, "function": cut(_clean(inlined["function"]), NAME)}
    found["filename"] = cut(_clean(inlined["file"] or _file_of(name)), NAME)
    if inlined["line"]:
        found["lineno"] = inlined["line"]
    return found


def _file_of(name: str) -> str:
    """`shop.Cart$Item` -> `Cart.java`; a file of Kotlin's top-level functions is `CartKt`."""
    outer = name.rpartition(".")[2].partition("$")[0]
    if outer.endswith("Kt") and len(outer) > 2:
        return f"{outer[:-2]}.kt"
    return f"{outer}.java"


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd")
