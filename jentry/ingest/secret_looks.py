"""What secrets look like, whatever their name: keys, tokens, cards, URLs. PROTOCOL section 12.1."""

import re
from collections.abc import Callable
from typing import NamedTuple

FILTERED = "[Filtered]"


class Rule(NamedTuple):
    """A way to recognise secrets in text, and a quick way to see that there are none.

    `hint` gets many texts at once, a line each, and the same with `folded`; it may be wrong by
    saying yes, never by saying no. It only uses what runs over bytes at the speed of C: regular
    expressions that begin with plain text are, those that begin with a choice of letters stop at
    every third byte.
    """

    hint: Callable[[bytes, bytes], bool]
    hide: Callable[[str], str]


_FOLDED = bytes(61 if code == 58 else code for code in bytes(range(256)).lower())
_DIGITS = bytes(48 if 48 <= code < 58 else code for code in range(256))


def folded(lines: bytes) -> bytes:
    """Lower-case, and every `:` written as `=`."""
    return lines.translate(_FOLDED)


PEM = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY.*?(?:-----END [A-Z0-9 ]*-----|\Z)", re.DOTALL)


def _has_pem(lines: bytes, _: bytes) -> bool:
    return b"-----BEGIN" in lines


def _hide_pem(text: str) -> str:
    return PEM.sub(FILTERED, text) if "-----BEGIN" in text else text


USERINFO = re.compile(r"://[^\s/:@\"'<>]*:[^\s/\"'<>]*@")


def _has_userinfo(lines: bytes, _: bytes) -> bool:
    """`@` between `://` and the next slash."""
    if b"://" not in lines or b"@" not in lines:
        return False
    return any(b"@" in part.partition(b"/")[0] for part in lines.split(b"://")[1:])


def _hide_userinfo(text: str) -> str:
    return USERINFO.sub(f"://{FILTERED}@", text) if "://" in text else text


# The tokens of well-known services, and JSON web tokens.
TOKEN = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[rs]k_(?:live|test)_[0-9A-Za-z]{8,}|gh[pousr]_[0-9A-Za-z]{16,}|github_pat_\w{16,}"
    r"|glpat-[\w-]{16,}|jto_[\w-]{16,}|A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,}"
    r"|xox[a-z]-[0-9A-Za-z-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|sk-(?:[a-z]+[0-9]*-)*[0-9A-Za-z_]{20,}"
    r"|eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?)"
)
TOKEN_STARTS = tuple(
    re.compile(pattern).search
    for pattern in (
        rb"k_(?:live|test)_",
        rb"gh[pousr]_",
        rb"pat[_-]",
        rb"A(?:[KS]IA|Iza)",
        rb"SG\.",
        rb"xox",
        rb"eyJ",
        rb"jto_",
        rb"sk-",
    )
)


def _has_token(lines: bytes, _: bytes) -> bool:
    return any(search(lines) for search in TOKEN_STARTS)


def _hide_token(text: str) -> str:
    return TOKEN.sub(FILTERED, text) if len(text) > 12 else text


# A scheme of HTTP authentication, and behind it something that is no word of prose.
SCHEME = re.compile(
    r"\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC)\s+)(?=\S*(?:\d|[a-z][A-Z]|=))[\w.~+/=-]{8,}(?!\w)"
)


SCHEME_NAMES = (re.compile(rb"bearer").search, re.compile(rb"basic").search)  # faster than `in`


def _has_scheme(_: bytes, lower: bytes) -> bool:
    return any(search(lower) for search in SCHEME_NAMES)


def _hide_scheme(text: str) -> str:
    return SCHEME.sub(rf"\1{FILTERED}", text) if len(text) > 12 else text


CARD = re.compile(r"(?<![0-9A-Za-z])(?<![0-9]\.)[2-6](?:[ -]?[0-9]){12,15}(?![0-9A-Za-z])")
CARD_START = re.compile(r"[3-6]|2[2-7]")
SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")


def _has_number(lines: bytes, _: bytes) -> bool:
    digits = lines.translate(_DIGITS)
    return b"000-00-0000" in digits or b"0" * 13 in digits.translate(None, b" -")


def _hide_number(text: str) -> str:
    return SSN.sub(FILTERED, CARD.sub(_hide_card, text)) if len(text) > 10 else text


def _hide_card(match: re.Match[str]) -> str:
    return FILTERED if is_card(match[0].replace(" ", "").replace("-", "")) else match[0]


def is_card(digits: str) -> bool:
    """13 to 16 digits out of a card's range, the last of them the check digit of the others."""
    if not 13 <= len(digits) <= 16 or not CARD_START.match(digits):
        return False
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


LOOKS = (
    Rule(_has_pem, _hide_pem),
    Rule(_has_userinfo, _hide_userinfo),
    Rule(_has_scheme, _hide_scheme),
    Rule(_has_token, _hide_token),
    Rule(_has_number, _hide_number),
)
