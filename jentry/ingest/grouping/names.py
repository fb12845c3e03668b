"""Names of functions, modules and files as they stay from build to build. README: Grouping.

An empty result means: this name says nothing.
"""

import re
from collections.abc import Callable

from jentry.byte_cache import bounded
from jentry.ingest.grouping import dotnet
from jentry.ingest.grouping.symbols import image, native_symbol, rust_symbol
from jentry.ingest.grouping.words import words

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
BUILD_HASH = re.compile(r"[._-][0-9a-fA-F]{6,64}(?=\.|$)")
# Of eight characters with a digit, in a case that no word has, or with four consonants in a row;
# shorter ones have both of the former.
BUNDLE_HASH = re.compile(
    r"[._-](?:(?=[A-Za-z0-9_-]{8}\.m?js$)"
    r"(?=[A-Za-z_-]{0,7}\d|[a-z_-]{0,7}[A-Z][A-Za-z_-]{0,7}[a-z_-][A-Z]|[A-Za-z_-]{0,6}[A-Z]{2}"
    r"|(?=[a-z]{0,7}[A-Z])(?![A-Za-z]{0,4}(?i:html|http))"
    r"[A-Za-z]{0,4}(?:[b-df-hj-np-tv-xz]{4}|[A-Z][b-df-hj-np-tv-xz]{3})"
    r"|[a-z]{0,3}[b-df-hj-np-tv-xz]{5})[A-Za-z0-9_-]{8}"
    r"|(?=[A-Za-z0-9]{2,7}\.m?js$)(?=[a-z]{0,6}\d?[A-Za-z]{0,6}[A-Z])(?=[A-Za-z]{0,6}\d)"
    r"[A-Za-z0-9]{2,7})|-(?=[A-Z]{0,7}\d)[A-Z0-9]{8}$"
)
VERSION = re.compile(r"[._-]v?\d+(?:\.\d+)*(?=\.|$)")
POSITION = re.compile(r"(?::\d+){1,2}$")
TEMPORARY = re.compile(r"\b(?:tmp|temp)[a-z0-9_]{6,12}(?=\.|$)|(?<=php)[A-Za-z0-9]{6}$")
WHOLLY_HASH = re.compile(r"^(?:[0-9a-f]{16,64}|\d{6,20})(?=\.)")  # a notebook's cell has digits
NUMBERED = re.compile(r"^\d+(?=\.[mc]?js$)")  # a chunk of a server's bundle
EVALUATED = re.compile(r"\(\d+\)(?= : )")  # `cart.php(12) : eval()'d code`
CACHED = re.compile(r"(?<=_)[0-9a-f]{16,64}$")  # a module made from a template
HASHED = "<hash>"
SERVED = ("http:", "https:", "blob:", "applewebdata:", "capacitor:", "ionic:")
BUNDLES = (".jsbundle", ".bundle", ".hbc")


def clean_function(platform: str, name: str) -> str:
    """Unknown platforms get the cleaning all have in common. At most MAX_NAME characters."""
    return _function((platform, name[: 4 * MAX_NAME]))


@bounded(1024 * 1024)
def _function(of: tuple[str, str]) -> str:
    platform, name = of[0], of[1].strip()
    clean = CLEANERS.get(platform)
    name = clean(name) if clean else name
    if name.lower() in NAMELESS and not (platform == "java" and name == "eval"):
        return ""
    name = HEX_SUFFIX.sub("<hex>", ADDRESS.sub("<hex>", name))
    return MANY_DIGITS.sub("<int>", name)[:MAX_NAME]


def clean_module(platform: str, module: str, filename: str, path: str) -> str:
    """The module, else the file, that a function is in; nothing for scripts fetched by URL."""
    return _place((platform, module[:512], filename[:512], path[:512]))


@bounded(1024 * 1024)
def _place(of: tuple[str, str, str, str]) -> str:
    platform, module, filename, path = of
    script = platform in ("javascript", "node")
    clean = MODULE_CLEANERS.get(platform, _same)
    if _is_path(module, path, script) and clean is not _image:
        module = ""  # the SDK knew none: of a script, or of a template in Python
    if module and module != "__main__" and not (script and is_served(path)):
        if script and module.isdigit():
            return ""  # the number of a chunk
        return clean_file(clean(module)) if script else clean(module)[:MAX_NAME]
    if is_served(path) and filename.startswith((*SERVED, "app:", "file:", "/", "~/")):
        return ""
    name = clean_file(filename or path)
    if script and NUMBERED.match(name):
        return HASHED
    if platform == "php":
        where = filename.lstrip("/") if len(filename) < len(path) else path
    else:
        where = (filename or path) if script or platform == "ruby" else "/"
    return f"{folder}/{name}" if (folder := _folder(where)) else name


MAPPED = re.compile(r"(?:webpack(?:-internal)?|turbopack|ng|app)://")
FOLDER = re.compile(r"[A-Za-z][A-Za-z_-]{1,40}")
NO_FOLDERS = words(
    "src app lib dist build js ts web www client server public assets static source sources"
)


def _folder(path: str) -> str:
    """Of a source file that is named relative to its project, where one name is often there twice.

    `webpack://shop/./src/cart/Row.tsx`, `../../src/cart/Row.tsx`, `app/models/cart.rb`.
    """
    if not MAPPED.match(path) and (path.startswith(("/", "~")) or ":" in path):
        return ""
    folder = path.rpartition("/")[0].rpartition("/")[2]
    return folder.lower() if FOLDER.fullmatch(folder) and folder.lower() not in NO_FOLDERS else ""


def is_served(path: str) -> bool:
    """Fetched from somewhere: by browsers, or as the one bundle of an app."""
    if path.startswith(("app:", "file:")):
        return path.endswith(BUNDLES) or ("/www/" in path and path.startswith("file:"))
    return path.startswith(SERVED)


def _is_path(module: str, path: str, script: bool) -> bool:
    if module.startswith("/") or module[1:3] in (":\\", ":/"):
        return True
    return script and "/" in module and path.endswith(module)


def clean_file(name: str) -> str:
    """The base name in lower case, without what changes with every build."""
    if name.startswith("<"):
        return _generated(name)
    name = re.split(r"[?#]", name, maxsplit=1)[0].replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = EVALUATED.sub("", POSITION.sub("", name))
    name = BUNDLE_HASH.sub("", name)
    name = VERSION.sub("", BUILD_HASH.sub("", name))
    name = WHOLLY_HASH.sub(HASHED, TEMPORARY.sub("<tmp>", name))
    return name.lower()[:MAX_NAME]


def _generated(name: str) -> str:
    """`<string>`, `<attrs generated init shop.Cart>`: source that is in no file."""
    return re.sub(r"\b[0-9a-f]{8,}\b|\d+", "<n>", name)[:MAX_NAME]


def is_generated(filename: str) -> bool:
    return filename.startswith("<") or "(eval" in filename or "eval()'d code" in filename


def _same(name: str) -> str:
    return name


JINJA_BLOCK = re.compile(r'block ["\']')  # older versions tell of no blocks


def _python(name: str) -> str:
    if JINJA_BLOCK.match(name):
        return "top-level template code"
    return name.replace("<locals>.", "")


def _python_module(name: str) -> str:
    return CACHED.sub(HASHED, name)


JS_CALLED_BACK = ("._onTimeout", "._onImmediate")  # what node stores a function under


def _javascript(name: str) -> str:
    """`async Cart.total`, `new Cart`, `Object.Kg [as total]`: what the source calls it."""
    _, _, alias = name.rpartition("[as ")
    if alias != name and len(alias) > 1 and alias.find("]") == len(alias) - 1:
        name = alias[:-1]
    name = re.sub(r"^(?:async |new |get |set )+", "", name)
    if name.endswith("<") or name.endswith(JS_CALLED_BACK):
        return ""
    name = name.rpartition(".")[2].rpartition("/")[2]
    return re.sub(r"\$\d+$", "", name).lstrip("#")


JAVA_AUTO = re.compile(
    r"(\$\$(?:Lambda|EnhancerBy\w+|FastClassBy\w+|SpringCGLIB)"
    r"|\$\$?(?:HibernateProxy|ByteBuddy|MockitoMock))[\w$/.<>]*"
    r"|(\$Proxy|Generated(?>(?:(?!Generated|Accessor)\w)+)Accessor|__|_closure|\bScript)\d+"
    r"|(_jvst)[0-9a-f]+(?:_\w+)?"
    r"|(?<=\w)(_)\d{9,20}(?:_\d{1,20})?$"  # made from a report, at some time
)
JAVA_PROXY = re.compile(r"^(?:jdk\.proxy\d+|com\.sun\.proxy)\.(?=\$Proxy)")
# What Kotlin adds: `total$default`, `total$lambda-3`, `total$shop_release`, `total-3xK9pQz`.
KOTLIN = re.compile(
    r"\$(?:lambda(?:[-$]\d{1,9})?|default|\w{1,80}_(?:debug|release))$"
    r"|(?<=\w)-(?=[\w-]{0,6}[A-Z\d])[\w-]{7}$"
)


QUARKUS = re.compile(r"\$\$superforward\d*$")  # in a subclass that it makes


def _kept(found: re.Match[str]) -> str:
    return next(filter(None, found.groups()), "")


def _java_module(name: str) -> str:
    name = JAVA_AUTO.sub(lambda m: _kept(m) + "<auto>", name)
    name = JAVA_PROXY.sub("", name).removesuffix("_Subclass").removesuffix("_ClientProxy")
    return re.sub(r"\$\d+", "", name)  # an anonymous class has a number, not a name


def _java(name: str) -> str:
    if found := re.match(r"lambda\$([\w$]*?)\$\d+(?:\$[\w-]+)?$", name):
        return "lambda" if found[1] in ("", "new", "static") else found[1]
    name = QUARKUS.sub("", name)
    name = re.sub(r"\$\d+(?=\$|$)", "", KOTLIN.sub("", name)).replace("$lambda", "")
    return JAVA_AUTO.sub(lambda m: _kept(m) + "<auto>", name)


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
RUBY_CLASS = re.compile(r"#<Class:0x[0-9a-f]{1,16}>[#.]")  # without a name: Ruby 3.4 tells it
RUBY_TEMPLATE = re.compile(r"(?<!_)_{2,}+\d+_\d+$")


def _ruby(name: str) -> str:
    name = RUBY_TEMPLATE.sub("", RUBY_CLASS.sub("", RUBY_BLOCK.sub("", name)))
    if name == "<top (required)>":
        return "<main>"  # of a file, whichever way it was loaded
    return re.split(r"[#.](?=[\w\[+*/<=>!~%&|^-])", name)[-1] if "<" not in name else name


DART_BUILD = re.compile(r"\.build\.<fn>$")  # of a widget


def _dart(name: str) -> str:
    name = name.removeprefix("new ").replace(".<anonymous closure>", ".<fn>")
    if DART_BUILD.search(name):
        return name  # not while it was built, but when something happened to it
    return name.replace(".<fn>", "")


RUBY_OWNER = re.compile(r"((?:\w{1,60}::){0,8}\w{1,60})[#.](?=[\w\[+*/<=>!~%&|^-])")
RUBY_TOP = frozenset(("Object", "Kernel"))


def owner_in_ruby(name: str, filename: str) -> str:
    """The class that Ruby 3.4 names with a method, where the file is not named after it.

    `Cart` of `block in Cart#total` in `models.rb`; before 3.4 no class was named at all.
    """
    found = RUBY_OWNER.match(RUBY_BLOCK.sub("", name))
    if not found or found[1] in RUBY_TOP:
        return ""
    last = found[1].rpartition("::")[2]
    return "" if last.lower() == clean_file(filename).removesuffix(".rb").replace("_", "") else last


PHP_COMPILED = re.compile(r"^(?:Proxies\\__CG__|Container[A-Za-z0-9]{7})\\")  # Doctrine, Symfony


def _php(name: str) -> str:
    """`App\\Cart::total`, `{closure:App\\Cart::total():12}`, `class@anonymous…::run`."""
    if "{closure" in name:
        return "{closure}"
    if name in ("include", "include_once", "require", "require_once"):
        return "{main}"  # of a file, whichever way it was loaded
    if "@anonymous" in name or "[Anonymous" in name:
        name = name.rpartition("::")[2] if "::" in name else ""
    name = re.sub(r"__TwigTemplate_[0-9a-f]+", "__TwigTemplate", name)
    return PHP_COMPILED.sub("", name)


GO_SUFFIX = re.compile(r"-(?:fm|range\d+)$|·dwrap·\d+$")
GO_CLOSURE = re.compile(r"(?:func|gowrap|deferwrap)?\d+")


def _go_module(name: str) -> str:
    return re.sub(r"/v\d+(?=/|$)", "", name)  # of a module: it goes on as the next


def _go(name: str) -> str:
    name = re.sub(r"\[[^\[\]]*\]", "", name)  # generics
    name = re.sub(r"^glob\.(?=\.)", "init", name)  # as Go before 1.21 has it
    parts = name.split(".")
    while len(parts) > 1 and GO_CLOSURE.fullmatch(parts[-1]):
        parts.pop()
    name = GO_SUFFIX.sub("", name) if len(parts) > name.count(".") else ".".join(parts)
    return "" if re.fullmatch(r"func\d+|init\.\d+", name) else name


ELIXIR_FUN = re.compile(
    r"^(?:anonymous fn/\d+ in |-(?:inlined-)?)|-(?:fun|lc\$\^\d+/\d+|[a-z]bc\$\^\d+/\d+)-\d+-$"
)
ELIXIR_OVERRIDABLE = re.compile(r'"(\w{1,80}) \(overridable \d{1,3}\)"')  # `render` of Phoenix
ELIXIR_OWNER = re.compile(r"^(?:(?:[A-Z]\w*\.)+|:\w{1,80}\.)(?=[a-z_])")


def _elixir(name: str) -> str:
    """`anonymous fn/1 in Shop.Cart.total/1`, `-total/1-fun-0-`: without the module."""
    name = ELIXIR_OVERRIDABLE.sub(r"\1", name)
    return ELIXIR_OWNER.sub("", ELIXIR_FUN.sub("", name))


PERL_SANDBOX = re.compile(r"::[0-9a-f]{32}$")  # of a template of Mojolicious


def _perl(name: str) -> str:
    if name == "(eval)":
        return ""  # of a block in the function that comes next
    return re.sub(r"(?<=__ANON__)\[.*\]$", "", name)


def _perl_module(name: str) -> str:
    return PERL_SANDBOX.sub("", name)


# `Arena-Win64-Shipping`: one game of Unreal, built for another system.
UNREAL = re.compile(
    r"-(?:win64|win32|linux|linuxarm64|mac|android|ios)(?:-(?:shipping|test|debuggame|development))?$"
)


LIBRARY = re.compile(r"^(?:lib(?=\w{2}))?(.+?)(?:\.\d{1,4})*$", re.DOTALL)


def _image(name: str) -> str:
    """A program is `Shop` on macOS and `shop.exe` elsewhere, a library `libpos.2` or `pos`."""
    return LIBRARY.sub(r"\1", UNREAL.sub("", image(name).lower()))


CLEANERS: dict[str, Callable[[str], str]] = {
    "python": _python,
    "javascript": _javascript,
    "node": _node,
    "java": _java,
    "groovy": _java,
    "ruby": _ruby,
    "php": _php,
    "go": _go,
    "csharp": dotnet.clean_method,
    "dart": _dart,
    "elixir": _elixir,
    "perl": _perl,
    "native": native_symbol,
    "rust": rust_symbol,
    "c": native_symbol,
    "cocoa": native_symbol,
    "objc": native_symbol,
}
MODULE_CLEANERS: dict[str, Callable[[str], str]] = {
    "python": _python_module,
    "java": _java_module,
    "groovy": _java_module,
    "csharp": dotnet.clean_class,
    "go": _go_module,
    "perl": _perl_module,
    **dict.fromkeys(("native", "rust", "c", "cocoa", "objc"), _image),
}
