"""An artifact bundle: eight bytes, then a zip with `manifest.json` and the files it names.

Nothing that the archive claims is believed: sizes are counted while reading, and names are never
used as paths. What is not in the manifest is ignored.
"""

import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urljoin

from jentry.artifacts.references import data_of, debug_id_of, map_named_in
from jentry.errors import BadRequest

MIB = 1024 * 1024
MAGIC = b"SYSB"
HEAD = 8
MANIFEST = "manifest.json"
MOST_FILES = 10_000
MOST_BYTES = 256 * MIB  # of all files, unpacked
MOST_FILE_BYTES = 64 * MIB
MOST_MANIFEST_BYTES = 16 * MIB
MOST_DIRECTORY_BYTES = 4 * MIB
END, LOCATOR = 22, 20  # bytes of the zip's last record, and of one before it in very large ones
LONGEST_URL = 2000  # bytes: it stands in an index
MOST_WARNINGS = 20
TYPES = ("source", "minified_source", "source_map", "indexed_ram_bundle")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PIECE = 64 * 1024
# What zipfile raises for an archive that is none, or is damaged.
DAMAGE = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
    zlib.error, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """`map_url` is the name of a script's source map among the artifacts; None when it has none."""

    type: str
    url: str
    debug_id: bytes | None
    map_url: str | None
    content: bytes


class Bundle:
    """`release` and `dist` are what the manifest says, '' for nothing. Raises BadRequest."""

    def __init__(self, file: IO[bytes]) -> None:
        self.warnings: list[str] = []
        head = file.read(HEAD)
        if head[:4] != MAGIC:
            raise BadRequest("This is no artifact bundle: it does not begin with SYSB.")
        require_small_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except DAMAGE as error:
            raise BadRequest(f"The bundle is no readable zip archive: {error}.") from None
        self._entries = self._listed()
        manifest = self._manifest()
        self.release = _text(manifest, "release")
        self.dist = _text(manifest, "dist")
        self._named = self._checked(manifest)

    def files(self) -> Iterator[File]:
        """One after the other, each read when it is asked for. Raises BadRequest."""
        room = MOST_BYTES
        for name, entry in self._named.items():
            content = self._read(name, min(MOST_FILE_BYTES, room))
            room -= len(content)
            yield from self._with_inline_map(entry, content)

    def _listed(self) -> dict[str, zipfile.ZipInfo]:
        entries: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if info.filename.endswith("/"):
                continue
            if info.filename in entries:
                raise BadRequest(f"The bundle has two entries named {_shown(info.filename)}.")
            _require_plain(info)
            entries[info.filename] = info
        if len(entries) > MOST_FILES + 1:
            raise BadRequest(f"The bundle has more than {MOST_FILES} files.")
        return entries

    def _manifest(self) -> dict[str, Any]:
        if MANIFEST not in self._entries:
            raise BadRequest("The bundle has no manifest.json.")
        try:
            manifest = json.loads(self._read(MANIFEST, MOST_MANIFEST_BYTES))
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"The bundle's manifest.json is not valid JSON: {error}.") from None
        if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
            raise BadRequest("The bundle's manifest.json names no files.")
        return manifest

    def _checked(self, manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The files of the manifest that are of use: `type`, `url`, `debug_id`, `map`."""
        found = {}
        for name, entry in manifest["files"].items():
            if not isinstance(entry, dict) or name not in self._entries:
                raise BadRequest(f"The manifest names {_shown(name)}, which is not in the bundle.")
            found[name] = self._entry(name, entry)
        if not found:
            raise BadRequest("The bundle has no files.")
        return found

    def _entry(self, name: str, entry: dict[str, Any]) -> dict[str, Any]:
        kind, url = entry.get("type"), _text(entry, "url") or f"~/{name}"
        if kind not in TYPES:
            raise BadRequest(f"The type {_shown(str(kind))} of {_shown(name)} is not known.")
        if len(url.encode()) > LONGEST_URL:
            raise BadRequest(f"The address of {_shown(name)} is longer than {LONGEST_URL} bytes.")
        given = entry.get("headers")
        headers = (
            {str(key).lower(): str(value) for key, value in given.items()}
            if isinstance(given, dict)
            else {}
        )
        debug_id = debug_id_of(headers.get("debug-id"))
        if headers.get("debug-id") and debug_id is None:
            self._warn(f"{url}: the debug id {_shown(headers['debug-id'])} is none.")
        return {"type": kind, "url": url, "debug_id": debug_id, "map": headers.get("sourcemap")}

    def _read(self, name: str, most: int) -> bytes:
        pieces, size = [], 0
        try:
            with self._zip.open(self._entries[name]) as source:
                while piece := source.read(PIECE):
                    size += len(piece)
                    if size > most:
                        raise BadRequest(_too_large(name, most))
                    pieces.append(piece)
        except BadRequest:
            raise
        except DAMAGE as error:
            raise BadRequest(f"{_shown(name)} cannot be unpacked: {error}.") from None
        return b"".join(pieces)

    def _with_inline_map(self, entry: dict[str, Any], content: bytes) -> Iterator[File]:
        """The file, and the source map that a script carries in a `data:` address."""
        kind, url = entry["type"], entry["url"]
        debug_id = entry["debug_id"] or (
            debug_id_of(content=content, is_map=kind == "source_map") if kind != "source" else None
        )
        name = None
        if kind == "minified_source":
            name = entry["map"] or map_named_in(content)
        inline = data_of(name) if name else None
        if name and name.startswith("data:"):
            name = f"{url}.inline.map"[:LONGEST_URL]
            if inline is None:
                self._warn(f"{url}: its source map, a data: address, cannot be read.")
                name = None
        elif name:
            name = _joined(url, name)
        elif kind == "minified_source":
            self._warn(f"{url} names no source map.")
        yield File(kind, url, debug_id, name, content)
        if inline is not None and name:
            yield File("source_map", name, debug_id, None, inline)

    def _warn(self, sentence: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(sentence)


def require_small_directory(file: IO[bytes]) -> None:
    """Before it is read, which takes a hundred times its size. Raises BadRequest."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - END - LOCATOR, 0))
    tail = file.read()
    end = tail[-END:]
    if len(tail) < END + LOCATOR or not end.startswith(b"PK\5\6"):
        raise BadRequest("The bundle is no readable zip archive: its end is missing.")
    directory: int = struct.unpack_from("<L", end, 12)[0]
    if directory > MOST_DIRECTORY_BYTES or tail.startswith(b"PK\6\7"):
        raise BadRequest("The bundle's list of files is too large.")


def _require_plain(info: zipfile.ZipInfo) -> None:
    """Raises BadRequest for what could not be, or no tool writes."""
    name = info.filename
    parts = re.split(r"[/\\]", name)
    if "\\" in name or name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise BadRequest(f"The name {_shown(name)} leads out of the bundle.")
    if info.flag_bits & 0x1:
        raise BadRequest(f"{_shown(name)} is encrypted.")
    if info.compress_type not in METHODS:
        raise BadRequest(f"{_shown(name)} is neither stored nor deflated.")


def _joined(url: str, name: str) -> str:
    """The name of a map beside its script: `~/js/a.js`, `a.js.map` -> `~/js/a.js.map`."""
    if url.startswith("~"):
        return ("~" + urljoin(url[1:], name))[:LONGEST_URL]
    try:
        return urljoin(url, name)[:LONGEST_URL]
    except ValueError:
        return name[:LONGEST_URL]


def _too_large(name: str, most: int) -> str:
    if name == MANIFEST or most == MOST_FILE_BYTES:
        return f"{_shown(name)} has more than {most // MIB} MiB."
    return f"The files of the bundle have more than {MOST_BYTES // MIB} MiB together."


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _shown(name: str) -> str:
    return repr(name[:100])
