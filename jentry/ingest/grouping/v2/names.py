"""Names of functions, modules and files as they stay from build to build. README: Grouping.

An empty result means: this name says nothing.
"""

import re
from collections.abc import Callable

from jentry.byte_cache import bounded
from jentry.ingest.grouping.v2.words import words

MAX_NAME = 160  # characters of a name that count

NAMELESS = frozenset(
    (
        *("", "?", "???", "<anonymous>", "<anonymous function>", "anonymous function", "anonymous"),
        *("<unknown>", "unknown", "<redacted>", "{anonymous}", "eval", "eval code", "global code"),
    )
)
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")
HEX_SUFFIX = re.compile(r"(?<=[_$.:-])(?=[a-z]*\d)[0-9a-f]{6,40}(?![0-9A-Za-z])")
MANY_DIGITS = re.compile(r"\d{3,}")

# `main.3f2a91bc.js`, `app-1.4.2.js`, `chunk_17.js`, `index-BxY3kQ9z.js` are files of one build.
BUILD_HASH = re.compile(r"[._-][0-9a-fA-F]{6,40}(?=\.|$)")
BUNDLE_HASH = re.compile(
    r"[._-](?=[A-Za-z0-9_-]{8}\.m?js$)"
    r"(?=[A-Za-z_-]*\d|[a-z]*[A-Z][A-Za-z]*[a-z][A-Z])[A-Za-z0-9_-]{8}"
)
VERSION = re.compile(r"[._-]v?\d+(?:\.\d+)*(?=\.|$)")
POSITION = re.compile(r"(?::\d+){1,2}$")
TEMPORARY = re.compile(r"\b(?:tmp|temp)[a-z0-9_]{6,12}(?=\.|$)|(?<=php)[A-Za-z0-9]{6}$")
WHOLLY_HASH = re.compile(r"^[0-9a-f]{16,64}(?=\.)")
CACHED = re.compile(r"(?<=_)[0-9a-f]{16,64}$")  # a module made from a template
HASHED = "<hash>"
SERVED = ("http:", "https:", "blob:", "applewebdata:", "capacitor:", "ionic:")
BUNDLES = (".jsbundle", ".bundle", ".hbc")


def clean_function(platform: str, name: str) -> str:
    """Unknown platforms get the cleaning all have in common. At most MAX_NAME characters."""
    return _function((platform, name[: 4 * MAX_NAME]))


@bounded(64 * 1024)
def _function(of: tuple[str, str]) -> str:
    platform, name = of[0], of[1].strip()
    clean = CLEANERS.get(platform)
    name = clean(name) if clean else name
    if name.lower() in NAMELESS:
        return ""
    name = HEX_SUFFIX.sub("<hex>", ADDRESS.sub("<hex>", name))
    return MANY_DIGITS.sub("<int>", name)[:MAX_NAME]


def clean_module(platform: str, module: str, filename: str, path: str) -> str:
    """The module, else the file, that a function is in; nothing for scripts fetched by URL."""
    return _place((platform, module[:512], filename[:512], path[:512]))


@bounded(64 * 1024)
def _place(of: tuple[str, str, str, str]) -> str:
    platform, module, filename, path = of
    script = platform in ("javascript", "node")
    clean = MODULE_CLEANERS.get(platform, _same)
    if _is_path(module, path, script) and clean is not _native_module:
        module = ""  # the SDK knew none: of a script, or of a template in Python
    if module and module != "__main__" and not (script and is_served(path)):
        return clean_file(clean(module)) if script else clean(module)[:MAX_NAME]
    if is_served(path) and filename.startswith((*SERVED, "app:", "file:", "/", "~/")):
        return ""
    return clean_file(filename or path)


def is_served(path: str) -> bool:
    """Fetched from somewhere: by browsers, or as the one bundle of an app."""
    if path.startswith(("app:", "file:")):
        return path.endswith(BUNDLES) or ("/www/" in path and path.startswith("file:"))
    return path.startswith(SERVED)


COMMON_CHUNKS = words(
    """
    main index app bundle chunk vendor vendors runtime common commons shared entry client page
    layout script scripts
    """
)


def clean_chunk(path: str) -> str:
    """The name of a bundler's chunk, if it has one that means something."""
    name, _, kind = clean_file(path[-512:]).partition(".")
    if not is_served(path) or kind.rpartition(".")[2] not in ("js", "mjs", "cjs"):
        return ""
    name = LOCALE.sub("", name)
    return name if CHUNK_NAME.fullmatch(name) and name not in COMMON_CHUNKS else ""


def _is_path(module: str, path: str, script: bool) -> bool:
    if module.startswith("/") or module[1:3] in (":\\", ":/"):
        return True
    return script and "/" in module and path.endswith(module)


def clean_file(name: str) -> str:
    """The base name in lower case, without what changes with every build."""
    if name.startswith("<"):
        return _generated(name)
    name = re.split(r"[?#]", name, maxsplit=1)[0].replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = POSITION.sub("", name)
    name = BUNDLE_HASH.sub("", name)
    name = VERSION.sub("", BUILD_HASH.sub("", name))
    name = WHOLLY_HASH.sub(HASHED, TEMPORARY.sub("<tmp>", name))
    return name.lower()[:MAX_NAME]


TEMPLATES = words(
    """
    cfm cfc html htm xhtml j2 jinja jinja2 erb haml slim twig ejs hbs pug mustache liquid jsp ftl vm
    mako tpl phtml eex heex leex cshtml razor tt tt2 lua
    """
)


def clean_template(path: str) -> str:
    """A template's folder and name: all of an engine's have the same functions, many one name."""
    if path.rpartition(".")[2].lower() not in TEMPLATES:
        return ""
    path = path[-MAX_NAME:].lower().replace("\\", "/")
    folder, _, name = path.rpartition("/")
    folder = folder.rpartition("/")[2]
    is_stable = folder and not MANY_DIGITS.search(folder)
    return f"{folder}/{clean_file(name)}" if is_stable else clean_file(name)


def _generated(name: str) -> str:
    """`<string>`, `<attrs generated init shop.Cart>`: source that is in no file."""
    return re.sub(r"\d+|\b[0-9a-f]{8,}\b", "<n>", name)[:MAX_NAME]


def is_generated(filename: str) -> bool:
    return filename.startswith("<") or "(eval" in filename or "eval()'d code" in filename


# What minifiers of these platforms call a type, and what a process calls one without a name.
MINIFIED_TYPE = re.compile(r"minified:.*|[_$]?[A-Za-z]{1,2}[\d$]?")
MINIFYING = frozenset(("javascript", "node", "java", "dart"))
TYPE_NOISE = (
    (re.compile(r"#<(Class|Module):0x[0-9a-fA-F]+>"), r"<\1>"),
    (re.compile(r"(class|[\w\\]{1,200})@anonymous.*", re.DOTALL), r"\1@anonymous"),
    (re.compile(r"(?<=\w)_[0-9a-f]{16,64}\b|`\d+|(?<=Proxy)_\d+\b|\b0x[0-9a-fA-F]+"), ""),
)
MINIFIED = "<minified>"
LOCALE = re.compile(r"[-_.][a-z]{2}(?:[-_][a-z]{2})?$")
CHUNK_NAME = re.compile(r"(?>(?:[a-z]{3,40}[-_.]?)+)")


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
    if platform in ("java", "groovy"):
        kind = re.sub(r"\$\$Lambda[\w$/.]*+", "$$Lambda", _java_module(kind))
    return kind


def _same(name: str) -> str:
    return name


def _python(name: str) -> str:
    return name.replace("<locals>.", "")


def _python_module(name: str) -> str:
    return CACHED.sub(HASHED, name)


JS_CALLED_BACK = ("._onTimeout", "._onImmediate")  # what node stores a function under


def _javascript(name: str) -> str:
    """`async Cart.total`, `new Cart`, `Object.Kg [as total]`: what the source calls it."""
    _, _, alias = name.rpartition("[as ")
    if alias != name and len(alias) > 1 and alias.find("]") == len(alias) - 1:
        name = alias[:-1]
    name = name.removeprefix("async ").removeprefix("new ")
    if name.endswith("/<") or name.endswith(JS_CALLED_BACK):
        return ""
    name = name.rpartition(".")[2].rpartition("/")[2]
    return re.sub(r"\$\d+$", "", name).lstrip("#")


JAVA_AUTO = re.compile(
    r"(\$\$(?:Lambda|EnhancerBy\w+|FastClassBy\w+|SpringCGLIB|HibernateProxy|ByteBuddy))"
    r"[\w$/.<>]*"
    r"|(\$Proxy|Generated(?>(?:(?!Generated|Accessor)\w)+)Accessor|__)\d+|(_jvst)[0-9a-f]+(?:_\w+)?"
)


def _java_module(name: str) -> str:
    name = JAVA_AUTO.sub(lambda m: (m[1] or m[2] or m[3] or "") + "<auto>", name)
    return re.sub(r"\$\d+", "", name)  # an anonymous class has a number, not a name


def _java(name: str) -> str:
    if found := re.match(r"lambda\$([\w$]*?)\$\d+$", name):
        return "lambda" if found[1] in ("", "new", "static") else found[1]
    name = re.sub(r"\$\d+(?=\$|$)|\$lambda", "", name)
    return JAVA_AUTO.sub(lambda m: (m[1] or m[2] or m[3] or "") + "<auto>", name)


CLASS = re.compile(r"[A-Z]\w{2,80}$")
BUILTIN_OWNERS = words(
    """
    Object Function Array Module Promise Proxy Map Set String Number Date JSON RegExp Timeout
    Immediate Server Socket EventEmitter
    """
)


def _node(name: str) -> str:
    """With the class of a method: one engine only, which tells it, and no minifier renames it."""
    method = _javascript(name)
    owner, dot, last = name.removeprefix("async ").rpartition(".")
    owned = dot and last == method and CLASS.match(owner) and owner not in BUILTIN_OWNERS
    return f"{owner}.{method}" if owned else method


RUBY_BLOCK = re.compile(r"^(?:(?:block(?: \(\d+ levels?\))?|rescue|ensure) in )+")
RUBY_TEMPLATE = re.compile(r"(?<!_)_{2,}+\d+_\d+$")


def _ruby(name: str) -> str:
    name = RUBY_TEMPLATE.sub("", RUBY_BLOCK.sub("", name))
    return re.split(r"[#.](?=[\w\[+*/<=>!~%&|^-])", name)[-1] if "<" not in name else name


def _php(name: str) -> str:
    """`App\\Cart::total`, `{closure:App\\Cart::total():12}`, `class@anonymous…::run`."""
    if "{closure" in name:
        return "{closure}"
    if name in ("include", "include_once", "require", "require_once"):
        return "{main}"  # of a file, whichever way it was loaded
    if "@anonymous" in name or "[Anonymous" in name:
        name = name.rpartition("::")[2] if "::" in name else ""
    name = re.sub(r"__TwigTemplate_[0-9a-f]+", "__TwigTemplate", name)
    return name.rpartition("\\")[2]


GO_SUFFIX = re.compile(r"-(?:fm|range\d+)$|·dwrap·\d+$")
GO_CLOSURE = re.compile(r"(?:func|gowrap|deferwrap)?\d+")


def _go(name: str) -> str:
    name = re.sub(r"\[[^\[\]]*\]", "", name)  # generics
    parts = name.split(".")
    while len(parts) > 1 and GO_CLOSURE.fullmatch(parts[-1]):
        parts.pop()
    name = GO_SUFFIX.sub("", name) if len(parts) > name.count(".") else ".".join(parts)
    return "" if re.fullmatch(r"func\d+|init\.\d+", name) else name


DOTNET_RESULT = re.compile(
    r"^(?>(?:async |static |void )*)(?:[\w.]++<.*> (?=\w)(?>(?:async |static |void )*))?"
)


def _dotnet(name: str) -> str:
    """Without arguments, generics and the numbers of lambdas and state machines."""
    name = name.partition("(")[0].strip()
    name = DOTNET_RESULT.sub("", name)
    if found := re.search(r"<(\w+)>g__(\w+)\|", name):
        return found[2]
    if found := re.search(r"<(\w[\w.]*)>[a-z]__", name):
        return found[1]
    return re.sub(r"`\d+", "", _cut_out(_cut_out(name, "[", "]"), "{", "}")).strip()


def _cut_out(name: str, opening: str, closing: str) -> str:
    """Without what stands from the first opening bracket to the last closing one."""
    start, end = name.find(opening), name.rfind(closing)
    return name[:start] + name[end + 1 :] if 0 <= start < end else name


def _dotnet_module(name: str) -> str:
    name = re.sub(r"\+<>c(?:__DisplayClass[\d_]+(?:`\d+)?)?", "", name)
    name = re.sub(r"\+?<(\w*)>d__\d+(?:`\d+)?", r".\1", name)
    return re.sub(r"(App_Web_)\w+|`\d+", r"\1", _without(name, "[", "]"))


NATIVE_NOISE = re.compile(
    r"::h[0-9a-f]{16}$|\[clone [^\[\]]*\]|\.(?:cold|isra|constprop|part|llvm|lto_priv)(?:\.\d+)*"
    r"|\[abi:\w+\]|::\{\{?[a-z_]+(?:#\d+)?\}?\}(?:#\d+)?|\(anonymous namespace\)::"
    r"|\{lambda[^{}#]*#\d+\}|\$_\d+|_block_invoke(?:_\d+)?"
)
NATIVE_MODULE = re.compile(r"\.so(?:\.\d+)*$|\.dylib$|\.dll$|\.exe$", re.IGNORECASE)


def _native(name: str) -> str:
    name = NATIVE_NOISE.sub("", name)
    if name.startswith(("-[", "+[", "__")) and (found := re.search(r"[-+]\[[^\[\]]+\]", name)):
        return found[0]
    name = _without(_without(name, "<", ">"), "(", ")")
    return re.sub(r"^(?:[\w:*&]+ )+(?=[\w:~]+$)", "", name.strip()).removesuffix(" const").strip()


def _without(name: str, opening: str, closing: str) -> str:
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


def _native_module(name: str) -> str:
    return NATIVE_MODULE.sub("", name.replace("\\", "/").rpartition("/")[2])


CLEANERS: dict[str, Callable[[str], str]] = {
    "python": _python,
    "javascript": _javascript,
    "node": _node,
    "java": _java,
    "groovy": _java,
    "ruby": _ruby,
    "php": _php,
    "go": _go,
    "csharp": _dotnet,
    "native": _native,
    "rust": _native,
    "c": _native,
    "cocoa": _native,
    "objc": _native,
}
MODULE_CLEANERS: dict[str, Callable[[str], str]] = {
    "python": _python_module,
    "java": _java_module,
    "groovy": _java_module,
    "csharp": _dotnet_module,
    **dict.fromkeys(("native", "rust", "c", "cocoa", "objc"), _native_module),
}
