"""What a script or a source map says of itself: its debug id, and where its map is."""

import base64
import binascii
import re
import urllib.parse

import msgspec

ADDRESS = re.compile(rb"[^\s'\"`]++")
NO_HYPHENS = re.compile(r"[0-9a-f]{32}")


def debug_id_of(
    text: str | None = None, *, content: bytes = b"", is_map: bool = False
) -> bytes | None:
    """16 bytes, or None: of the text of a header, else of a file's own content."""
    if text is None:
        if is_map:
            text = _of_map(content)
        else:
            found = last_comment(content, b"debugId")
            text = found.decode("latin-1") if found else None
    if text is None:
        return None
    plain = text.strip().lower().replace("-", "")
    return bytes.fromhex(plain) if NO_HYPHENS.fullmatch(plain) else None


def map_named_in(script: bytes) -> str | None:
    """What its last `//# sourceMappingURL=` says."""
    found = last_comment(script, b"sourceMappingURL")
    return found.decode("utf-8", "replace") if found else None


def last_comment(script: bytes, name: bytes) -> bytes | None:
    """The value of the last `//# name=`, at the end of its line."""
    start = max(script.rfind(b"//# " + name + b"="), script.rfind(b"//@ " + name + b"="))
    if start < 0:
        return None
    line_start = script.rfind(b"\n", 0, start) + 1
    line_end = script.find(b"\n", start)
    line = script[line_start : line_end if line_end >= 0 else len(script)]
    before, _, value = line.rpartition(name + b"=")
    is_comment = before.rstrip().endswith((b"//#", b"//@"))
    value = value.strip()
    return value if is_comment and ADDRESS.fullmatch(value) else None


def data_of(url: str) -> bytes | None:
    """The content of a `data:` address."""
    if not url.startswith("data:"):
        return None
    head, comma, data = url.partition(",")
    if not comma:
        return None
    try:
        if head.endswith(";base64"):
            return base64.b64decode(urllib.parse.unquote_to_bytes(data), validate=False)
        return urllib.parse.unquote_to_bytes(data)
    except (binascii.Error, ValueError):
        return None


class _Map(msgspec.Struct):
    """The two members that are of use here; all others are skipped without being kept."""

    debug_id: str | None = None
    debugId: str | None = None


def _of_map(content: bytes) -> str | None:
    try:
        found = msgspec.json.decode(content.removeprefix(b")]}'"), type=_Map)
    except (ValueError, RecursionError):
        return None
    return found.debug_id or found.debugId
