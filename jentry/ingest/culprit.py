"""Where in the code an event happened, in the words of its programmers. README: Titles.

What compilers, engines and template engines made of a name is undone; nothing of this is hashed.
"""

import re
from typing import Any

from jentry.byte_cache import bounded
from jentry.ingest.grouping import dotnet
from jentry.ingest.grouping.engines import MANGLED_LENGTH, SDK_HOST
from jentry.ingest.grouping.frames import BUILTIN_FILES, FAR_COLUMN
from jentry.ingest.grouping.jvm import source_names
from jentry.ingest.grouping.names import (
    CLEANERS,
    MODULE_CLEANERS,
    NAMELESS,
    RUBY_BLOCK,
    RUBY_TEMPLATE,
    WHOLLY_HASH,
    owner_in_ruby,
)
from jentry.ingest.grouping.parts import DOTNET, text
from jentry.ingest.grouping.templates import clean_template
from jentry.ingest.summary import printable

MAX_PLACE = 120  # of a module or file that are shown, its end
SCRIPTS = ("javascript", "node")
NATIVE = ("cocoa", "objc", "native", "rust", "c")
JINJA = "top-level template code"
ENGINES = (JINJA, "root", "Twig\\", "__TwigTemplate_")
LOADED = {  # whole files
    "php": ("include", "include_once", "require", "require_once", "{main}"),
    "ruby": ("<main>", "<top (required)>", "singleton class"),
    "python": (JINJA,),
}
BODIES = ("<class:", "<module:")  # of Ruby: of a class, where a method is defined in a loop
UNWRITTEN = ("index ", "eval at ")  # what `Promise.all` waits for, what a library compiled
# Classes that Spring, Hibernate and the like make of one of the application.
PROXY = re.compile(r"\$\$?(?:EnhancerBy\w+|FastClassBy\w+|SpringCGLIB|HibernateProxy|ByteBuddy)$")
RESUMED = ("invokeSuspend", "invoke")  # of Kotlin: what a lambda or a coroutine is called
HASHED_MODULE = re.compile(r"(?:_|::)[0-9a-f]{16,64}$")
RAZOR = ("AspNetCore.", "AspNetCoreGeneratedDocument.")  # what templates of C# are compiled to
MADE = re.compile(r"[+.](?=<)")  # `OrderService+<SaveAsync>d__19`: what C# made of a method
LAYER = re.compile(r"^(?:\([\w-]{1,40}\)/|\[[\w-]{1,40}\]/)?(?:\./)?")  # what bundlers call a root
# What Scala and Groovy made of a function, and Android's compiler of a class for a lambda.
IN_SCALA = re.compile(r"(?:^|\$)\$anonfun\$([A-Za-z]\w{0,80})$")
IN_GROOVY = re.compile(r"\$_(\w{1,80})_closure$")
OF_LAMBDA = re.compile(r"\$\$ExternalSyntheticLambda\d{1,9}$")
OWNERS_END = ".:#\\"


def place_of(frame: dict[str, Any], platform: str) -> str:
    """`shop.cart in total`, `total(src/cart)`; empty where a frame names no place of the code."""
    filename = text(frame.get("filename"))
    if filename in BUILTIN_FILES or filename.startswith(UNWRITTEN):
        return ""
    if SDK_HOST in text(frame.get("abs_path")):
        return ""  # what it has put around what the page wrote
    platform = text(frame.get("platform")) or platform
    function, module = text(frame.get("function")), text(frame.get("module"))
    if platform == DOTNET and not module:
        module = dotnet.class_in("", function).removeprefix(".")
    if found := _place((platform, function, module, filename)):
        return found
    if not (module or filename):
        return _image(frame, platform)
    return _line_of(frame) if platform in SCRIPTS else ""


def file_of(frame: dict[str, Any]) -> str:
    """`/js/main.js`, where there is no more to say."""
    filename = text(frame.get("filename"))
    if filename in BUILTIN_FILES or filename.startswith(UNWRITTEN):
        return ""
    return printable(_shortened(text(frame.get("module")) or filename))


def _image(frame: dict[str, Any], platform: str) -> str:
    path = text(frame.get("package")).replace("\\", "/") if platform in NATIVE else ""
    return path.rpartition("/")[2]


def _line_of(frame: dict[str, Any]) -> str:
    """`server.js:12` names an arrow function; in minified code it would say nothing."""
    line, column = frame.get("lineno"), frame.get("colno")
    if not isinstance(line, int) or (isinstance(column, int) and column > FAR_COLUMN):
        return ""
    file = (text(frame.get("filename")) or text(frame.get("module"))).replace("\\", "/")
    return f"{file.rstrip('/').rpartition('/')[2]}:{line}"


@bounded(1536 * 1024)
def _place(of: tuple[str, ...]) -> str:
    return printable(_found(of))


def _found(of: tuple[str, ...]) -> str:
    platform, function, module, filename = of
    if platform in NATIVE:
        return _function(platform, function, filename)
    if platform == "csharp" and not (module or filename):  # of Unity: `Cart.Add (Item item)`
        module, _, function = function.partition("(")[0].strip().replace(":", ".").rpartition(".")
    if not (module or filename) or _is_compiled(platform, module, filename):
        return ""
    if module.startswith(RAZOR) and clean_template(filename):
        return _shortened(filename.replace("\\", "/"))
    module, function = source_names(platform, module, function, filename)
    if split := SPLIT.get(platform):
        module, function = split(module, function)
    place = _shortened(module or filename)
    name = _function(platform, function, filename)
    if platform in SCRIPTS:
        return f"{name}({place})" if name else ""
    name = _without_owner(module, name)
    return f"{place} in {name}" if name and place else name or place


def _is_compiled(platform: str, module: str, filename: str) -> bool:
    """What a template engine wrote for itself: who rendered the template says more."""
    if platform == "php":
        return WHOLLY_HASH.match(filename.rpartition("/")[2]) is not None
    return platform in ("python", "perl") and HASHED_MODULE.search(module) is not None


def _shortened(place: str) -> str:
    scheme, separator, rest = place.partition("://")
    if separator:  # `webpack://shop/./src/cart.ts`, `https://shop.example/assets/cart.js?v=2`
        path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")[2]
        path = LAYER.sub("", path, count=1)
        place = f"/{path}" if scheme.startswith("http") else path or place
    return place if len(place) <= MAX_PLACE else "..." + place[3 - MAX_PLACE :]


def _without_owner(module: str, name: str) -> str:
    """`title` of `Shop::Cart::title` in `Shop::Cart`."""
    rest = name.removeprefix(module) if module else name
    return rest.lstrip(OWNERS_END) if rest != name and rest[:1] in OWNERS_END else name


def _function(platform: str, function: str, filename: str) -> str:
    if function.startswith(ENGINES) and clean_template(filename):
        return ""
    if platform == "php":
        name = _php(function, filename)
    elif platform == "ruby":
        name = _ruby(function, filename)
    elif platform in NATIVE:
        name = CLEANERS[platform](_without_call(function))
    elif platform == "dart":
        name = function.partition(".<anonymous closure>")[0].partition(".<fn>")[0]
    elif platform in SCRIPTS:
        name = _script(function)
    else:
        clean = CLEANERS.get(platform)
        name = (clean(function) if clean else function).replace("<auto>", "")
    last = name if platform not in SCRIPTS else name.rpartition(".")[2]
    is_whole = name in LOADED.get(platform, ()) or name.startswith(BODIES)
    is_nameless = last.lower() in NAMELESS and not (platform == "java" and last == "eval")
    return "" if is_whole or is_nameless else name


def _script(function: str) -> str:
    """Its own name rather than the one that it is called by, where no minifier made it."""
    if function.startswith("[Symbol."):
        return function
    own, _, alias = function.partition(" [as ")
    if alias and len(own.rpartition(".")[2]) > MANGLED_LENGTH and not own.endswith(">"):
        function = own
    _, symbol, rest = function.partition(".[Symbol.")
    return f"[Symbol.{rest}" if symbol else CLEANERS["node"](function)


def _php(function: str, filename: str) -> str:
    """Of a class that the file is not named after with the class; the file tells the namespace."""
    if "{closure:" in function:  # where it was made: in a function, or on a line of a file
        function = function.partition("{closure:")[2].partition("(")[0]
        if "/" in function:
            return "{closure}"
    owner, _, name = function.rpartition("::")
    name, owner = name.rpartition("\\")[2], owner.rpartition("\\")[2]
    is_told = not owner or "@anonymous" in owner or _stem(filename) == owner
    return name if is_told else f"{owner}::{name}"


def _ruby(function: str, filename: str) -> str:
    if RUBY_TEMPLATE.search(function):
        return ""  # what was made of a template
    if owner_in_ruby(function, filename):
        return RUBY_BLOCK.sub("", function)
    return CLEANERS["ruby"](function)


def _without_call(symbol: str) -> str:
    """Of a lambda of C++ who made it: `work()::{lambda(int)#1}::operator()(int) const`."""
    return symbol.partition("::{lambda(")[0].partition("::$_")[0]


def _stem(filename: str) -> str:
    return filename.replace("\\", "/").rpartition("/")[2].partition(".")[0]


def _split_java(module: str, function: str) -> tuple[str, str]:
    """`ProfileViewModel$load$1` and `invokeSuspend` are `load` of `ProfileViewModel`."""
    module = PROXY.sub("", MODULE_CLEANERS["java"](module).replace("<auto>", ""))
    if function in RESUMED and "$" in module:
        module, _, function = module.rpartition("$")
    elif found := IN_SCALA.search(module) or IN_GROOVY.search(module):
        module, function = module[: found.start()], found[1]
    elif found := IN_SCALA.match(CLEANERS["java"](function)):
        function = found[1]
    return OF_LAMBDA.sub("", module).removesuffix("$"), function


def _split_dotnet(module: str, function: str) -> tuple[str, str]:
    """`OrderService+<SaveAsync>d__19` and `MoveNext` are `SaveAsync` of `OrderService`."""
    module, function = dotnet.in_source(module, function)
    owner, *made = MADE.split(module, maxsplit=1)
    if made and function.startswith("MoveNext"):
        function = made[0]
    return MODULE_CLEANERS["csharp"](owner), function


def _split_elixir(module: str, function: str) -> tuple[str, str]:
    return module.removeprefix("Elixir."), function


SPLIT = {
    "java": _split_java,
    "groovy": _split_java,
    "csharp": _split_dotnet,
    "elixir": _split_elixir,
}
