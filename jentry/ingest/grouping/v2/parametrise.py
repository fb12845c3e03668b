"""Messages without what varies from event to event. README: Grouping."""

import re

from jentry.byte_cache import bounded

MAX_LINE = 500  # characters looked at: what follows is detail, and time is bounded
MAX_LINES = 2

# What can be replaced has one of these in it; other messages are left alone.
SUSPECT = re.compile(r"[\d\"'`/\\@=«“‘„]|[a-fA-F]{8}|\w\.\w")

MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm]\b)?"
ZONE = r"(?: ?(?:Z|UTC|GMT)\b)?(?: ?[+-]\d{2}:?\d{2})?"
NAME = r"[A-Za-z_][\w.$-]{0,60}"
HEX = "[0-9a-fA-F]"
# After these words a quoted name is the program's own and stays.
CODE_WORD = (
    "reading|setting|attributes?|property|properties|method|function|module|package|named|column"
    "|table|field|argument|parameter|name|constant|variable|class|import|execute|option"
    "|header|directive|operator|template|type|constraint|relation|index|for key"
)
IPV4 = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)(?::\d{1,5}\b)?"
IPV6 = rf"(?<![\w:])(?:{HEX}{{0,4}}:){{2,7}}{HEX}{{1,4}}(?![\w:])"
TOP_DOMAIN = (
    "(?:com?|org|net|gov|ac|edu)[.][a-z]{2}|com|net|org|io|dev|app|local|internal|cloud|test|example|localhost|gov|edu|mil|arpa|biz|xyz|online"
    "|corp|lan|svc|invalid"
    # Countries, but for those that also end the names of files, or follow a dot in programs.
    "|a[cdefgilqruwxz]|b[abdfghijnorstwz]|c[adfghiklmnoruvwxyz]|d[ejkz]|e[cegrstu]|f[ijkmor]"
    "|g[abdefghilmnpqrtuwy]|h[kmnrtu]|i[elmoqr]|j[emop]|k[eghimnprwyz]|l[aciktuvy]"
    "|m[acdghknopqrtuvwxz]|n[aceglpruz]|om|p[aefghkntw]|qa|r[eouw]|s[abdegiklmnrtuvxyz]"
    "|t[cdfghjklmnrtvwz]|u[agksyz]|v[acegin]|w[fs]|y[et]|z[amw]"
)
MOSTLY_DOMAIN = "a[st]|be|ch|g[dfs]|i[nst]|l[bs]|m[el]|my|pl|r[su]|s[cho]|us"
HOST_LABEL = (
    r"(?:www|api|db|mail|smtp|imap|mx|cdn|static|ftp|ns|auth|shop|app|web|git|proxy|cache|redis|mysql"
    r"|postgres|mongo|kafka|gateway|[a-z]{1,20}-[a-z0-9-]{1,40})\d{0,3}"
)
UNSURE_DOMAIN = "[a-z]{2}|info|store|shop|site|tech|host|home|team|int|name|pro|travel|museum"
SPAN = (
    r"(?:\d+(?:\.\d+)? ?(?:milliseconds?|msecs?|ms|us|µs|μs|ns|seconds?|secs?|minutes?|mins?|hours?"
    r"|hrs?|days?|weeks?|[smhdw])(?![A-Za-z_]))"
)
PATH_CHARACTER = r"[^\s\"'<>`:;,()|]"
ROOT = "tmp|var|srv|home|etc|opt|usr|proc|dev|mnt|data|root|app|run|Users"

# In order of recognition: where two could begin at the same character, the first one wins.
KINDS = (
    ("code", rf"(?<!\w)(?:{CODE_WORD}) ?[:=]? ?\(?(?:'{NAME}'|\"{NAME}\"|`{NAME}['`])"),
    ("errno", r"(?P<errno_code>\[(?:Errno|WinError) -?\d+\]) [^:\n]{0,200}"),  # any language
    (
        "route",  # of an API: its beginning says which one
        rf"\b(?P<verb>GET|POST|PUT|PATCH|DELETE|HEAD) (?P<host>https?://[^/\s]{{1,255}})?"
        rf"(?P<head>(?:/api)?(?:/v\d{{1,2}})?/[A-Za-z][\w-]{{1,40}}(?!\w))(?P<rest>{PATH_CHARACTER}*)",
    ),
    (
        "data",  # an object or list that was printed as it is
        r"\{\s*[\"'](?:[^{}\n]|\{[^{}\n]{0,200}\}){0,400}(?:\}|$)"
        r"|\[\s*[\"'\d-][^\[\]\n]{0,400},[^\[\]\n]{0,400}\]|\bmap\[[^\[\]\n]{0,200}\]",
    ),
    ("reference", r"#(?:Reference|Ref|PID|Port|Object)?<\d+(?:\.\d+){1,4}>|<\d+\.\d+\.\d+>"),
    ("reference_2", r"(?<=#Function<)\d+\.\d+(?=/)"),
    ("data_2", r"(?<==)\([^()\n]{0,200}\)"),  # `Key (email)=(a@b.c) already exists`
    ("token", r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]+(?:\.[\w-]*)?"),  # JSON web
    ("email", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"),
    ("url", r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s\"'<>`»”’)\],;]+"),
    ("uuid", rf"(?<![0-9a-zA-Z]){HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}}(?![0-9a-zA-Z])"),
    ("traceparent", r"\b00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b"),
    ("date", rf"\b\d{{4}}[-/]\d{{2}}[-/]\d{{2}}(?:[T ]{CLOCK}{ZONE})?"),
    ("date_2", rf"\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}\b(?:,? {CLOCK})?"),
    (
        "date_3",
        rf"\b(?:{DAY},? )?(?:\d{{1,2}} {MONTH}|{MONTH} \d{{1,2}},?) \d{{4}}"
        rf"(?:,? {CLOCK}{ZONE}(?: \([\w ]{{2,40}}\))?)?",
    ),
    ("date_4", rf"(?<![\w:]){CLOCK}(?![\w:]){ZONE}"),
    ("ip", f"{IPV4}|{IPV6}"),
    (
        "quoted",
        r"(?<!\w)'(?>(?:[^'\\\n]|\\.){0,200})'(?!\w)|\"(?>(?:[^\"\\\n]|\\.){0,200})\"|`[^`'\n]{1,200}['`]"
        r"|«[^»\n]{0,200}»|[“„][^“”\n]{0,200}[“”]|‘[^’\n]{0,200}’",
    ),
    (
        "hostname",
        rf"(?<![\w.@-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,6}}(?:{TOP_DOMAIN})\b(?!\()(?::\d{{1,5}}\b)?"
        rf"|(?<![\w.@-])(?=[a-z0-9-]{{2,63}}\.){HOST_LABEL}\.(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,5}}[a-z]{{2}}\b(?![.(])(?::\d{{1,5}}\b)?"
        r"|(?=[a-z0-9][a-z0-9-]{0,62}\.)(?:(?<=to )|(?<=from )|(?<=reach )|(?<=upstream ))"
        rf"(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,6}}(?:{MOSTLY_DOMAIN})\b(?![.(])(?::\d{{1,5}}\b)?"
        r"|(?=[a-z0-9][a-z0-9-]{0,62}\.)(?:(?<=host )|(?<=server )|(?<=domain )|(?<=resolve )"
        r"|(?<=lookup )|(?<=ENOTFOUND )|(?<=hostname )|(?<=EAI_AGAIN ))"
        rf"(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,6}}(?:{UNSURE_DOMAIN})\b(?::\d{{1,5}}\b)?",
    ),
    (
        "path",
        rf"(?<![\w)\]<.])(?:[A-Za-z]:[\\/]|\\\\|~/|\.{{1,2}}/|/(?=[\w.@~-]+/)|/(?=(?:{ROOT})\b))"
        rf"{PATH_CHARACTER}*",
    ),
    (
        "path_2",
        r"(?<![\w./-])(?:[\w@-][\w.@-]{0,60}/){1,12}[\w.@-]{0,60}\.[A-Za-z]\w{0,4}\b(?:[:#]\d+){0,2}",
    ),
    ("version", r"(?<![\w.])v?\d+(?:\.\d+){2,3}(?:[-+][\w.+-]{1,30})?(?![\w.])"),
    ("sha1", rf"\b{HEX}{{40}}\b"),
    ("md5", rf"\b{HEX}{{32}}\b"),
    (
        "duration",
        rf"\bP(?=\d|T\d)(?>(?:\d+[YMWD])*)(?:T(?>(?:\d+(?:\.\d+)?[HMS])+))?\b"
        rf"|(?<![\w.])-?{SPAN}(?>(?:(?:,? (?:and )?|){SPAN})*)(?!\w)(?:,? {CLOCK})?",
    ),
    (
        "hex",
        r"\b0[xX][0-9a-fA-F]+\b|(?<=\w)@[0-9a-f]{4,16}\b|\b(?=[a-f]{0,40}\d)[0-9a-f]{8,128}\b"
        r"|\b(?=[A-F]{0,40}\d)[0-9A-F]{8,128}\b",
    ),
    ("bool", r"(?<==)(?:true|false|True|False|null|None|nil)\b"),
    (
        "id",
        r"\b(?=[A-Za-z_-]{0,40}\d)(?=[\d_-]{0,40}[A-Za-z])[A-Za-z0-9_-]{12,200}\b"
        r"|\b[A-Z]{2,10}[-_#]\d+[A-Z0-9-]*\b",
    ),
    ("number_1", r"(?<![\w.])[+-]?\d+(?:,\d{3})*\.\d+(?:[eE][+-]?\d+)?(?![\w.]*\d)"),
    (
        "number",
        r"(?<![\w.])[+-]?\d+(?:[, ]\d{3}\b)*(?:[eE][+-]?\d+|st|nd|rd|th)?(?!\w)"
        r"|(?<=[A-Za-z])\d{2,}\b|(?<=[A-Za-z][_-])\d+\b|\b\d+(?=(?:[kKMGT]i?)?[bB]\b|px\b|%)",
    ),
)
# Nothing begins inside of a word but digits: most characters are passed by at once.
BEGINNING = r"(?:(?<![A-Za-z])(?=\S)|(?=[\d@]))"
PATTERN = re.compile(
    f"{BEGINNING}(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in KINDS) + ")"
)
# The end of a quoted name that counts instances: `Task-465`, `worker-3`, `pod-7f9c6d5b8`.
NUMBERED = re.compile(
    r"(?<=[A-Za-z][-_.])(?:\d+|(?=[a-f]{0,40}\d)[0-9a-f]{5,40})(?![A-Za-z])|\d{3,}"
)
MARKERS = {name: f"<{name.partition('_')[0]}>" for name, _ in KINDS}


def parametrise(message: str) -> str:
    """The first two lines with markers such as `<number>` for what varies."""
    return _parametrise(message[: 4 * MAX_LINE])


@bounded(64 * 1024)
def _parametrise(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    kept = "\n".join(line[:MAX_LINE] for line in lines[:MAX_LINES])
    return PATTERN.sub(_marker, kept) if SUSPECT.search(kept) else kept


def _marker(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "code":
        return NUMBERED.sub("<number>", match[0])
    if kind == "errno":
        return match["errno_code"]
    if kind == "route":
        host, rest = "<host>" if match["host"] else "", "<path>" if match["rest"] else ""
        return f"{match['verb']} {host}{match['head']}{rest}"
    return MARKERS[kind]
