"""Types of exceptions as they stay from build to build. README: Grouping."""

import re

from jentry.byte_cache import bounded
from jentry.ingest.grouping.names import MODULE_CLEANERS
from jentry.ingest.grouping.parts import RUST

# What minifiers of these platforms call a type, and what a process calls one without a name.
MINIFIED_TYPE = re.compile(r"minified:.*|[_$]?[A-Za-z]{1,2}[\d$]?")
NATIVE = frozenset(("native", "cocoa", "objc", "c"))
MINIFYING = frozenset(("javascript", "node", "java", "dart"))
TYPE_NOISE = (
    (re.compile(r"#<(Class|Module):0x[0-9a-fA-F]+>"), r"<\1>"),
    (re.compile(r"(class|[\w\\]{1,200})@anonymous.*", re.DOTALL), r"\1@anonymous"),
    (re.compile(r"(?<=\w)_[0-9a-f]{16,64}\b|`\d+|(?<=Proxy)_\d+\b|\b0x[0-9a-fA-F]+"), ""),
)
MINIFIED = "<minified>"
# How Linux, macOS and Windows call what a processor or the C library found.
SIGNALS = {
    "SIGBUS": "SIGSEGV",
    "EXC_BAD_ACCESS": "SIGSEGV",
    "EXCEPTION_ACCESS_VIOLATION": "SIGSEGV",
    "EXCEPTION_ACCESS_VIOLATION_READ": "SIGSEGV",
    "EXCEPTION_ACCESS_VIOLATION_WRITE": "SIGSEGV",
    "EXCEPTION_ACCESS_VIOLATION_EXEC": "SIGSEGV",
    "EXC_CRASH": "SIGABRT",
    "Unhandled C++ Exception": "SIGABRT",
    "EXC_ARITHMETIC": "SIGFPE",
    "EXCEPTION_INT_DIVIDE_BY_ZERO": "SIGFPE",
    "EXCEPTION_FLT_DIVIDE_BY_ZERO": "SIGFPE",
    "EXC_BAD_INSTRUCTION": "SIGILL",
    "EXCEPTION_ILLEGAL_INSTRUCTION": "SIGILL",
    "EXC_BREAKPOINT": "SIGTRAP",
    "EXCEPTION_BREAKPOINT": "SIGTRAP",
    "EXCEPTION_NONCONTINUABLE_EXCEPTION": "SIGABRT",
    "EXCEPTION_STACK_BUFFER_OVERRUN": "SIGABRT",  # as which Windows' own C library aborts
}
# Of Apple's systems, by the version of the client.
HANG = re.compile(r"(?:Fatal )?App Hang(?:ing)?(?: (?:Non )?Fully Blocked)?")
REASON = re.compile(r"(SIG[A-Z]{2,6}|EXC_[A-Z_]{3,30}) / .*")  # of minidumps, with the code
FATAL = "Symfony\\Component\\ErrorHandler\\Error\\FatalError"
JSON_VERSION = re.compile(r"(?<=nlohmann::)json_abi_\w{1,40}::")  # of C++, in all its names
BLADE = "Illuminate\\View\\ViewException"
# By Python 3.13 and 3.10, and by Dart when null safety came.
RENAMED = {
    ("python", "PatternError"): "error",
    ("python", "timeout"): "TimeoutError",
    ("java", "KotlinNullPointerException"): "NullPointerException",
    # Of Rust, variants of one type of input and output, and of one client's.
    ("rust", "Custom"): "Os",
    ("rust", "ConnectError"): "Error",
    ("go", "runtime.plainErrorString"): "runtime.plainError",
    ("go", "runtime.errorAddressString"): "runtime.errorString",
    ("dart", "_CastError"): "_TypeError",
    ("dart", "_ClientSocketException"): "SocketException",
    ("dart", "DioError"): "DioException",
    ("dart", "IndexError"): "RangeError",
    ("dart", "LateError"): "LateInitializationError",
    # By Req, which once had Mint's.
    ("elixir", "Mint.TransportError"): "Req.TransportError",
    ("elixir", "Mint.HTTPError"): "Req.HTTPError",
    # What PHP itself gave up for, by who noticed it.
    ("php", "Symfony\\Component\\ErrorHandler\\Error\\OutOfMemoryError"): FATAL,
    ("php", "Sentry\\Exception\\FatalErrorException"): FATAL,
    # By PHP 8.3.
    **{
        ("php", f"Date{name}Exception"): "Exception"
        for name in (
            *("MalformedIntervalString", "MalformedPeriodString"),
            *("InvalidTimeZone", "InvalidOperation"),
        )
    },
    # Blade's, which the page of errors in development puts its own for.
    ("php", "Spatie\\LaravelIgnition\\Exceptions\\ViewException"): BLADE,
    ("php", "Facade\\Ignition\\Exceptions\\ViewException"): BLADE,
}


def clean_type(kind: str, platform: str) -> str:
    """An exception's type without what differs from build to build or process to process."""
    return _type((platform, kind)) if kind else ""


@bounded(256 * 1024)
def _type(of: tuple[str, str]) -> str:
    platform, kind = of[0], of[1].strip()
    if platform in MINIFYING and MINIFIED_TYPE.fullmatch(kind.rpartition(".")[2]):
        return MINIFIED
    for noise, kept in TYPE_NOISE:
        kind = noise.sub(kept, kind)
    if platform in NATIVE:
        kind = REASON.sub(r"\1", kind).rstrip(" /")  # Windows: after a slash the address
        kind = JSON_VERSION.sub("", kind)
        if HANG.fullmatch(kind):
            return "App Hanging"
        return SIGNALS.get(kind) or RENAMED.get(("rust", kind), kind)
    kind = RENAMED.get((platform, kind), kind)
    if platform == RUST and (" " in kind or kind.startswith('"')):
        return "Error"  # of anyhow, made of a text: its client takes that for the type
    if platform == "dart":
        return kind.removeprefix("_")  # `_TypeError` on a phone is `TypeError` in a browser
    if platform in ("java", "groovy"):
        kind = re.sub(r"\$\$Lambda[\w$/.]*+", "$$Lambda", MODULE_CLEANERS["java"](kind))
    return kind
