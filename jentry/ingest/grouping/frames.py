"""The few frames of a stack that tell one bug from another: the crash frame and who is to blame."""

import re
from collections.abc import Iterator
from itertools import dropwhile, zip_longest
from typing import Any, NamedTuple

from jentry.byte_cache import bounded
from jentry.ingest.grouping import dotnet
from jentry.ingest.grouping.chunks import clean_chunk
from jentry.ingest.grouping.engines import MANGLED_LENGTH
from jentry.ingest.grouping.in_app import app_frames, is_library
from jentry.ingest.grouping.jvm import source_names
from jentry.ingest.grouping.names import (
    HASHED,
    clean_file,
    clean_function,
    clean_module,
    is_generated,
    is_served,
    owner_in_ruby,
)
from jentry.ingest.grouping.packages import without_packages
from jentry.ingest.grouping.parts import DART, DOTNET, NATIVE, RUST, text
from jentry.ingest.grouping.templates import clean_template, is_a_view
from jentry.ingest.grouping.tidy import TIDY
from jentry.ingest.grouping.words import (
    ACCESSORS,
    CARRIERS,
    CHECKING_MODULES,
    CONVERSIONS,
    ENDING,
    FINDERS,
    FORMATS,
    GENERIC,
    GENERIC_MODULES,
    HELPERS,
    MADE_FROM,
    REPEATING,
    TRANSPORT,
    TYPED,
    VERBS,
)

Frame = dict[str, Any]

MAX_LINE = 120  # characters; longer source lines are minified code
MAX_CYCLE = 6  # frames of an endless recursion
SCRIPTS = frozenset(("javascript", "node"))
COMPILED = NATIVE | {DART}  # whose frames may be addresses
CLIENTS = GENERIC | {"gateway", "transport"}
CARRIED = CARRIERS | FORMATS
HELPING_MODULES = GENERIC_MODULES | CHECKING_MODULES
FAR_COLUMN = 200
SNIPPED = "{snip}"
DART_SCRIPT = ".dart.js"  # has lines, but names of a minifier's
SAID = ": "  # in no function of a script
WITHOUT_LINES = ("go", "elixir", "perl")  # one build has its source at hand, another not

# Functions without a name of their own: their line tells them apart.
SCOPES = frozenset(
    ("<module>", "<lambda>", "<main>", "<top (required)>", "{main}", "{closure}", "lambda", "main")
)
BODIES = ("<class:", "<module:")  # of Ruby, with all blocks in them
COMPREHENSIONS = frozenset(("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"))
EVALUATED = re.compile(r"^(?:\[native code\]|native code|eval code|<anonymous>|native)$|^eval at ")

BUILTIN_FILES = frozenset(("<anonymous>", "native", "[native code]"))
BUILTIN = re.compile(r"(?:Array|Object|Map|Set|Promise|String|JSON|Function|Number|Date|RegExp)\.")

# Called by the language on behalf of another line.
MAGIC = re.compile(r"__(?!init_|ANON__)\w+__|method_missing|__(?:get|set|call|callStatic|invoke)")
UNNAMED = "(anonymous namespace)::"
ENTRANCES = frozenset(("run", "execute", "handle", "process", "perform", "invoke", "call", "async"))
DYNAMIC = re.compile(r"\[\w+\]")  # `d[key]`: the key is the caller's choice
SELF = re.compile(r"<([\w.]{1,200})\.([A-Z]\w{1,80}) object at 0x")
QUOTES = ('"', "'", "`")

TWIG = ("twig_", "Twig\\", "__TwigTemplate_")  # its own, and what it makes of a template
HOOK = re.compile(  # of React and its kin, which call on behalf of a component
    r"use(?:State|Reducer|Effect|LayoutEffect|Memo|Callback|Context|Ref|SyncExternalStore|Transition)"
    r"|constructor"
)
# `onclick`: what a page calls whatever is put there, what jQuery, RxJS and Angular do.
HANDLER = re.compile(
    r"on[a-z]{3,20}|success|error|complete|beforeSend|_?next|\w{1,120}_Template\w{1,120}_listener"
)
PROPERTY_HANDLER = re.compile(  # `onClick`: how it is handed to React and Vue
    r"on(?:(?:Dbl|Double|Aux)?Click|Submit|Reset|Change|Input|Key(?:Down|Up|Press)|Focus|Blur|Scroll"
    r"|(?:Mouse|Pointer|Touch|Drag|Animation|Transition)[A-Z][a-z]{1,10}|Drop|Wheel|Load|Error"
    r"|Select|Toggle|Press|Paste|Copy|Cut|ContextMenu|Close|Open)"
)

OWNER = re.compile(r"::|\.|#")
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_]+")


class GroupingFrame(NamedTuple):
    """A frame as grouping sees it: names cleaned of what differs from build to build."""

    module: str  # or the file, where there is none
    function: str
    line: str  # the source there, empty when unknown or minified
    is_minified: bool
    is_a_file: bool = False  # with no functions in it, or none that are known
    chunk: str = ""  # of a page: its script, where a name may be another's in another script

    @property
    def is_named(self) -> bool:
        named = bool(self.function) and self.function not in SCOPES
        return named and not self.function.startswith(BODIES)

    @property
    def says_something(self) -> bool:
        return bool(self.function or self.line) or self.is_a_file

    @property
    def key(self) -> str:
        """`shop.cart | total`; with its line where the name is none."""
        if self.line and not self.is_named:
            return f"{self.module} | {self.function}`{self.line}`"
        return f"{self.module} | {self.function}"


def outward(frames: list[Frame], platform: str) -> tuple[list[Frame], bool]:
    """The frames that count, the crash frame first, and whether they are the application's."""
    if clean := TIDY.get(platform):
        frames = clean(frames)
    own = without_packages(frames, platform)
    if found := app_frames(own, platform):
        return found[::-1], True
    if found := [f for f in own if not is_library(f, platform)]:
        return found[::-1], True
    return frames[::-1], False


def grouping_frame(frame: Frame, platform: str, *, is_far: bool = False) -> GroupingFrame | None:
    """None for a frame that says nothing about the program. `is_far` as `reaches_far` has it."""
    get = frame.get
    function = _method(frame) if "vars" in frame else text(get("function"))
    module = text(get("module")) or text(get("package"))
    if platform == "ruby" and module:
        # `Cart#total` of Ruby 3.4 in two members: of a block it stands in one.
        function, module = f"{module}#{function}", ""
    key = (
        text(get("platform")) or platform,
        function,
        module,
        text(get("filename")),
        text(get("abs_path")),
        text(get("context_line")) if platform not in WITHOUT_LINES else "",
        is_far,
        text(get("offset")),
    )
    return _grouping_frame(key)


def is_message(frame: Frame, platform: str) -> bool:
    """`Error: 404 on` in `/a/1`: clients of scripts take an address in a message for a file."""
    return platform in SCRIPTS and SAID in text(frame.get("function"))


def _method(frame: Frame) -> str:
    """Of a frame of Python, which names the function only, with the class of `self`.

    Not that of a subclass elsewhere: what it inherits is one place.
    """
    function, variables = text(frame.get("function")), frame["vars"]
    if not isinstance(variables, dict) or "self" not in variables:
        return function
    if "." in function or function in SCOPES:
        return function
    found = SELF.match(text(variables["self"]))
    return f"{found[2]}.{function}" if found and found[1] == frame.get("module") else function


@bounded(4 * 1024 * 1024)
def _grouping_frame(frame: tuple[str, str, str, str, str, str, bool, str]) -> GroupingFrame | None:
    platform, function, module, filename, path, source, is_far, offset = frame
    if function in COMPREHENSIONS or (SAID in function and platform in SCRIPTS):
        return None
    path = path or filename
    # The SDK of Node cuts a line that is long, and says so.
    line = "" if len(source) > 2 * MAX_LINE or SNIPPED in source else " ".join(source.split())
    is_minified = False
    if platform == DOTNET:
        module, function = dotnet.in_source(module, function)
    if is_generated(filename):
        function = re.sub(r"\d+", "<n>", function)
        if platform == "python" and module != "__main__":
            line = ""  # of the module's file, which is not what was generated
    called = function
    module, function = source_names(platform, module, function, filename)
    function = _function(platform, function, filename or path)
    if platform in SCRIPTS:
        if EVALUATED.match(path) or EVALUATED.match(filename):
            return None
        is_minified = not line and (is_far or SNIPPED in source or path.endswith(DART_SCRIPT))
        if _is_mangled(function, called, path, is_minified, platform):
            function = ""
    cleaned = clean_module(platform, module, filename, path)
    if function == "MoveNext" and ">d" in module:
        cleaned, _, function = cleaned.rpartition(".")  # an asynchronous method of .NET
    if line and cleaned.startswith(HASHED):
        function = ""  # a compiled template: what the compiler calls it says nothing
    if not function and platform in NATIVE:
        return GroupingFrame(cleaned, offset, line, is_minified, bool(cleaned))
    if (template := clean_template(filename or path)) and not is_a_view(module, template):
        cleaned = template
    elif platform in NATIVE:
        cleaned, function = _in_source(platform, cleaned, called, function, filename or path)
    is_nameless = not (function or line or module or is_generated(filename))
    is_a_file = is_nameless and bool(cleaned and filename and (template or platform not in SCRIPTS))
    if platform == "node" and not (function or line or is_minified or is_served(path)):
        is_a_file = bool(cleaned) and not cleaned.startswith(HASHED)  # a nameless function's
    return GroupingFrame(cleaned, function, line, is_minified, is_a_file, clean_chunk(path))


def _in_source(platform: str, image: str, called: str, function: str, path: str) -> tuple[str, str]:
    """Module and function of a compiled program, of whose image or file a build may not tell."""
    of_rust = platform == RUST and function.startswith(f"{image}::")
    if path.endswith(".rs") or not image or of_rust:
        return function.rpartition("::")[0] or image, function
    if platform == "native" and path and (UNNAMED in called or function.isidentifier()):
        # Another file may have a function of this name: not all compilers tell the namespace.
        return clean_file(path), function.rpartition("::")[2]
    return image, function


def _function(platform: str, name: str, path: str) -> str:
    if name.startswith(TWIG) and clean_template(path):
        return ""
    owner = owner_in_ruby(name, path) if platform == "ruby" else ""
    function = clean_function(platform, name)
    return f"{owner}#{function}" if owner and function else function


def _is_mangled(function: str, called: str, path: str, is_minified: bool, platform: str) -> bool:
    if function.endswith(".?"):
        return True  # what an emitter calls, of which only the emitter's class is known
    if not is_minified and called.count(".") > 1 and " [as " not in called:
        return is_served(path)  # `shop.cart.total`: where Chrome saw a nameless function put
    is_minified = is_minified and not (platform == "node" and "." in called)
    if HANDLER.fullmatch(function) or HOOK.fullmatch(function):
        return is_served(path)
    if is_minified and PROPERTY_HANDLER.fullmatch(function):
        return is_served(path)
    if len(function) <= MANGLED_LENGTH:
        return is_minified or is_served(path)
    return is_minified and len(function) == MANGLED_LENGTH + 1


@bounded(256 * 1024)
def is_accessor(function: str) -> bool:
    """Whether it only reads or counts an object: of one that is not there, its caller knew."""
    words = WORDS.findall(OWNER.split(function)[-1])
    return bool(words) and words[0].lower() in ACCESSORS


@bounded(128 * 1024)
def gives_up(function: str) -> bool:
    """Whether it ends the program for whoever called it: `die_unless`."""
    found = [word.lower() for word in WORDS.findall(OWNER.split(function)[-1])]
    return bool(found) and (found[0] in ENDING or GENERIC.issuperset(found))


@bounded(256 * 1024)
def works_for_others(function: str) -> bool:
    """Whether it turns what it is given into something else, or only carries it somewhere."""
    name = OWNER.split(function)[-1].partition("/")[0]
    first, *more = [word.lower() for word in WORDS.findall(name)] or [""]
    return first in CONVERSIONS or first in TYPED or (first in CARRIED and not more)


@bounded(256 * 1024)
def only_repeats(function: str) -> bool:
    """Whether it only calls what it was given until that succeeds: `with_retry`."""
    found = {word.lower() for word in WORDS.findall(OWNER.split(function)[-1])}
    return bool(found) and found <= REPEATING


def is_written_in(callback: GroupingFrame, caller: GroupingFrame) -> bool:
    """Whether it is a function without a name in a line of its caller's."""
    if not callback.line or (callback.is_named and len(callback.function) > MANGLED_LENGTH):
        return False
    same = (callback.module, callback.line) == (caller.module, caller.line)
    return same and callback.function != caller.function


def is_passed_by(caller: GroupingFrame) -> bool:
    """Whether a caller is a helper itself, so that the next one counts."""
    return _is_passed_by((caller.module, caller.function))


@bounded(512 * 1024)
def _is_passed_by(caller: tuple[str, str]) -> bool:
    """Not how a class that was made for one task is told to begin: `SmsJob.RunAsync`."""
    module, function = caller
    if not is_generic(module, function):
        return False
    *owner, name = OWNER.split(function)
    if not ENTRANCES.issuperset(word.lower() for word in WORDS.findall(name)):
        return True
    last = owner[-1] if owner else re.split(r"[.:/\\]+", module)[-1]
    return not last[:1].isupper() or GENERIC.issuperset(w.lower() for w in WORDS.findall(last)[:-1])


def is_generic(module: str, function: str, line: str = "", is_fault: bool = False) -> bool:
    """A helper: who called it with what matters more than where it gave up."""
    return _is_generic((module, function, line, is_fault))


@bounded(1024 * 1024)
def _is_generic(site: tuple[str, str, str, bool]) -> bool:
    module, function, line, is_fault = site
    *owner, name = OWNER.split(function)
    words = [word.lower() for word in WORDS.findall(name)]
    if not words or function.startswith("<"):
        return False
    if MAGIC.fullmatch(name):
        return True
    parts = re.split(r"[.:/\\]+", module)
    if not owner and parts[-1][:1].isupper():
        owner = parts[-1:]  # a class of Java or .NET
    if len(words) > 1:
        named_so = all(word in GENERIC for word in words)
        if is_fault and owner and words[0] in MADE_FROM:
            named_so = False  # `Passenger.fromJson` is what a passenger is made of
    elif words[0] in TRANSPORT:
        named_so = not is_fault and all(w.lower() in CLIENTS for w in WORDS.findall("".join(owner)))
    else:
        named_so = words[0] in HELPERS or (not is_fault and words[0] in FINDERS)
    named_so = named_so or (not is_fault and words[0] in VERBS)
    if is_fault and not named_so and len(words) == 1 and words[0] in GENERIC:
        named_so = bool(DYNAMIC.search(line)) and not any(quote in line for quote in QUOTES)
    places = parts[-2:] if is_fault else (*parts[-2:], *owner[-1:])  # a namespace of C++
    return named_so or any(place.lower() in HELPING_MODULES for place in places)


def reaches_far(frames: list[Frame], platform: str) -> bool:
    """Whether scripts have lines that no person writes: one column tells it of all their frames."""
    return platform in SCRIPTS and any(
        isinstance(column := frame.get("colno"), int) and column > FAR_COLUMN for frame in frames
    )


def grouping_frames(frames: list[Frame], platform: str) -> Iterator[GroupingFrame]:
    """Each different site once, so that the depth of a recursion does not count."""
    seen = set()
    is_far = reaches_far(frames, platform)
    for frame in frames:
        found = grouping_frame(frame, platform, is_far=is_far)
        if found and (key := found[:2] if found.function else found) not in seen:
            seen.add(key)
            yield found


def builtins_before(frames: list[Frame], platform: str) -> list[str]:
    """`Array.map` and the like inside of the first named site: no minifier renames them.

    Not one that raised by itself: only one engine has a frame for it, and all have words.
    """
    found: list[str] = []
    is_far = reaches_far(frames, platform)
    for frame in dropwhile(_is_builtin, frames):
        if _is_builtin(frame):
            if (function := text(frame.get("function"))) not in found:
                found.append(function)
        elif (named := grouping_frame(frame, platform, is_far=is_far)) and named.is_named:
            break
    return found[:MAX_CYCLE]


def _is_builtin(frame: Frame) -> bool:
    name, file = text(frame.get("function")), text(frame.get("filename"))
    return file in BUILTIN_FILES and BUILTIN.match(name) is not None


def cycle(frames: list[Frame], platform: str) -> list[str]:
    """The functions that call one another without end, wherever the end of the stack hit them."""
    counts: dict[str, int] = {}
    is_far = reaches_far(frames, platform)
    found = (grouping_frame(frame, platform, is_far=is_far) for frame in frames)
    sites = [site for site in found if site and site.says_something]
    for site, caller in zip_longest(sites, sites[1:]):
        if not (caller and is_written_in(site, caller)):
            counts[site.key] = counts.get(site.key, 0) + 1
    repeated = sorted(key for key, times in counts.items() if times > 2)
    return repeated[:MAX_CYCLE]
