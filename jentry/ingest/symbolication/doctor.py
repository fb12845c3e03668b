"""Why a frame of an event was not mapped: a word and a sentence that says what to do."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from jentry.artifacts.locate import Miss, Pair
from jentry.ingest.symbolication import frames, jvm
from jentry.ingest.symbolication.symbols import Symbols
from jentry.ingest.symbolication.work import place_of
from jentry.mapper.master import CannotMap
from jentry.store import artifact_lookup
from jentry.store.artifact_lookup import Owner
from jentry.store.audit import Actor
from jentry.store.connection import Connection

SECONDS = 3.0  # that a map may take to be read
MOST_NAMED = 3  # artifacts that a sentence names

NamesIn = Callable[[str, int], list[str]]  # a release and how many -> addresses of its scripts
Found = tuple[Pair | Miss | None, dict[str, Any] | CannotMap | None]

SENTENCES = {
    "no_position": "The browser hid line and column: set crossorigin on the script's tag.",
    "no_debug_id": (
        "The event names neither a debug id nor a release: inject debug ids when you build, "
        "or set a release."
    ),
    "mapper_missing": (
        "The server has no library that reads source maps: install jentry with the extra maps."
    ),
    "pending": "Its map is being read; look again in a moment.",
    "too_costly": "Reading this map took more time or memory than it may; split the bundle.",
    "no_mapping": (
        "The map says nothing of line {line}, column {column}: it is code that the bundler added, "
        "or script and map are of different builds."
    ),
    "source_content_missing": (
        "The map does not hold the text of {source}: build with sourcesContent."
    ),
}


def diagnose(db: Connection, actor: Actor, event_id: bytes, symbols: Symbols) -> dict[str, Any]:
    """`event_id`, `status` as it was stored, and `frames` as of now. Raises NotFound."""
    stored = artifact_lookup.event(db, actor, event_id)
    owner = Owner(actor.org_id, stored["project_id"])
    event = stored["payload"]
    found: list[Found] = symbols.explain(event, owner, SECONDS)
    rows = diagnosis(event, found, partial(artifact_lookup.names_in, db, owner)) if found else []
    return {"event_id": event_id.hex(), "status": stored["symbolication"], "frames": rows}


def sentences(
    db: Connection, actor: Actor, project_id: int, event: dict[str, Any], symbols: Symbols
) -> dict[int, str]:
    """What is to be said of frames that are shown as they came, by the `id()` of each.

    `event` has the members of a stored one; None stands for those that it does not have.
    """
    known = {name: value for name, value in event.items() if value is not None}
    owner = Owner(actor.org_id, project_id)
    found = symbols.explain(known, owner, 0.0)
    if not found:
        return {}
    rows = diagnosis(known, found, partial(artifact_lookup.names_in, db, owner))
    both = [pair for holder in frames.holders(known) for pair in frames.both(holder)]
    return {
        id(shown): row["message"]
        for (came, shown), row in zip(both, rows, strict=True)
        if row["message"] and row["status"] == ("unmapped" if shown == came else "mapped")
    }


def diagnosis(event: dict[str, Any], found: list[Found], names_in: NamesIn) -> list[dict[str, Any]]:
    """A row for each frame, in the order of `found`: `exception` (its number, None in a thread),
    `frame`, `status`, `reason`, `message`, `via`, `debug_id`, `raw`, `mapped`, `artifact`.
    """
    rows: list[dict[str, Any]] = []
    for number, index, frame in _numbered(event):
        pair, result = found[len(rows)]
        rows.append({"exception": number, "frame": index} | _row(frame, pair, result, names_in))
    return rows


def _numbered(event: dict[str, Any]) -> list[tuple[int | None, int, frames.Frame]]:
    numbers = {
        id(value): number
        for number, value in enumerate(event.get("exception", {}).get("values", ()))
    }
    return [
        (numbers.get(id(holder)), index, frame)
        for holder in frames.holders(event)
        for index, frame in enumerate(frames.original(holder)["frames"])
    ]


def _row(
    frame: frames.Frame,
    pair: Pair | Miss | None,
    result: dict[str, Any] | CannotMap | None,
    names_in: NamesIn,
) -> dict[str, Any]:
    is_jvm = bool(frame.get("module")) and _is_of_mapping(pair)
    verdict = _verdict_of_mapping if is_jvm else _verdict
    status, reason, message = verdict(frame, pair, result, names_in)
    is_mapped = isinstance(result, dict) and isinstance(pair, Pair)
    return {
        "status": status,
        "reason": reason,
        "message": message,
        "via": pair.via if isinstance(pair, Pair) else None,
        "debug_id": str(UUID(bytes=pair.debug_id)) if pair and pair.debug_id else None,
        "raw": {
            name: frame.get(name)
            for name in ("function", "filename", "abs_path", "lineno", "colno")
        },
        "mapped": _place(frame, pair, result) if is_mapped else None,
        "artifact": {
            "bundle_id": pair.bundle_id, "url": pair.url, "uploaded_at": pair.uploaded_at,
        } if isinstance(pair, Pair) else None,
    }  # fmt: skip


def _verdict(
    frame: frames.Frame,
    pair: Pair | Miss | None,
    result: dict[str, Any] | CannotMap | None,
    names_in: NamesIn,
) -> tuple[str, str | None, str | None]:
    """Status, reason and sentence."""
    if pair is None:
        name = str(frame.get("abs_path") or frame.get("filename") or "nothing")[:100]
        return "skipped", "not_a_file", f"{name} is no script of yours: nothing to map."
    if place_of(frame) is None:
        return "unmapped", "no_position", SENTENCES["no_position"]
    if isinstance(pair, Miss):
        return "unmapped", *_missing(pair, names_in)
    if isinstance(result, CannotMap):
        return "unmapped", result.reason, _unread(pair, result)
    if result is None:
        words = SENTENCES["no_mapping"].format(line=frame["lineno"], column=frame["colno"])
        return "unmapped", "no_mapping", words
    if "context_line" not in result:
        words = SENTENCES["source_content_missing"].format(source=result["abs_path"])
        return "mapped", "source_content_missing", words
    return "mapped", None, None


def _is_of_mapping(pair: Pair | Miss | None) -> bool:
    if isinstance(pair, Pair):
        return pair.kind == "proguard"
    return pair is not None and pair.reason == "mapping_unknown"


def _verdict_of_mapping(
    _: frames.Frame,
    pair: Pair | Miss | None,
    result: dict[str, Any] | CannotMap | None,
    __: NamesIn,
) -> tuple[str, str | None, str | None]:
    """Of Java and Kotlin: what the mapping does not name was not shortened."""
    if isinstance(pair, Pair):
        if isinstance(result, CannotMap):
            return "unmapped", result.reason, _unread(pair, result)
        return ("skipped" if result is None else "mapped"), None, None
    known = UUID(bytes=pair.debug_id) if pair and pair.debug_id else ""
    return (
        "unmapped",
        "debug_id_unknown",
        (f"No mapping has the uuid {known}: upload mapping.txt of this build with --uuid {known}."),
    )


def _missing(miss: Miss, names_in: NamesIn) -> tuple[str, str]:
    """Reason and sentence."""
    words = SENTENCES.get(miss.reason, "")
    if miss.reason == "debug_id_unknown":
        known = UUID(bytes=miss.debug_id) if miss.debug_id else ""
        words = (
            f"No artifact has the debug id {known}: upload this build. The SDK sent the id, so "
            "injecting worked."
        )
    elif miss.reason == "url_not_found":
        release, wanted = miss.about
        there = names_in(release, MOST_NAMED)
        if not there:
            return "release_unknown", (
                f"The release {release} has no artifacts: upload them with --release {release}."
            )
        words = (
            f"The release {release} has no artifact named {wanted}; it has "
            f"{', '.join(there)}. Upload with another --url-prefix."
        )
    elif miss.reason == "dist_mismatch":
        sent, there_is = (text or "none" for text in miss.about)
        words = f"The event's dist is {sent}, that of the artifacts {there_is}."
    elif miss.reason == "source_map_missing":
        script, named = miss.about
        words = f"{script} names the source map {named}, which was not uploaded."
        if not named:
            words = f"{script} names no source map: build with one, and upload it too."
    return miss.reason, words


def _unread(pair: Pair, error: CannotMap) -> str:
    if error.reason == "source_map_malformed":
        return f"{pair.url} cannot be read: {error.words}."
    return SENTENCES[error.reason]


def _place(frame: frames.Frame, pair: Any, result: Any) -> dict[str, Any]:
    if pair.kind == "proguard":
        new = jvm.mapped(frame, result["frames"][0])
    else:
        new = frames.mapped(frame, result, pair.url)
    return {name: new.get(name) for name in ("function", "filename", "lineno", "colno")}
