"""Is a frame the application's own code? README: In-app frames."""

import re
from typing import Any

from jentry.byte_cache import bounded
from jentry.ingest.grouping.parts import RUST, text
from jentry.ingest.grouping.words import GO_STANDARD, words

# Parts of a path (with `/` only, a `/` in front) that no application has.
LIBRARY_PATH = re.compile(
    r"/node_modules/|/~/|/(?:site|dist)-packages/|/lib/python\d|/\.pub-cache/|/webpack/bootstrap"
    r"|/gems/|/pkg/mod/|/usr/(?:local/)?lib(?:64|32)?/|^//lib(?:64|32)?/|/lib/ruby/\d"
    r"|cargo/registry/|/\.rustup/|/rustc/"
    r"|/<frozen |/<internal:|/@sentry/|/sentry_sdk/|/node:|^/internal/"
    r"|/(?:site|vendor|share|lib)(?:/|_)perl\d?/|^/dart:|^/package:(?:flutter|sentry)\w*/|/flutter/packages/"
    r"|^/deps/\w+/|/(?:lucee|coldbox/system|lualib|luarocks)/|/System/Library/"
    r"|/Windows/System32/|/Engine/Source/Runtime/|/Program Files/dotnet/|/python\d+/lib/",
    re.IGNORECASE,
)
VENDOR = "/vendor/"
VENDORED = frozenset(("php", "ruby", "go"))  # where `vendor/` is by custom for other people's code
IMPL = (
    r"<{0,4}(?:(?:&(?:mut )?)?\w{1,40} as )?"  # of Rust: `<E as anyhow::Context>`, whatever `E` is
)
BUILD = r"(?:\[[0-9a-f]{4,16}\])?"  # which build of a crate: `std[e28293b1aa0f68bd]`
LIBRARY_MODULE = {
    "java": re.compile(
        r"(?:javax?|jdk|sun|com\.sun|kotlinx?|androidx?|dalvik|com\.android|scala|groovy"
        r"|org\.(?:springframework|apache|hibernate|eclipse|jboss|junit|codehaus|glassfish|jooq"
        r"|aspectj|yaml|slf4j|quartz|thymeleaf|h2|hsqldb|postgresql|sqlite|mariadb|mongodb|gradle)"
        r"|io\.(?:netty|sentry|micrometer|undertow|reactivex|vertx|ktor|grpc|quarkus|micronaut)"
        r"|reactor|com\.zaxxer|com\.fasterxml|com\.mysql|com\.mongodb|oracle\.jdbc|okhttp3|okio"
        r"|retrofit2|ch\.qos|freemarker|clojure|compojure|ring|akka|cats|zio|play\.(?:api|core)"
        r"|net\.sf\.cglib|javassist|com\.google\.(?:android|common|gson|inject|protobuf))\."
    ),
    "csharp": re.compile(r"(?:System|Microsoft|Sentry|mscorlib|Npgsql|Newtonsoft)(?:\.|$)"),
    RUST: re.compile(
        rf"{IMPL}(?:std|core|alloc|sentry\w*|backtrace|anyhow|eyre|color_eyre|log|tracing\w*|tokio\w*"
        r"|futures\w*|hyper\w*|h2|mio|tower\w*|axum\w*|actix\w*|rocket|warp|tonic|reqwest|rustls"
        r"|rayon\w*|crossbeam\w*|parking_lot\w*|serde\w*|rusqlite|sqlx\w*|diesel|regex\w*|chrono|url"
        rf"|csv\w*|hashbrown|indexmap|bytes|once_cell|lazy_static|__rustc){BUILD}::"
    ),
    "python": re.compile(r"sentry_sdk(?:\.|$)"),
    "dart": re.compile(r"dart:|package:(?:flutter|sentry)\w*(?:/|$)"),
}
# The first part of a module, of the language and of what nearly all applications are built on.
LIBRARY_ROOTS = {
    "elixir": words(
        """
        Access Agent Application Atom Base Bitwise Calendar Code Collectable Config Date DateTime
        DynamicSupervisor EEx Enum Enumerable Exception File Float Function GenEvent GenServer IO
        Inspect Integer Kernel Keyword List Macro Map MapSet Module NaiveDateTime Node
        OptionParser PartitionSupervisor Path Port Process Protocol Range Record Regex Registry
        Stream String StringIO Supervisor System Task Time Tuple URI Version Mix
        Ecto Jason Phoenix Plug
        DBConnection Postgrex MyXQL Oban Bandit ThousandIsland Tesla Finch Mint HTTPoison
        Req Absinthe Broadway GenStage Logger Sentry ExUnit Poison
        gen_server gen_statem gen_event proc_lib supervisor erlang lists maps ets timer hackney
        application code binary crypto ssl cowboy_handler cowboy_stream_h cowboy_http ranch
        """
    ),
    "perl": words(
        """
        DBI DBD DBIx Moose Moo Mouse Class Plack Catalyst Mojo Mojolicious Dancer Dancer2 Try Carp
        LWP HTTP JSON Template Test Sentry Module Exporter overload Scalar List IO File Net Type
        Types
        """
    ),
}
PART = re.compile(r"[.:]")
RUST_RUNTIME = re.compile(
    rf"(?:{IMPL}(?:std|core|alloc|sentry\w*|backtrace){BUILD}::"
    r"|_*rust_|rust_(?:begin|panic)|___?rust)"
)
# Scripts of other parties in a page, and the chunks bundlers put them in.
FOREIGN_SCRIPT = re.compile(
    r"^(?:[\w-]*extension|webkit-masked-url)://|^native$|\[native code\]"
    r"|/(?:chunk-)?(?:vendors?|polyfills?|jquery|react(?:-(?:dom|is|router|redux))?|angular(?:-\w{1,20})?"
    r"|vue(?:-router|x)?|lodash|underscore|moment"
    r"|handlebars|backbone|knockout|popper)(?:~[\w~-]*|[.-](?:min|slim|prod(?:uction)?|dev(?:elopment)?|profiling"
    r"|runtime|global|esm|umd|cjs|core|full|bundle|chunk|browser|common|iife|v?\d\w*+"
    r"|(?=[A-Za-z_]*\d|[a-z]*[A-Z]\w*[a-z][A-Z])\w{5,40}))*\.m?js(?:[?#]|$)|/webpack/(?:bootstrap|runtime)|/cdn-cgi/|//(?:www\.)?googletagmanager"
)
RUBY_VIEWS = (".erb", ".haml", ".slim")
SCRIPTS = frozenset(("javascript", "node"))
# SDKs in browsers, of PHP and Rust call all theirs, those of Go guess.
DOUBTED = SCRIPTS | {"go", "php", RUST}


def app_frames(frames: list[dict[str, Any]], platform: str) -> list[dict[str, Any]]:
    if platform == "php":
        frames = [frame for frame in frames if VENDOR not in _path(frame)]
    elif platform in DOUBTED:
        return [frame for frame in frames if is_app(frame, platform)]
    if platform == "java" and (told := [frame for frame in frames if frame.get("in_app")]):
        return told  # it was told what is the application's, and says nothing of all else
    refused = _is_view if platform == "ruby" else None
    return [
        frame
        for frame in frames
        if (said := frame.get("in_app"))
        or (said is None and not is_library(frame, platform))
        or (refused and refused(frame) and not is_library(frame, platform))
    ]


def _path(frame: dict[str, Any]) -> str:
    return text(frame.get("abs_path")) or text(frame.get("filename"))


def _is_view(frame: dict[str, Any]) -> bool:
    """Whether it is a template of Ruby's, whose client takes a few folders for the application."""
    return text(frame.get("filename")).endswith(RUBY_VIEWS)


def is_app(frame: dict[str, Any], platform: str) -> bool:
    """What the SDK said, unless that is clearly wrong; by our own rules when it was silent."""
    said = frame.get("in_app")
    if said is False:
        return False
    platform = text(frame.get("platform")) or platform
    return (said is True and platform not in DOUBTED) or not is_library(frame, platform)


def is_library(frame: dict[str, Any], platform: str) -> bool:
    key = (
        text(frame.get("platform")) or platform,
        text(frame.get("abs_path")) or text(frame.get("filename")),
        text(frame.get("filename")),
        text(frame.get("module")),
        text(frame.get("package")),
        text(frame.get("function")),
    )
    return _is_library(key)


@bounded(4 * 1024 * 1024)
def _is_library(frame: tuple[str, str, str, str, str, str]) -> bool:
    platform, path, filename, module, package, function = frame
    if platform == "elixir":
        module = module or function
    if platform in SCRIPTS and (FOREIGN_SCRIPT.search(path) or FOREIGN_SCRIPT.search(filename)):
        return True
    if path.startswith(filename) or "://" in path:
        filename = filename.lstrip("/")  # of a URL: no folder of the system
    if "://" in path:
        path = path.partition("://")[2]
    for where in {path, filename, package}:  # often the same
        where = "/" + where.replace("\\", "/")
        if LIBRARY_PATH.search(where):
            return True
        if platform in VENDORED and VENDOR in where:
            return True
    if platform == "node" and path.startswith(("internal/", "node:")):
        return True
    if platform == "go":
        return _is_go_library(module)
    if platform == RUST and function.startswith("at "):
        return True  # where a function is, whose name the client could not read
    if platform in (RUST, "native") and RUST_RUNTIME.match(function):
        return True
    if platform == "elixir" and "/deps/" in path:
        return True
    if roots := LIBRARY_ROOTS.get(platform):
        named = module.removeprefix("Elixir.")
        if platform == "elixir" and module == named and named[:1].islower():
            return named in roots or "/" not in path  # of Erlang: OTP is compiled in the folder
        return PART.split(named, maxsplit=1)[0] in roots or named.startswith(":")
    rule = LIBRARY_MODULE.get(platform)
    return bool(rule and (rule.match(module) or (platform == RUST and rule.match(function))))


def _is_go_library(module: str) -> bool:
    """Standard packages have no dot in their first part; own ones may have none either."""
    first = module.partition("/")[0].partition(".")[0]
    standard = first in GO_STANDARD and "." not in module.partition("/")[0]
    return standard or module.startswith("github.com/getsentry/sentry-go")
