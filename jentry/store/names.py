"""What people may call things: names, slugs, email addresses."""

import re
import unicodedata
from collections.abc import Callable

from jentry.errors import BadRequest

LONGEST_NAME = 100
LONGEST_SLUG = 50
LONGEST_EMAIL = 254
SLUG = re.compile(r"(?:[0-9]*[a-z][a-z0-9]*|[0-9]+-[a-z0-9]+)(?:-[a-z0-9]+)*")
# Top-level addresses of pages and the server: no organization's pages can be there.
CANARY = "jentry-canary"
RESERVED_SLUGS = frozenset({
    CANARY,
    "account", "alerts", "api", "assets", "attachments", "docs", "healthz", "invite", "issues",
    "login", "logout", "mail", "mcp", "metrics", "operations", "organizations",
    "password", "projects", "readyz", "server", "settings", "setup", "static", "tunnel",
})  # fmt: skip
EMAIL = re.compile(r"[^\s@<>()\[\]\",;:\\]{1,64}@\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*")
# Letters that Unicode does not take apart into an ASCII letter and an accent.
FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


def name(text: str, what: str) -> str:
    """A name on one line, outer blanks removed. Raises BadRequest."""
    text = text.strip()
    if not text:
        raise BadRequest(f"The {what} must not be empty.")
    if len(text) > LONGEST_NAME:
        raise BadRequest(f"The {what} must not be longer than {LONGEST_NAME} characters.")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        raise BadRequest(f"The {what} must not contain line breaks or control characters.")
    return text


def email(text: str) -> str:
    """An address in lower case. Only its shape is checked. Raises BadRequest."""
    text = text.strip().lower()
    if not text:
        raise BadRequest("The email address must not be empty.")
    if len(text) > LONGEST_EMAIL or not EMAIL.fullmatch(text) or not text.isprintable():
        raise BadRequest(f"{text[:LONGEST_EMAIL]!r} is not an email address.")
    return text


def slug(text: str) -> str:
    """A slug that somebody chose; a number would be taken for an id. Raises BadRequest."""
    if len(text) > LONGEST_SLUG or not SLUG.fullmatch(text):
        raise BadRequest(
            "A slug is made of lower-case letters a-z, digits and single hyphens between them, "
            f"at most {LONGEST_SLUG} characters, and is no number."
        )
    return text


def slug_from(text: str, fallback: str, is_taken: Callable[[str], bool]) -> str:
    """A free slug made from a name: `Søren's Räder` -> `soren-s-rader`, or `soren-s-rader-2`."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(FOLDED))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode())
    stem = "-".join(words)[: LONGEST_SLUG - 5].strip("-") or fallback
    if stem.isdigit():
        stem = f"{fallback}-{stem}"[: LONGEST_SLUG - 5]
    found, number = stem, 1
    while is_taken(found):
        number += 1
        found = f"{stem}-{number}"
    return found
