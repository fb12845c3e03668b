"""What secrets look like, whatever their name: keys, addresses with passwords, cards, accounts."""

import re

from jentry.ingest.scrubbing import commands, tokens
from jentry.ingest.scrubbing.rows import FILTERED, Budget, Look, Row

ROWS = (
    Row(
        "Private keys, whole or cut off",
        goes=(
            "⟦-----BEGIN RSA PRIVATE KEY-----\nMIIE{b64:20}\n-----END RSA PRIVATE KEY-----⟧",
            "⟦-----BEGIN PRIVATE KEY-----\nMIIE{b64:20}⟧",
            "Private-Lines: 1\n⟦AAAA{b64:20}⟧\nPrivate-MAC: 5f",
        ),
        stays=("-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----"),
    ),
    Row(
        "Addresses with a password in them",
        goes=(
            "postgres://⟦app:s3cret⟧@db:5432/shop",
            "redis://⟦:a/b+c=⟧@cache.example.org:6379/0",
            "https://⟦{alnum:20}1⟧@github.com/a.git",
            "⟦root:s3cret⟧@tcp(db:3306)/shop",
            "jdbc:oracle:thin:⟦scott/tiger⟧@//db:1521/orcl",
        ),
        stays=(
            "postgres://app@db/shop",
            "ssh://git@github.com/a.git",
            "http://host:8080/a@b?email=a@b.c",
            "mail bob@example.com at 12:30",
        ),
    ),
    Row(
        "What stands behind a scheme of HTTP authentication",
        goes=("sent Bearer ⟦abcdef123456⟧ to it", "Basic ⟦dXNlcjpwYXNz⟧"),
        stays=("Basic authentication required", "Bearer authentication"),
    ),
    Row(
        "Cards whose check digit is right, US social security numbers, IBANs",
        goes=("⟦4111 1111 1111 1111⟧", "⟦378282246310005⟧", "⟦078-05-1120⟧",
              "⟦DE89370400440532013000⟧"),
        stays=("4111111111111112", "1782734400000", "0.4111111111111111", "030-12-34567",
               "DE89370400440532013001"),
    ),
)  # fmt: skip


PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.DOTALL
)
PUTTY = re.compile(
    r"(Private-Lines: \d{1,4}\s{1,4})(?>(?:[^P\n]|P(?!rivate-MAC)|\n(?!Private-MAC))*)"
)


def _has_pem(lines: bytes, _: bytes) -> bool:
    return b"-----BEGIN" in lines or b"Private-Lines" in lines


def _hide_pem(text: str, _: Budget) -> str:
    if "-----BEGIN" in text:
        text = PEM.sub(FILTERED, text)
    return PUTTY.sub(rf"\1{FILTERED}", text) if "Private-Lines" in text else text


# User and password; the password may have a slash in it unless it looks like a port.
USERINFO = re.compile(
    r"://(?:[^\s/:\"'<>]{0,256}:[^\s/\"'<>]{0,512}@"
    r"|[^\s/:@\"'<>]{0,256}:(?!\d{1,5}(?:[/?#,]|\Z))[^\s@\"'<>]{1,256}@(?=[\w-]{1,64}[.:/]))"
)
# No password, and no name of a person either: a digit and a capital, or very long.
TOKEN_AS_USER = re.compile(
    r"(https?://)(?=[^@/]{0,64}\d)(?=[^@/]{0,200}@)[\w.~+%=-]{12,200}(?=@)", re.IGNORECASE
)
GO_DSN = re.compile(r"(?<![\w.-])[\w.-]{1,64}:[^\s\"'()]{1,256}@(?=(?:tcp|tcp6|unix|udp)?\()")
ORACLE = re.compile(r"(oracle:(?:thin|oci8?):)[\w$#.-]{1,64}/[^\s@\"']{1,256}(?=@)")


def _has_userinfo(lines: bytes, _: bytes) -> bool:
    """`@` soon behind `://`, or before a bracket, or in an address of Oracle."""
    if b"@" not in lines:
        return False
    return (
        any(b"@" in part.partition(b"\n")[0] for part in lines.split(b"://")[1:])
        or (b"(" in lines and bool(GO_HINT.search(lines)))
        or b"oracle:" in lines
    )


GO_HINT = re.compile(rb"@(?:tcp|unix|udp|\()")


def _hide_userinfo(text: str, _: Budget) -> str:
    if "@" not in text:
        return text
    if "://" in text:
        text = TOKEN_AS_USER.sub(rf"\1{FILTERED}", USERINFO.sub(f"://{FILTERED}@", text))
    if "(" in text:
        text = GO_DSN.sub(f"{FILTERED}@", text)
    return ORACLE.sub(rf"\1{FILTERED}", text) if "oracle:" in text else text


# A scheme of HTTP authentication, and behind it something that is no word of prose.
SCHEME = re.compile(
    r"\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC)(?:\s{1,3}|%20))"
    r"(?=\S{0,200}?(?:\d|[a-z][A-Z]|=))(?![a-z_]{1,30}=[^=\s])[\w.~+/=%-]{8,}+"
)
SCHEME_NAMES = tuple(re.compile(name).search for name in (b"bearer", b"basic"))


def _has_scheme(_: bytes, lower: bytes) -> bool:
    return any(search(lower) for search in SCHEME_NAMES)


def _hide_scheme(text: str, _: Budget) -> str:
    return SCHEME.sub(rf"\1{FILTERED}", text) if len(text) > 12 else text


CARD = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9]\.)[2-6](?:(?:[ -]?[0-9]){12,15}|[0-9]{3}(?:\.[0-9]{4}){3})"
    r"(?![0-9A-Za-z])"
)
CARD_START = re.compile(r"[3-6]|2[2-7]")
SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])", re.ASCII)
IBAN = re.compile(
    r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?![0-9A-Za-z])"
)
_FIGURES = bytes(
    48 if chr(code).isdigit() else 65 if chr(code).isupper() else code for code in range(128)
) + bytes(range(128, 256))


def _has_number(lines: bytes, _: bytes) -> bool:
    figures = lines.translate(_FIGURES)
    return (
        b"AA00" in figures
        or b"000-00-0000" in figures
        or b"0000.0000.0000.0000" in figures
        or b"0" * 13 in figures.translate(None, b" -")
    )


def _hide_number(text: str, _: Budget) -> str:
    if len(text) <= 10:
        return text
    return IBAN.sub(_hide_iban, SSN.sub(FILTERED, CARD.sub(_hide_card, text)))


def _hide_card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return FILTERED if is_card(digits) else match[0]


def _hide_iban(match: re.Match[str]) -> str:
    text = match[0].replace(" ", "")
    digits = "".join(str(int(char, 36)) for char in text[4:] + text[:4])
    return FILTERED if int(digits) % 97 == 1 else match[0]


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
    Look(_has_pem, _hide_pem),
    Look(_has_userinfo, _hide_userinfo),
    Look(_has_scheme, _hide_scheme),
    tokens.LOOK,
    Look(_has_number, _hide_number),
    commands.LOOK,
)
