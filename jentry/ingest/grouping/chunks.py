"""Chunks of bundlers, by names that mean something. README: Grouping."""

import re
from itertools import islice
from typing import Any

from jentry.ingest.grouping.names import clean_file, is_served
from jentry.ingest.grouping.parts import text
from jentry.ingest.grouping.words import GENERIC_MODULES, words

PARTS = re.compile(r"[-_.]")
CHUNK_NAME = re.compile(r"(?>(?:[a-z]{3,40}[-_.]?)+)|\d{2,4}")
LOCALE = re.compile(r"[-_.][a-z]{2}(?:[-_][a-z]{2})?$")
COMMON_CHUNKS = words(
    """
    main index app bundle chunk vendor vendors runtime common commons shared entry client page
    layout script scripts api client core lib libs
    """
)

SAYS_NOTHING = COMMON_CHUNKS | GENERIC_MODULES

# Next calls the scripts of all routes alike: `app/orders/page-<hash>.js`.
ROUTED = re.compile(r"/chunks/app/([\w()[\]@./%-]{1,200})/(?:page|layout|template|loading)-[^/]*$")


# SvelteKit numbers its routes, `nodes/7.<hash>.js`; what they share is cut otherwise every time.
SVELTE_CHUNKS = "/immutable/chunks/"
SVELTE_ROUTE = re.compile(r"/immutable/nodes/(\d{1,4})\.[\w-]{1,40}\.js$")


def clean_chunk(path: str) -> str:
    """The name of a bundler's chunk, if it has one that means something."""
    name, _, kind = clean_file(path[-512:]).partition(".")
    if not is_served(path) or kind.rpartition(".")[2] not in ("js", "mjs", "cjs"):
        return ""
    if SVELTE_CHUNKS in path:
        return ""
    name = LOCALE.sub("", name)
    if found := SVELTE_ROUTE.search(path):
        return f"nodes/{found[1]}"
    if found := ROUTED.search(path):
        return f"{found[1]}/{name}"
    if SAYS_NOTHING.issuperset(PARTS.split(name)):
        return ""
    return name if CHUNK_NAME.fullmatch(name) else ""


def is_called_from_other(frames: list[dict[str, Any]]) -> bool:
    """Whether the first frame's script is another than its caller's."""
    paths = (text(frame.get("abs_path")) or text(frame.get("filename")) for frame in frames)
    return len(set(islice(filter(is_served, paths), 2))) > 1
