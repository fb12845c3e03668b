"""What gives a secret away: the names it goes by, and the looks it has. PROTOCOL section 12.1."""

import re
from collections.abc import Callable

FILTERED = "[Filtered]"

# A name is secret if one of these is in it, once it is lower-case and rid of all punctuation.
WORDS = (
    "passw", "passphrase", "secret", "apikey", "accesskey", "privatekey", "signingkey",
    "encryptionkey", "auth", "credential", "token", "bearer", "jwt", "mysqlpwd", "csrf", "xsrf",
    "sessionid", "sessid", "setcookie", "creditcard", "cardnumber", "cvv",
)  # fmt: skip
# Words that contain one of them and mean no harm: taken out of a name before it is judged.
HARMLESS = re.compile(
    r"author(?!i[sz])|authenticity|secretar(?:y|ies)|tokeni[sz]|passwordless"
    r"|(?<![a-z])(?:max|min|num|total|prompt|completion|input|output|cached)_?tokens(?![a-z])"
    r"|(?<![a-z])tokens?_?(?:count|usage|limit|used)(?![a-z])"
)
WHOLE = frozenset(("pass", "cookie", "ssn", "otp"))
ENDINGS = ("_pass", "_pwd", "_cookie")
COOKIES = re.compile(r"(?:^|[^a-z])sess|sid(?:$|[^a-z])|remember|logged_in")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # the boundaries of camelCase
PUNCTUATION = re.compile(r"[^a-z0-9]+")
LONGEST_NAME = 200

# Looks of values.
PEM = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY.*?(?:-----END [A-Z0-9 ]*-----|\Z)", re.DOTALL)
USERINFO = re.compile(r"://[^\s/:@\"'<>]*:[^\s/\"'<>]*@")
CARD = re.compile(r"(?<![0-9A-Za-z])(?<![0-9]\.)[2-6](?:[ -]?[0-9]){12,15}(?![0-9A-Za-z])")
CARD_START = re.compile(r"[3-6]|2[2-7]")
SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")
TOKEN = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[rs]k_(?:live|test)_[0-9A-Za-z]{8,}|whsec_[0-9A-Za-z]{16,}"
    r"|gh[pousr]_[0-9A-Za-z]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|npm_[0-9A-Za-z]{30,}"
    r"|(?:jto|sntry[su])_[\w=-]{16,}|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{16,}"
    r"|xox[a-z]-[0-9A-Za-z-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|sk-(?:[a-z]+[0-9]*-)*[0-9A-Za-z_]{20,}"
    r"|eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?)"
)
# A scheme of HTTP authentication with something that is no word of prose behind it.
SCHEME = re.compile(
    r"\b((?i:bearer|basic|digest)\s+)(?=\S*(?:\d|[a-z][A-Z]|=))[\w.~+/=-]{8,}(?=[^\w]|$)"
)
HEADER = re.compile(
    r"((?:authorization|cookie)\\*[\"']?\s{0,3}(?:=>|[:=])\s{0,3}[bu]?\\*[\"']?)"
    r"(?!\[Filtered\])[^\s\"'\\&](?:[^\"'\\\r\n&]*[^\s\"'\\&])?",
    re.IGNORECASE,
)
# What a name of a pair may look like in text: the words above, with their punctuation.
SPELLINGS = (
    r"passw|passphrase|secret|(?:api|access|private|signing|encryption)[-_]?key|auth|credential"
    r"|token|bearer|jwt|_pwd|_pass(?![a-z])|csrf|xsrf|sess(?:ion)?[-_]?id|set[-_]?cookie|credit[-_]?card"
    r"|card[-_]?number|card\[number|cvv"
)
SEPARATOR = r"\\*[\"']?\]?\s{0,3}(?:=>|:=|=(?![=~])|:(?![:/])|%3[dD])\s{0,3}"
VALUE = (
    r"[bu]?\"(?P<double>(?:[^\"\\\r\n]|\\.)*)|[bu]?'(?P<single>(?:[^'\\\r\n]|\\.)*)"
    r"|(?P<quote>\\+[\"'])(?P<escaped>[^\r\n]*?)(?=(?P=quote)|$|[\r\n])"
    r"|\{(?P<object>[^{}]*)|(?P<bare>[^\s\"'<>&;]+)"
)
NOTHING = frozenset(("none", "null", "nil", "true", "false", "undefined", "[filtered]", "****"))
NAME_BEFORE = re.compile(r"[\w.\[\]-]{0,64}\Z")
NO_PAIR = re.compile(r"(?:error|exception|failure|failed|warning)\]?$", re.IGNORECASE)
# C-speed hints, on JSON text, that some rule may apply: they may be wrong in that direction only.
DIGITS = bytes(48 if 48 <= c < 58 else c for c in range(256))
LOOKS = (
    rb"(?:bearer|basic|digest)\s|[rs]k_(?:live|test)_|whsec_|gh[pousr]_|github_pat_|glpat-|npm_|jto_"
    rb"|sntry[su]_|a[ks]ia[0-9a-z]{16}|aiza|ya29\.|xox[a-z]-|sg\.[\w-]{16}|sk-|eyj|cookie"
)

IsSecret = Callable[[str], bool]


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name has to be hidden: `X-Api-Key`, `dbPassword`, not `author`."""
    words = _words(name)
    if words in WHOLE or words.endswith(ENDINGS):
        return True
    bare = HARMLESS.sub("", words).replace("_", "")
    return any(word in bare for word in WORDS)


def is_secret_cookie(name: str) -> bool:
    """Of cookies, sessions have to be hidden too."""
    return bool(COOKIES.search(_words(name)))


def squashed(name: str) -> str:
    return _words(name).replace("_", "")


def _words(name: str) -> str:
    return PUNCTUATION.sub("_", CAMEL.sub("_", name[:LONGEST_NAME]).lower()).strip("_")


def is_card(digits: str) -> bool:
    """13 to 16 digits of a card's range, with the check digit that belongs to them."""
    if not 13 <= len(digits) <= 16 or not CARD_START.match(digits):
        return False
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


class TextRules:
    """The looks of values, together with the names that one policy calls secret."""

    def __init__(self, is_secret: IsSecret, more: tuple[str, ...] = ()) -> None:
        self._is_secret = is_secret
        spellings = "|".join([SPELLINGS, *(re.escape(word) for word in more if word)])
        name = rf"(?:{spellings})[\w.\[\]-]{{0,64}}?"
        self._pair = re.compile(rf"(?P<name>{name})(?P<sep>{SEPARATOR})(?:{VALUE})", re.IGNORECASE)
        hint = rf"(?:{spellings})[\w.\[\]-]{{0,64}}(?:\\+[\"']|')?\]?\s{{0,3}}(?:[=:]|%3d)"
        self._hint = re.compile(hint.lower().encode() + b"|" + LOOKS)

    def may_apply(self, dumped: bytes) -> bool:
        """Whether JSON text may hold anything that `hide` would hide: quick, and never falsely no."""
        digits = dumped.translate(DIGITS)
        return (
            b"-----BEGIN" in dumped
            or b"000-00-0000" in digits
            or b"0000000000000" in digits.translate(None, b" -")
            or _has_userinfo(dumped)
            or self._hint.search(dumped.lower()) is not None
        )

    def hide(self, value: str) -> str:
        """The text with every secret in it replaced, and all the rest as it was."""
        value = HEADER.sub(rf"\1{FILTERED}", value)
        return self._pair.sub(self._hide_pair, _hide_looks(value))

    def hide_in_source(self, line: str) -> str:
        """Of a line of code only literals are hidden: `token = read()` is no secret."""
        return self._pair.sub(self._hide_literal, _hide_looks(line))

    def _hide_literal(self, match: re.Match[str]) -> str:
        return match[0] if match["bare"] or match["object"] else self._hide_pair(match)

    def _hide_pair(self, match: re.Match[str]) -> str:
        before = match.string[max(match.start() - 64, 0) : match.start()]
        start = NAME_BEFORE.search(before)
        name = (start[0] if start else "") + match["name"]
        before = before[: len(before) - len(start[0])] if start else before
        if NO_PAIR.search(name) or not self._is_secret(name) or _is_syntax_error(before):
            return match[0]
        for kind in ("double", "single", "escaped", "object"):
            if (found := match[kind]) is not None:
                return _replaced(match, kind) if found.lower() not in NOTHING | {""} else match[0]
        value = match["bare"].split("%26")[0].rstrip(",)]}.")
        if not value or value.lower() in NOTHING or value.startswith("[Filtered"):
            return match[0]
        if ":" in match["sep"] and not _is_pair(match, before, value):
            return match[0]
        at = match.start("bare") - match.start()
        return match[0][:at] + FILTERED + match[0][at + len(value) :]


def _hide_looks(value: str) -> str:
    if "-----BEGIN" in value:
        value = PEM.sub(FILTERED, value)
    if "://" in value:
        value = USERINFO.sub(f"://{FILTERED}@", value)
    value = SCHEME.sub(rf"\1{FILTERED}", value)
    value = TOKEN.sub(FILTERED, value)
    value = CARD.sub(_hide_card, value)
    return SSN.sub(FILTERED, value)


def _replaced(match: re.Match[str], kind: str) -> str:
    start, end = match.start(kind) - match.start(), match.end(kind) - match.start()
    return match[0][:start] + FILTERED + match[0][end:]


def _is_syntax_error(before: str) -> bool:
    """`Unexpected token: x` is about grammar."""
    return before.rstrip().lower().endswith(("unexpected", "illegal"))


def _is_pair(match: re.Match[str], before: str, value: str) -> bool:
    """Whether `name: value` is data and not prose: alone on its line, quoted, or with a digit."""
    if '"' in match["sep"] or "'" in match["sep"]:
        return True
    if before.endswith("/"):  # the end of a path, and what came of asking for it
        return False
    if any(char.isdigit() for char in value):
        return True
    after = match.string[match.end() :].partition("\n")[0]
    return not after.strip() and not before.rpartition("\n")[2].strip(" \t-{,")


def _hide_card(match: re.Match[str]) -> str:
    return FILTERED if is_card(re.sub(r"[ -]", "", match[0])) else match[0]


def _has_userinfo(dumped: bytes) -> bool:
    if b"://" not in dumped or b"@" not in dumped:
        return False
    return any(b"@" in part.partition(b"/")[0] for part in dumped.split(b"://")[1:])
