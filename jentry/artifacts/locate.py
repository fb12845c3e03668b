"""Which script and map a frame belongs to: by debug id, else by release and address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from jentry.artifacts.references import debug_id_of
from jentry.store.artifact_lookup import FoundFile

NO_FILES = ("<", "native", "[native code]", "node:", "eval at ", "internal/")
EXTENSION = "-extension:"  # of a browser
MAPPING = "proguard:"  # stands for an address where the whole application has one mapping
SCRIPTS = ("minified_source", "source", "indexed_ram_bundle")
MOST_NAMES = 8

ByDebugId = Callable[[bytes], Sequence[FoundFile]]
ByUrl = Callable[[str, Sequence[str]], Sequence[FoundFile]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A map and its script, 0 without one: ids of contents."""

    script_id: int
    map_id: int
    via: str  # debug_id | release
    debug_id: bytes | None
    bundle_id: int
    url: str  # of the map
    uploaded_at: str
    kind: str = "source_map"  # | proguard

    @property
    def name(self) -> str:
        return f"{self.script_id}-{self.map_id}"


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a frame has no pair: a word of the doctor's table, and what its sentence names."""

    reason: str
    debug_id: bytes | None = None
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """What an event says of the build it comes from."""

    release: str
    dist: str
    debug_ids: Mapping[str, bytes]  # by the address of the script


def build_of(event: Mapping[str, Any]) -> Build:
    """`event` is normalised."""
    images = event.get("debug_meta", {}).get("images")
    ids = {}
    for image in images if isinstance(images, list) else ():
        if not isinstance(image, dict):
            continue
        kind, found = image.get("type"), debug_id_of(_text(image.get("debug_id")))
        if kind == "sourcemap" and found and isinstance(image.get("code_file"), str):
            ids[image["code_file"]] = found
        elif kind == "proguard" and (uuid := found or debug_id_of(_text(image.get("uuid")))):
            ids.setdefault(MAPPING, uuid)
    return Build(event.get("release") or "", event.get("dist") or "", ids)


def address_of(frame: Mapping[str, Any]) -> str | None:
    """Where the frame's code stands, as its event names it."""
    return frame.get("abs_path") or frame.get("filename")


def is_script(url: str | None) -> TypeGuard[str]:
    """Whether an address is that of a file."""
    if not url or url.startswith(NO_FILES):
        return False
    return EXTENSION not in url[:40]


def locate(url: str, build: Build, by_debug_id: ByDebugId, by_url: ByUrl) -> Pair | Miss:
    """The pair of a script's address."""
    debug_id = build.debug_ids.get(url)
    if debug_id is not None:
        found = _by_debug_id(by_debug_id(debug_id), debug_id, by_url)
        if found is not None:
            return found
    if build.release and url != MAPPING:
        found = _by_release(url, build, by_url, by_debug_id)
        if isinstance(found, Pair) or debug_id is None:
            return found
    if debug_id is not None:
        return Miss("mapping_unknown" if url == MAPPING else "debug_id_unknown", debug_id)
    return Miss("no_debug_id")


def names_of(url: str) -> list[str]:
    """How an artifact of this address may be named, the most exact first."""
    plain = url.partition("#")[0]
    bare = plain.partition("?")[0]
    names = [url, plain, bare]
    try:
        path = urlsplit(plain)
        if path.scheme or plain.startswith("//"):
            tail = path.path or "/"
            names += [f"~{tail}?{path.query}", f"~{tail}"] if path.query else [f"~{tail}"]
        elif plain.startswith("/"):
            names += [f"~{plain}", f"~{bare}"]
        else:
            names += [f"~/{plain.removeprefix('./')}", f"~/{bare.removeprefix('./')}"]
    except ValueError:
        pass
    return list(dict.fromkeys(names))[:MOST_NAMES]


def _by_release(url: str, build: Build, by_url: ByUrl, by_debug_id: ByDebugId) -> Pair | Miss:
    names = names_of(url)
    files = [file for file in by_url(build.release, names) if file.type in SCRIPTS]
    if not files:
        return Miss("url_not_found", about=(build.release, names[-1]))
    same = [file for file in files if file.dist == build.dist]
    if not same:
        return Miss("dist_mismatch", about=(build.dist, files[0].dist))
    script = same[0]
    maps = _maps_of(script, by_url)
    if not maps and script.debug_id is not None:
        maps = [file for file in by_debug_id(script.debug_id) if file.type == "source_map"]
    if not maps:
        return Miss("source_map_missing", about=(script.url, script.map_url or ""))
    return _made(script, maps[0], "release", None)


def _by_debug_id(files: Sequence[FoundFile], debug_id: bytes, by_url: ByUrl) -> Pair | Miss | None:
    scripts = [file for file in files if file.type in SCRIPTS]
    maps = [file for file in files if file.type in ("source_map", "proguard")]
    if not maps and scripts:
        maps = _maps_of(scripts[0], by_url)
        if not maps:
            return Miss("source_map_missing", debug_id, (scripts[0].url, scripts[0].map_url or ""))
    if not maps:
        return None
    script = scripts[0] if scripts and maps[0].type == "source_map" else None
    return _made(script, maps[0], "debug_id", debug_id)


def _maps_of(script: FoundFile, by_url: ByUrl) -> list[FoundFile]:
    if not script.map_url or not script.release:
        return []
    named = by_url(script.release, [script.map_url])
    found = [file for file in named if file.type == "source_map"]
    return [file for file in found if file.dist == script.dist]


def _made(
    script: FoundFile | None, source_map: FoundFile, via: str, debug_id: bytes | None
) -> Pair:
    return Pair(
        script_id=script.content_id if script else 0,
        map_id=source_map.content_id,
        via=via,
        debug_id=debug_id,
        bundle_id=source_map.bundle_id,
        url=source_map.url,
        uploaded_at=source_map.uploaded_at,
        kind=source_map.type,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
