"""Types of exceptions as they stay from build to build. README: Grouping."""

import re

from jentry.byte_cache import bounded
from jentry.ingest.grouping.v7.names import MODULE_CLEANERS

# What minifiers of these platforms call a type, and what a process calls one without a name.
MINIFIED_TYPE = re.compile(r"minified:.*|[_$]?[A-Za-z]{1,2}[\d$]?")
MINIFYING = frozenset(("javascript", "node", "java", "dart"))
TYPE_NOISE = (
    (re.compile(r"#<(Class|Module):0x[0-9a-fA-F]+>"), r"<\1>"),
    (re.compile(r"(class|[\w\\]{1,200})@anonymous.*", re.DOTALL), r"\1@anonymous"),
    (re.compile(r"(?<=\w)_[0-9a-f]{16,64}\b|`\d+|(?<=Proxy)_\d+\b|\b0x[0-9a-fA-F]+"), ""),
)
MINIFIED = "<minified>"
# By Python 3.13 and 3.10, and by Dart when null safety came.
RENAMED = {
    ("python", "PatternError"): "error",
    ("python", "timeout"): "TimeoutError",
    ("dart", "_CastError"): "_TypeError",
}


def clean_type(kind: str, platform: str) -> str:
    """An exception's type without what differs from build to build or process to process."""
    return _type((platform, kind)) if kind else ""


@bounded(64 * 1024)
def _type(of: tuple[str, str]) -> str:
    platform, kind = of[0], of[1].strip()
    if platform in MINIFYING and MINIFIED_TYPE.fullmatch(kind.rpartition(".")[2]):
        return MINIFIED
    for noise, kept in TYPE_NOISE:
        kind = noise.sub(kept, kind)
    kind = RENAMED.get((platform, kind), kind)
    if platform == "dart":
        return kind.removeprefix("_")  # `_TypeError` on a phone is `TypeError` in a browser
    if platform in ("java", "groovy"):
        kind = re.sub(r"\$\$Lambda[\w$/.]*+", "$$Lambda", MODULE_CLEANERS["java"](kind))
    return kind
