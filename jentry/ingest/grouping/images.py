"""Native frames without symbols: where they are in their image, which is loaded anywhere."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from jentry.ingest.grouping.names import NAMELESS
from jentry.ingest.grouping.parts import Event, text

Frame = dict[str, Any]
Image = tuple[int, int, str]  # first address, size (0: unknown), file


def is_named(frame: Frame) -> bool:
    return text(frame.get("function")) not in NAMELESS


def located(
    frames: list[Frame], event: Event, is_named: Callable[[Frame], bool] = is_named
) -> list[Frame]:
    """Frames that name no function get `offset`, `+1a2b`, and `package`, where known."""
    if all(map(is_named, frames)):
        return frames
    images = _images(event)
    return [frame if is_named(frame) else _located(frame, images) for frame in frames]


def _located(frame: Frame, images: list[Image]) -> Frame:
    address = _number(frame.get("instruction_addr"))
    if address is None:
        return frame
    start, package = _number(frame.get("image_addr")), ""
    index = bisect_right(images, (address, 2**64, "")) - 1
    if index >= 0:
        first, size, file = images[index]
        if address < first + size or not size:
            start, package = first if start is None else start, file
    found = {} if start is None or start > address else {"offset": f"+{address - start:x}"}
    if package and not frame.get("package"):
        found["package"] = package
    return frame | found


def _images(event: Event) -> list[Image]:
    meta = event.get("debug_meta")
    listed = meta.get("images") if isinstance(meta, dict) else None
    return sorted(
        (start, _number(image.get("image_size")) or 0, text(image.get("code_file")))
        for image in (listed if isinstance(listed, list) else ())
        if isinstance(image, dict) and (start := _number(image.get("image_addr"))) is not None
    )


def _number(value: Any) -> int | None:
    """Of an address as clients write it: `0x1a2b`, or a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(text(value)[:20], 0)
    except ValueError:
        return None
