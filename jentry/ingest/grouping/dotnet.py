"""Methods and classes of .NET, in plain traces and in enhanced ones. README: Grouping."""

import re

from jentry.ingest.grouping.symbols import without

RESULTS = re.compile(r"(?>(?:async |static |void |new )*)(?:\([^()]*\) )?")


def clean_method(name: str) -> str:
    """Without result, owner, arguments, generics and the numbers of lambdas and state machines.

    An enhanced trace has `async Task<int> Cart.TotalAsync(Row row)` for `TotalAsync`.
    """
    if "(" in name:
        name = _enhanced(name.strip())
    name = name.removeprefix("async ").strip()
    if name in ("<Main>$", "Main$"):
        return "Main"
    if found := re.search(r">g__(\w+)\|", name):
        return found[1]
    if found := re.search(r"<(\w[\w.]*)>[a-z]__", name):
        return found[1]
    return re.sub(r"`\d+", "", _cut_out(_cut_out(name, "[", "]"), "{", "}")).strip()


# `Shop.Cart+total@37-2`: of F#, what a function in `total` became; its method is `Invoke`.
CLOSURE = re.compile(r"(?:^|[+.])([^\W\d]\w{0,80})@\d{1,6}(?:-\d{1,4})?(?:`\d+)?$")
# `int Cart.Total()+Sum(Row row)`: a function within one.
WITHIN = re.compile(r"\)\+(?!MoveNext\b)(\w{1,80})\(")
STATIC = re.compile(r"static ([\w+.]+)\(\)$")  # what makes ready a class, not a method of one
ASSEMBLY = ", Version="
TYPE_ARGUMENTS = re.compile(r"(?<=\w)<.*", re.DOTALL)


def in_source(module: str, method: str) -> tuple[str, str]:
    """Class and method, of which a trace may tell the assembly, or what F# made of a closure."""
    if ASSEMBLY in module:
        module = class_in(module, method)
    if "@" in module and (closure := CLOSURE.search(module)):
        return module[: closure.start()], closure[1]
    return module, method


def class_in(assembly: str, method: str) -> str:
    """`Shop.Cart` of `Shop, Version=1.2.0.0, ...` and `Task<int> Cart.TotalAsync(Row row)`.

    The SDK's enhanced traces name no module.
    """
    place = assembly.partition(",")[0]
    if made := STATIC.match(method):
        return f"{place}.{made[1]}"
    name = RESULTS.sub("", without(method, "<", ">"), count=1).partition("(")[0]
    owner = name.rpartition(" ")[2]
    if not name.startswith("new "):
        owner = owner.rpartition(".")[0]
    return f"{place}.{owner}" if owner and "(" in method else place


def _enhanced(name: str) -> str:
    if found := WITHIN.search(name):
        return found[1]
    name = name.replace(".<Main>$", ".Main$")
    if not name.startswith("<"):  # as what compilers invent
        name = without(name, "<", ">")
    if name.startswith("new "):
        return ".ctor"
    if STATIC.match(name):
        return ".cctor"
    *_, method = RESULTS.sub("", name, count=1).partition("(")[0].rpartition(" ")
    return ".ctor" if method.endswith(".ctor") else method.rpartition(".")[2]


def _cut_out(name: str, opening: str, closing: str) -> str:
    """Without what stands from the first opening bracket to the last closing one."""
    start, end = name.find(opening), name.rfind(closing)
    return name[:start] + name[end + 1 :] if 0 <= start < end else name


# `<<Read>g__Line|7_0>d`, `<<Read>b__1>d`: an asynchronous function in a method, or a lambda.
INNER = re.compile(r"[+.]<<(\w*)>[a-z]__(?:(\w+)\|)?[\d_]+>d(?:__\d+)?")


def clean_class(name: str) -> str:
    name = re.sub(r"\+<>c(?:__DisplayClass[\d_]+(?:`\d+)?)?", "", name)
    name = re.sub(r"[+.]?<(\w*)>d__\d+(?:`\d+)?", r".\1", name)
    name = INNER.sub(lambda m: f".{m[2] or m[1]}", name)
    name = re.sub(r"(?<=Proxy)_\d+$|(?<=AnonymousType)\d+", "", name)
    name = TYPE_ARGUMENTS.sub("", name)
    return re.sub(r"(App_Web_)\w+|`\d+", r"\1", without(name, "[", "]"))
