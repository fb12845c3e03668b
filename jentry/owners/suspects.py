"""Commits that may have brought an error: they changed a file of its own frames.

Looked for in the release of the event, in the first release of the issue and in the few before it,
as what was released in between may not have been seen. Nothing of it is kept.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from jentry.errors import NotFound
from jentry.ingest.grouping.parts import text
from jentry.owners import frames
from jentry.store import events, ownership, suspect_commits
from jentry.store.audit import Actor
from jentry.store.connection import Connection

MOST_FRAMES = 25  # nearest to the crash
MOST = 10

Path = tuple[str, ...]  # its parts


def of_latest(db: Connection, actor: Actor, issue: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of the latest event that is kept, if there is one."""
    try:
        event = events.at_end(db, actor, issue["id"], latest=True)
    except NotFound:
        return []
    return of(db, actor, issue, event)


def of(
    db: Connection, actor: Actor, issue: Mapping[str, Any], event: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Those of the frame nearest to the crash first, of one frame the latest; at most MOST.

    Each is what `store/suspect_commits.py` reads, with `file` (its path that fits), `frame` (what
    the event calls that) and `user_id`, of the member with the author's address.
    """
    sought = files(event)
    versions = list(dict.fromkeys(filter(None, (event["release"], issue["first_release"]))))
    if not sought or not versions:
        return []
    places = suspect_commits.releases(db, actor, issue["project_id"], versions)
    names = {path[-1] for paths in sought.values() for path in paths}
    chosen = choose(sought, suspect_commits.naming(db, actor, places, names))
    people = ownership.members(db, actor.org_id) if chosen else {}
    return [row | {"user_id": people.get((row["author_email"] or "").lower())} for row in chosen]


def choose(
    sought: Mapping[str, list[Path]], commits: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Of each frame those commits that have the longest end of its path; each commit once."""
    best: dict[str, int] = {}
    found: dict[str, list[dict[str, Any]]] = {}
    for commit in commits:
        changed = [(file, path) for file in commit["files"] if (path := parts(file))]
        for frame, paths in sought.items():
            length, file = max(
                ((fit(path, other), file) for file, other in changed for path in paths),
                key=lambda fitting: fitting[0],
                default=(0, ""),
            )
            if length > best.get(frame, 0):
                best[frame], found[frame] = length, []
            if length and length == best[frame]:
                found[frame].append(commit | {"file": file, "frame": frame})
    ordered = [row for frame in sought for row in found.get(frame, ())]
    once: dict[str, dict[str, Any]] = {}
    for row in ordered:
        once.setdefault(row["sha"], row)
    return list(once.values())[:MOST]


def files(event: Mapping[str, Any]) -> dict[str, list[Path]]:
    """What the own frames call their files, the crash first, and the paths that may mean."""
    found: dict[str, list[Path]] = {}
    is_java = event.get("platform") == "java"
    for frame in frames.own(event)[:MOST_FRAMES]:
        names = frames.paths(frame)
        paths = [path for name in names if (path := parts(name))]
        if is_java:  # its files are named without their folders, which are those of the package
            package = text(frame.get("module")).lower().split(".")[:-1]
            paths = [(*package, *path) if len(path) == 1 else path for path in paths]
        if paths:
            shown = text(frame.get("filename")) or text(frame.get("abs_path"))
            found.setdefault(shown, paths)
    return found


def parts(name: str) -> Path:
    """In small letters, without what says where the build was: `webpack://shop/./src/a.js?f3`."""
    words = name.replace("\\", "/").lower().partition("?")[0].split("/")
    if not words[-1]:
        return ()
    words = words[len(words) - words[::-1].index("..") :] if ".." in words else words
    return tuple(word for word in words if word not in ("", ".") and not word.endswith(":"))


def fit(one: Path, other: Path) -> int:
    """How many parts they end in alike, when the shorter is an end of the longer; else 0."""
    shared = min(len(one), len(other))
    return shared if one[-shared:] == other[-shared:] else 0
