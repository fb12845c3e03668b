"""What the engines of browsers call one and the same mistake: each has words of its own."""

import re
from typing import Any

from jentry.byte_cache import bounded
from jentry.ingest.grouping.mistakes import NETWORK, OVERFLOW, RAISED_BY_BROWSERS, SAFARI, SAID
from jentry.ingest.grouping.parts import text

MANGLED_LENGTH = 2  # letters that a minifier spends on a name, three in large bundles

# The files of a build are no longer there: that is of the deploy, not of a place in the program.
CHUNK = re.compile(
    r"^(?:Loading (?:CSS )?chunk \S+ failed|Importing a module script failed"
    r"|(?:Failed to fetch|error loading) dynamically imported module|Unable to preload CSS for )"
)
TYPES = {"NS_ERROR_DOM_QUOTA_REACHED": "QuotaExceededError"}

# Before words that a page was only told, of a worker or of a script elsewhere, or by Zone.js.
REPORTED = re.compile(
    r"(?:Uncaught |Unhandled Promise rejection: )?(?:\(in promise\):? )?"
    r"(?:Type|Reference|Range|Syntax|URI|Internal)Error: |Uncaught (?:\(in promise\):? )?"
)
AWAITED, ANSWERED = "\nasync ", "\nXMLHttpRequest."  # on lines of their own
UNMATCHED, NATIVE_CODE = "The string did not match the expected pattern.", "[native code]"
SDK_HOST, NO_NAME = ".sentry-cdn.com/", ("", "?")
LATER = "*"  # `async*load`, `promise callback*load` of Firefox
# What frameworks say where they have left out their texts.
CODED = re.compile(
    r"(?:\[\w+\] )?[Mm]inified (?:\w+ )?error (?:#|nr: )\d+"
    r"|https://(?:svelte\.dev/e/\w+|vuejs\.org/error-reference/#[\w-]+)|NG\d{3,5}(?=$|[:;. ])"
)
# What the SDK wraps: where no function has a name, it tells one of a script from another.
WRAPPED = {
    "setTimeout": "timer",
    "setInterval": "timer",
    "requestAnimationFrame": "timer",
    "addEventListener": "event",
}
# In a page a path is an address, never a file's: its beginning says of what.
PAGE_PATH = re.compile(
    r"(?<![^\s(\[])/((?:api/)?(?:v\d{1,2}/)?[A-Za-z][\w-]{1,40}(?![\w.])"
    r"(?:/[A-Za-z][A-Za-z_-]{1,40}(?=/[\w-]{0,40}\d|\?))?)"
    r"(?:[/?][^\s\"'<>`:;,()|]*)?"
)
# What Angular compiles a template to: `CartComponent_For_3_Template`.
COMPILED_TEMPLATE = re.compile(r"_?([A-Za-z0-9]{1,80})_(?:\w{1,120}_)?Template$")
INITIALIZERS = frozenset(("<instance_members_initializer>", "<static_initializer>"))

# Firefox names the object only; the source line tells what was wanted of it.
NO_OBJECT = re.compile(r"^((?:\([a-z]+ [a-z]+\))?[^\s=]{0,200}) is (?:undefined|null)$")
CALL = "(...)"
MEMBER = re.compile(r"[?!]?\.(#?\w{1,80})")


def fault(value: str, line: str = "") -> str:
    """`access total`, `call map`, `name cart`, `json`; empty when no engine wrote this."""
    return _fault((value[:400], line[:400]))


@bounded(512 * 1024)
def _fault(said: tuple[str, str]) -> str:
    value, line = said
    for verb, pattern in SAID:
        if found := pattern.search(value):
            name = next(filter(None, found.groups()), "")
            if verb == "call" and not found.start() and len(name) <= MANGLED_LENGTH:
                name = ""  # a variable, which minifiers rename
            return f"{verb} {'' if name.isdigit() else name}".rstrip()
    if not line and NO_OBJECT.match(value):
        return "destructure"
    if found := NO_OBJECT.match(value):
        owned = (m[1] for m in MEMBER.finditer(line) if _ends_with(line[: m.start()], found[1]))
        return f"access {wanted}" if (wanted := next(owned, "")) else ""
    return ""


def _ends_with(code: str, said: str) -> bool:
    """Whether `rows.find(row => row.id)` ends with `rows.find(...)`, as Firefox writes a call."""
    if not said.endswith(CALL):
        return code.endswith(said)
    return code.endswith(")") and f"{said.removesuffix(CALL)}(" in code


def as_all_tell(
    kind: str, value: str, frames: list[dict[str, Any]]
) -> tuple[str, list[dict[str, Any]]]:
    """Words and frames without what only one engine has."""
    frames = shared_frames(frames)
    value = common_words(kind, reported(value), frames)
    return value, without_fetch(frames) if is_network(kind, value) else frames


def common_words(kind: str, value: str, frames: list[dict[str, Any]]) -> str:
    """Safari's, which has few, for what only a browser raises, whatever it says.

    Of an answer that is no JSON and of what its own functions do not take, Safari says the same.
    """
    if kind in RAISED_BY_BROWSERS and not fault(value):
        return SAFARI
    if value == UNMATCHED and frames and text(frames[-1].get("filename")) == NATIVE_CODE:
        return SAFARI
    return value


def coded(value: str) -> str:
    """`Minified React error #418`, `NG0100`: of a framework the number, which tells what it is."""
    found = CODED.match(value)
    return found[0] if found else ""


def component(value: str, frames: list[dict[str, Any]]) -> str:
    """Of Angular's own errors whose template it was rendering: they are raised in its code."""
    if not value.startswith("NG") or not CODED.match(value):
        return ""
    found = filter(None, (COMPILED_TEMPLATE.match(_function(frame)) for frame in frames))
    return next((match[1] for match in found), "")


def reported(value: str) -> str:
    """Without what an engine puts before the words of what nobody caught."""
    found = REPORTED.match(value)
    return value[found.end() :] if found else value


def without_paths(value: str) -> str:
    """`Request of carts failed` for one of `/carts/7`, which has no host to know it by."""
    return PAGE_PATH.sub(r"\1", value) if " /" in value else value


def shared_frames(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what only one engine has: who awaited, names for the fields of a class.

    Nor what a library puts below the frame of an answer, which nothing calls.
    """
    said = "\n".join(["", *map(_function, frames)])
    if ANSWERED in said:
        answered = (i for i, f in enumerate(frames) if ANSWERED[1:] in _function(f))
        frames = frames[next(answered) :]
    if "<" not in said and AWAITED not in said and LATER not in said:
        return frames
    last = len(frames) - 1
    awaited = (i for i in range(last - 1, -1, -1) if _is_awaiting(_function(frames[i])))
    kept = frames[next(awaited, -1) + 1 :]
    return [f | {"function": "?"} if _function(f) in INITIALIZERS else f for f in kept]


def called_by(raw: dict[str, Any]) -> str:
    """`timer`, `event`: what called the function that raised, where the SDK has wrapped that."""
    mechanism = raw.get("mechanism")
    if not isinstance(mechanism, dict):
        return ""
    data = mechanism.get("data")
    wrapped = text(data.get("function")) if isinstance(data, dict) else ""
    return WRAPPED.get(wrapped or text(mechanism.get("type")).rpartition(".")[2], "")


def without_fetch(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the function that the SDK puts around `fetch`: only Chrome has a frame for it.

    It has no name in a bundle, in the page's own script as often as not; Safari has `fetch` itself.
    """
    if len(frames) < 2:
        return frames
    wrapper, caller = frames[-1], frames[-2]
    file = text(wrapper.get("filename"))
    is_nameless = _function(wrapper) in NO_NAME and file == caller.get("filename")
    if SDK_HOST in text(wrapper.get("abs_path")) or (
        is_nameless and _function(caller) not in NO_NAME
    ):
        return frames[:-1]
    return frames


def _is_awaiting(function: str) -> bool:
    return function[:6] == AWAITED[1:] or LATER in function


def _function(frame: dict[str, Any]) -> str:
    return text(frame.get("function"))


def is_network(kind: str, value: str) -> bool:
    return kind == "TypeError" and NETWORK.match(value) is not None


def is_lost_chunk(kind: str, value: str) -> bool:
    return kind == "ChunkLoadError" or CHUNK.match(value) is not None


def common_type(kind: str, value: str) -> str:
    """The type under which most engines raise this."""
    if kind == "InternalError" and OVERFLOW.match(value):
        return "RangeError"
    return TYPES.get(kind, kind)
