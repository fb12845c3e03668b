"""Text that strangers wrote, made harmless where it goes: headers, mails, chats."""

import re
import unicodedata

DROPPED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
ZERO_WIDTH = "\u200b"
WAKES = re.compile(r"([@<]|\](?=\())")


def line(text: str, longest: int) -> str:
    """One line of what can be seen: no controls, no marks that turn the direction of writing, no
    half of a surrogate pair.
    """
    flat = BREAKS.sub(" ", text[: 4 * longest]).strip()
    seen = "".join(letter for letter in flat if unicodedata.category(letter) not in DROPPED)
    return seen if len(seen) <= longest else seen[: longest - 1] + "…"


def header(text: str, longest: int) -> str:
    """A line that may be a header's value. `=?` begins an encoded word, which Python decodes before
    it writes a header: an ASCII title could bring line breaks, and so headers, of its own.
    """
    return line(re.sub("=(?=\\?)", "= ", line(text, longest)), longest)


def defused(text: str) -> str:
    """For chats: what would wake a whole company, a link under a name of its own, and their markup
    are plain text.
    """
    return WAKES.sub(rf"\1{ZERO_WIDTH}", text)
