"""Messages without what varies from event to event. README: Grouping."""

import re

from jentry.byte_cache import bounded
from jentry.ingest.grouping.wordings import common

MAX_LINE = 500  # characters looked at: what follows is detail, and time is bounded
MAX_LINES = 2

# What can be replaced has one of these in it; other messages are left alone.
SUSPECT = re.compile(r"[\d\"'`/\\@=<{«“‘„]|[a-fA-F]{8}|\w\.\w")

MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm]\b)?"
ZONE = r"(?: ?(?:Z|UTC|GMT)\b)?(?: ?[+-]\d{2}:?\d{2})?"
NAME = r"[A-Za-z_][\w.$-]{0,60}"
HEX = "[0-9a-fA-F]"
# After these words a quoted name is the program's own and stays.
CODE_WORD = (
    "reading|setting|attributes?|property|properties|method(?: not found)?|function|module|package"
    "|named|column|table|field|argument|parameter|name|constant|variable|class|import|execute|option"
    "|header|directive|operator|template|(?<!token )type|constraint|relation|index|for key"
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
    r"(?:\d+(?:,\d{3})*(?:\.\d+)? ?(?:milliseconds?|msecs?|ms|us|µs|μs|ns|seconds?|secs?|minutes?"
    r"|mins?|hours?|hrs?|days?|weeks?|[smhdw])(?![A-Za-z_]))"
)
PATH_CHARACTER = r"[^\s\"'<>`:;,()|]"
ROOT = "tmp|var|srv|home|etc|opt|usr|proc|dev|mnt|data|root|app|run|Users"

# In order of recognition: where two could begin at the same character, the first one wins.
KINDS = (
    ("code", rf"(?<!\w)(?:{CODE_WORD}) ?[:=]? ?\(?(?:'{NAME}'|\"{NAME}\"|`{NAME}['`])"),
    ("ran", r"(?P<program>\bCommand failed: \S{1,100})[^\n]+"),  # Node: what follows is data
    ("errno", r"(?P<errno_code>\[(?:Errno|WinError) -?\d+\]) [^:\n]{0,200}"),  # any language
    (
        "route",  # of an API: its beginning says which one
        r"(?P<verb>\b(?:GET|POST|PUT|PATCH|DELETE|HEAD) |(?<=equest to )|(?<=equest for )"
        r"|(?<=esponse for )|(?<=etch )|(?<=etching )|(?<=all to )|(?<=alling )|(?<=stream )"
        r"|(?<=\d\d\d for )|(?<=\d\d\d from )|(?<=\d\d\d on )"
        rf"|\A(?!(?:https?://[^/\s]{{1,255}})?/(?:{ROOT})\b))"
        r"(?P<host>https?://[^/\s]{1,255})?"
        r"(?P<head>(?:/api)?(?:/v\d{1,2})?/[A-Za-z][\w-]{1,40}(?!\w)"
        r"(?:/[A-Za-z][A-Za-z_-]{1,40}(?=/[\w-]{0,40}\d|\?))?)"
        rf"(?P<rest>{PATH_CHARACTER}*)",
    ),
    (
        "data",  # an object or list that was printed as it is
        r"\{\s*[\"'](?:[^{}\n]|\{[^{}\n]{0,200}\}){0,400}(?:\}|$)"
        r"|\[\s*[\"'\d-][^\[\]\n]{0,400},[^\[\]\n]{0,400}\]|\bmap\[[^\[\]\n]{0,200}\]",
    ),
    (
        "term",  # of Elixir: what a process was asked for
        r"(?P<asked>\bcall\((?:[A-Z][\w.]{0,80}|#PID<[\d.]{5,20}>), \{:\w{1,40}), [^{}\n]{0,200}\}",
    ),
    ("reference", r"#(?:Reference|Ref|PID|Port|Object)?<\d+(?:\.\d+){1,4}>|<\d+\.\d+\.\d+>"),
    ("reference_2", r"(?<=#Function<)\d+\.\d+(?=/)"),
    (
        "data_3",  # `User(id=3, name='a')`, `User { id: 3 }`, a tuple
        r"(?<=\w)\((?=\w{1,40}=)[^()\n]{0,300}\)"
        r"|(?<=\w )\{ ?(?=\w{1,40}: )[^{}\n]{0,300}\}"
        r"|(?<!\w)\((?=-?\d)(?!\d{1,3}(?:,\d{3})+\b(?!,))[^()\n,]{0,200},[^()\n]{0,200}\)",
    ),
    ("object", r"(?P<kind>#?<[A-Z]\w{0,60}(?:: | (?=\w{1,40}: )))[^<>\n]{1,200}>"),
    ("phone", r"(?<![\w.])\+\d{1,3}(?=[ (-])(?:[ -]?\(?\d{2,7}\)?){2,5}(?![\w.])"),
    # `Key (email)=(a@b.c) already exists`, `The duplicate key value is (a@b.c)`
    ("data_2", r"(?:(?<==)|(?<=key value is ))\([^()\n]{0,200}\)"),
    ("token", r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]+(?:\.[\w-]*)?"),  # JSON web
    ("email", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"),
    ("url", r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s\"'<>`»”’)\],;]+"),
    ("uuid", rf"(?<![0-9a-zA-Z]){HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}}(?![0-9a-zA-Z])"),
    ("traceparent", r"\b00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b"),
    ("date", rf"\b\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}(?:[T ]{CLOCK}{ZONE})?"),
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
        "server",  # without a domain: `on web-3`, `node ip-10-2-33-4`
        r"(?<= )(?:(?<=\bon )|(?<=host )|(?<=server )|(?<=upstream )|(?<=node )|(?<=worker ))"
        r"(?=[a-z-]{0,60}\d|[a-z0-9-]{0,60}-[a-z-]{0,60}\d)[a-z][a-z0-9]{0,40}-[a-z0-9-]{1,60}"
        r"(?![\w./-])(?::\d{1,5}\b)?",
    ),
    ("server_2", r"(?<=\()[a-z][a-z0-9-]{0,60}:\d{2,5}(?=\))"),
    ("tried", r"\battempted address(?:es)?: [^()\n]{1,300}?(?=, timeout)"),  # of Node's fetch
    (
        "hostname",
        rf"(?<![\w.@-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,6}}(?:{TOP_DOMAIN})\b(?!\()(?::\d{{1,5}}\b)?"
        rf"|(?<![\w.@-])(?=[a-z0-9-]{{2,63}}\.){HOST_LABEL}\.(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,5}}[a-z]{{2}}\b(?![.(])(?::\d{{1,5}}\b)?"
        r"|(?=[a-z0-9][a-z0-9-]{0,62}+\.)(?:(?<=to )|(?<=from )|(?<=reach )|(?<=upstream ))"
        rf"(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,6}}(?:{MOSTLY_DOMAIN})\b(?![.(])(?::\d{{1,5}}\b)?"
        r"|(?=[a-z0-9][a-z0-9-]{0,62}+\.)(?:(?<=host )|(?<=server )|(?<=domain )|(?<=resolve )"
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
    (
        "zone",
        r"\b(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)"
        r"/[A-Z][\w+-]{1,40}(?:/[A-Z]\w{1,40})?(?![\w./])",
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
        r"\b0[xX][0-9a-fA-F]+\b|(?<=\w)@[0-9a-f]{4,16}\b|\b(?=[a-f]{0,40}+\d)[0-9a-f]{8,128}\b"
        r"|\b(?=[A-F]{0,40}+\d)[0-9A-F]{8,128}\b"
        r"|\b(?=[a-f]{0,7}\d)(?=\d{0,7}[a-f])[0-9a-f]{6,7}\b",  # the beginning of a commit's
    ),
    ("bool", r"(?<==)(?:true|false|True|False|null|None|nil)\b"),
    (
        "id",
        r"\b(?![A-Za-z]+[_-]\d+\b(?!-))(?=[A-Za-z_-]{0,40}+\d)(?=[\d_-]{0,40}+[A-Za-z])[A-Za-z0-9_-]{12,200}\b"
        r"(?:={1,2}(?![^\s,;.:)]))?"
        r"|\b[A-Z]{2,10}[-_#]\d+[A-Z0-9-]*\b|(?<=#)[A-Z]{1,4}-\d+\b",
    ),
    (
        "id_2",
        r"(?<![\w.])(?!\d+(?:st|nd|rd|th|xx|[dDkKmMgGtTbBhx]|[kKmMgG]i?[bB])\b)\d+[a-z]+\d[a-z0-9]*\b",
    ),
    (
        "id_3",  # of a booking, a parcel: `ABC1D17`, but neither `SHA256` nor `E11000`
        r"\b(?=[A-Z]{1,20}\d{1,20}[A-Z]|\d{1,20}[A-Z]{1,20}\d{1,20}[A-Z]|\d{2,20}[A-Z]{2,20}\d)"
        r"[A-Z0-9]{6,20}\b",
    ),
    (
        "id_4",  # a number and the beginning of a hash: `703-a91f`
        r"(?<![\w.-])\d+-(?=[a-f]{0,12}\d)(?=\d{0,12}[a-f])[0-9a-f]{4,12}(?![\w-])",
    ),
    ("number_2", r"\b[A-Z]\d{2,}\b"),
    ("number_1", r"(?<![\w.])[+-]?\d+(?:,\d{3})*\.\d+(?:[eE][+-]?\d+)?(?![\w.]*\d)"),
    (
        "number",
        r"(?<![\w.])[+-]?\d+(?:[, ]\d{3}\b|_\d{3}(?!\d))*(?:[eE][+-]?\d+|st|nd|rd|th)?(?!\w)"
        r"|(?<=[\u2e80-\uffdc])\d+|\d++(?=[\u2e80-\uffdc])"
        r"|(?<=[A-Za-z])\d{2,}\b|(?<=[A-Za-z])(?<!\b[hs])(?<!\b(?:md|mp|ec))"
        r"(?<!(?i:sha|utf|ipv|tls|ssl))(?<!(?i:http|auth))\d\b"
        r"|(?<=[A-Za-z][_-])\d+\b|\b\d+(?=(?:[kKMGT]i?)?[bB]\b|[KMGT]i\b|px\b|%)",
    ),
)
# Nothing begins inside of a word but digits: most characters are passed by at once.
BEGINNING = r"(?:(?<![A-Za-z])(?=\S)|(?=[\d@(]))"
PATTERN = re.compile(
    f"{BEGINNING}(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in KINDS) + ")"
)
# The end of a quoted name that counts instances: `Task-465`, `worker-3`, `pod-7f9c6d5b8`.
NUMBERED = re.compile(
    r"(?<=[A-Za-z][-_.])(?:\d+(?>(?:[-_.]\d+)*)|(?=[a-f]{0,40}+\d)[0-9a-f]{5,40})(?![A-Za-z])|\d{3,}"
)
# What Windows calls a refused, a reset and an expired connection, and an address in use.
WINDOWS = {
    "[WinError 10061]": "[Errno 111]",
    "[WinError 10054]": "[Errno 104]",
    "[WinError 10060]": "[Errno 110]",
    "[WinError 10048]": "[Errno 98]",
}
DETAIL = (
    *("DETAIL: ", "HINT: "),  # of PostgreSQL: data, where it is not redacted
    *("The statement has been terminated.", "Operation cancelled by user."),  # of SQL Server
)
PROCESS = re.compile(r"#PID<[\d.]+>")
MARKERS = {name: f"<{name.partition('_')[0]}>" for name, _ in KINDS} | {
    # One and the same server may be given by any.
    **dict.fromkeys(("ip", "hostname", "server", "server_2"), "<host>"),
    "tried": "<host>",
    "hex": "<number>",  # an id in hex has digits only, now and then
}


def parametrise(message: str) -> str:
    """The first two lines with markers such as `<number>` for what varies."""
    return _parametrise(message[: 4 * MAX_LINE])


@bounded(1024 * 1024)
def _parametrise(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    lines = lines[:1] + [line for line in lines[1:] if not line.startswith(DETAIL)]
    kept = common("\n".join(line[:MAX_LINE] for line in lines[:MAX_LINES]))
    return PATTERN.sub(_marker, kept) if SUSPECT.search(kept) else kept


def _marker(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "code":
        return NUMBERED.sub("<number>", match[0])
    if kind == "errno":
        return WINDOWS.get(match["errno_code"], match["errno_code"])
    if kind == "ran":
        return f"{match['program']} <arguments>"
    if kind == "object":
        return f"{match['kind'].rstrip()} <data>>"
    if kind == "term":
        return f"{PROCESS.sub('<reference>', match['asked'])}, <data>}}"
    if kind == "route":
        host, rest = "<host>" if match["host"] else "", "<path>" if match["rest"] else ""
        return f"{match['verb']}{host}{match['head']}{rest}"
    return MARKERS[kind]
