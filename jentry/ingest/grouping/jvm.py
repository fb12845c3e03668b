"""What compilers of the JVM make of names in the source. README: Grouping."""

import re

STRIPPED = ("SourceFile", "Unknown Source", "r8-map-id-")  # the last with a hash of the mapping
CLOJURE = (".clj", ".cljc")
# What calls a function of Clojure, each of which is a class: `shop.cart$total.invokeStatic`.
CALLS = frozenset(("invoke", "invokeStatic", "invokePrim", "doInvoke", "applyTo", "call", "run"))
NUMBERED = re.compile(r"__\d+.*")
NAMELESS = frozenset(("fn", "iter", "reify", "eval", ""))

# Scala makes a class of a closure until 2.11, since then a method: `Cart$$anonfun$total$1.apply`,
# `Cart.$anonfun$total$1$adapted`. `shop$Cart$$price` is private, but used by a closure.
SCALA = (".scala", ".sc")
CLOSURE_CLASS, CLOSURE_METHOD = "$$anonfun", "$anonfun$"
UNNAMED = ("", "new")
SPECIALISED = re.compile(r"\$mc[A-Z]{1,8}\$sp$")

# `Cart$_total_closure1`
GROOVY = re.compile(r"(.+?)\$_(\w+?)_closure\d")


def source_names(platform: str, module: str, function: str, filename: str) -> tuple[str, str]:
    """Module and function as the source calls them; of a closure the function that it is in."""
    if platform != "java":
        return module, function
    if len(function) < 3 and filename.startswith(STRIPPED):
        return module, ""  # what R8 called it in this build
    if filename.endswith(CLOJURE):
        return _clojure(module, function)
    if filename.endswith(SCALA):
        return _scala(module, function)
    if filename.endswith(".groovy") and function in ("doCall", "call"):
        found = GROOVY.match(module)
        return (found[1], found[2]) if found else (module, function)
    return module, function


def _clojure(module: str, function: str) -> tuple[str, str]:
    owner, dollar, name = module.partition("$")
    if not dollar or function not in CALLS:
        return module, function
    parts = [NUMBERED.sub("", part) for part in name.split("$")]
    return owner, next((part for part in parts if part not in NAMELESS), "fn")


def _scala(module: str, function: str) -> tuple[str, str]:
    function = SPECIALISED.sub("", function.removesuffix("$adapted"))
    owner, is_class, closure = module.partition(CLOSURE_CLASS)
    if is_class:
        module, function = owner, _unnumbered(closure.partition(CLOSURE_CLASS)[0])
    elif function.startswith(CLOSURE_METHOD):
        function = _unnumbered(function.removeprefix(CLOSURE_METHOD))
    private = function.rpartition("$$")[2] or function
    owner = module.removesuffix("$class").rstrip("$")
    function = private.strip("$")
    return owner, "lambda" if function in UNNAMED else function


def _unnumbered(name: str) -> str:
    while (parts := name.rpartition("$"))[2].isdigit():
        name = parts[0]
    return name
