"""Examples of secrets are filled in when they are shown or tested, not written down."""

import random
import re
import string

SLOT = re.compile(r"\{(hex|alnum|upper|digits|b64):(\d{1,3})\}")
ALPHABETS = {
    "hex": "0123456789abcdef",
    "alnum": string.ascii_letters + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "digits": string.digits,
    "b64": string.ascii_letters + string.digits + "+/",
}
MARKS = str.maketrans("", "", "⟦⟧")
MARKED = re.compile("⟦([^⟦⟧]*+)⟧")


def filled(text: str) -> str:
    """`{hex:32}` becomes 32 hex digits, the same ones for the same text."""
    source = random.Random(text)  # noqa: S311

    def fill(match: re.Match[str]) -> str:
        return "".join(source.choices(ALPHABETS[match[1]], k=int(match[2])))

    return SLOT.sub(fill, text)


def unmarked(text: str) -> str:
    return text.translate(MARKS)
