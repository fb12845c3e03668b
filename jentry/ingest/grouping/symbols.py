"""Symbols of compiled programs, and the images they are in. README: Grouping."""

import re

NATIVE_NOISE = re.compile(
    r"::h[0-9a-f]{16}$|\[clone [^\[\]]*\]|\.(?:cold|isra|constprop|part|llvm|lto_priv)(?:\.\d+)*"
    r"|\[abi:\w+\]|::\{\{?[a-z_]+(?:#\d+)?\}?\}(?:#\d+)?|\(anonymous namespace\)::"
    r"|\{lambda[^{}#]*#\d+\}|\$_\d+|_block_invoke(?:_\d+)?"
    r"|(?<=\w)17h[0-9a-f]{16}E$|Cs[0-9a-zA-Z]{1,20}_(?=\d)"  # Rust, mangled
)
# Of Swift: what the compiler made of a function, which one of its closures, which part of it.
SWIFT_NOISE = re.compile(
    r"(?:(?:implicit )?closure #\d+ (?:\([^()]*\) )?in|partial apply(?: forwarder)? for"
    r"|(?:generic |merged )?specialized|merged|@objc"
    r"|\(\d+\) (?:await|suspend) resume partial function for) "
)
SWIFT_MANGLED = re.compile(r"(?<=\w)(?:U\d{0,4}_|T[QY]\d{0,4}_)+")
NATIVE_MODULE = re.compile(r"\.so(?:\.\d+)*$|\.dylib$|\.dll$|\.exe$", re.IGNORECASE)


def symbol(name: str) -> str:
    name = SWIFT_NOISE.sub("", NATIVE_NOISE.sub("", name))
    if name.startswith(("$s", "$S", "_$s")):
        return SWIFT_MANGLED.sub("", name)
    if name.startswith(("-[", "+[", "__")) and (found := re.search(r"[-+]\[[^\[\]]+\]", name)):
        return found[0]
    name = without(without(name, "<", ">"), "(", ")")
    name = name.strip().removesuffix(" const")
    return re.sub(r"^(?:[\w:*&]+ )+(?=[\w:~]+$)", "", name).strip()


# A name of Swift with all its types: `Tuner.Player.resume(at: Swift.Int) async throws -> ()`
SWIFT_TYPED = re.compile(r"(?: async)?(?: throws)? -> | : ")
SWIFT_CLOSURE = re.compile(
    r"closure #\d{1,6} \([^()]{0,200}\)(?: async)?(?: throws)? -> (?:\(\)|\S{1,200}) in "
)
SWIFT_NAME = re.compile(r"([1-9]\d{0,2})(?=[A-Za-z_])")  # its length
SWIFT_ACCESSORS = {"vg": ".getter", "vs": ".setter", "vM": ".modify"}
SWIFT_ACCESSOR = re.compile(r"v[gsM](?=Z?$|Z?yy\w{1,8}U\d*_)")

ITANIUM = re.compile(r"_?_ZNK?(?=\d)")  # of C++, mangled: `_ZN4shop4Cart5totalEi`
LENGTH = re.compile(r"\d{1,3}")


RUST_CRATE = re.compile(r"\[[0-9a-f]{4,16}\](?=::)")  # which build of it
RUST_OWN = re.compile(r"<([\w:]++)(?:<[^<>]*>)?>(?=::)")  # a method, as newer compilers name it


def rust_symbol(name: str) -> str:
    if "::" in name and not name.startswith("_"):
        name = RUST_CRATE.sub("", name)
        name = RUST_OWN.sub(r"\1", name, count=1) if name.startswith("<") else name
    return symbol(name).removesuffix("::")  # of what it was made for: `must::<u32>`


def native_symbol(name: str) -> str:
    """`shop::Cart::total`, mangled or not; of an operator without what it takes."""
    if found := ITANIUM.match(name):
        return symbol(_demangled(name, found.end()) or name)
    if name.startswith(("$s", "_$s")):
        return _swift(name) or symbol(name)
    if (" -> " in name or " : " in name) and "::" not in name:
        name = SWIFT_NOISE.sub("", SWIFT_CLOSURE.sub("", name))
        name = SWIFT_TYPED.split(name, maxsplit=1)[0].removeprefix("static ").partition(".")[2]
    name = name.removeprefix("static ")  # of Swift
    head, operator, tail = name.partition("operator")
    if not operator or tail[:1].isalnum() or tail[:1] == "_":
        return rust_symbol(name)
    sign = tail[:2] if tail[:2] in ("()", "[]") else tail.partition("(")[0]
    return f"{symbol(head)}{operator}{sign}"


def _demangled(name: str, at: int) -> str:
    """The names of a nested one; empty when it has more than names, as templates do."""
    parts = []
    while found := LENGTH.match(name, at):
        at = found.end() + int(found[0])
        parts.append(name[found.end() : at])
    return "::".join(parts) if name[at : at + 1] == "E" else ""


def _swift(name: str) -> str:
    """`Player.resume` of a mangled name; empty when it repeats words of its own."""
    parts: list[str] = []
    at = name.index("s") + 1
    while found := SWIFT_NAME.match(name, at):
        at = found.end() + int(found[0])
        parts.append(name[found.end() : at])
        if len(parts) > 1 and name[at : at + 1] not in ("C", "V", "O"):
            accessor = SWIFT_ACCESSOR.search(name, at)
            return ".".join(parts[1:]) + (SWIFT_ACCESSORS[accessor[0]] if accessor else "")
        at += len(parts) > 1
    return ""


def without(name: str, opening: str, closing: str) -> str:
    """The name without whatever stands in these brackets, nested ones too."""
    if opening not in name or "operator" in name:
        return name
    if name.startswith("<") and (found := re.match(r"<([\w:]++).*? as ", name)):
        name = found[1] + name[name.rfind(">") + 1 :] if ">" in name else found[1]
    kept, depth = [], 0
    for char in name:
        depth += (char == opening) - (char == closing)
        if depth <= 0 and char != closing:
            kept.append(char)
        depth = max(depth, 0)
    return "".join(kept)


def image(name: str) -> str:
    return NATIVE_MODULE.sub("", name.replace("\\", "/").rpartition("/")[2])
