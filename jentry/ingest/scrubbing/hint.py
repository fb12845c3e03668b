"""A quick way to see that no text of many has a secret name before a value."""

import re

from jentry.ingest.scrubbing.shapes import PARTS_IN_TEXT, any_of

REST = 40  # characters of a name after such a part
TAIL = 20 + REST + 12  # bytes before a separator: part, rest, quotes and blanks
AROUND_NAME = b' \t\r\n"\\]`'  # what may stand between a name and its separator
MOST_NAMES = 4000
AT_ONCE = 500  # words before separators: the first secret name of thousands is soon found
VALUE = (b"value", b"val", b"v", b"is", b"was", b"rejected")  # the name stands before these

# Where names stand that no `=`, `:` or `",` follows: bytes that are found fast, and the whole.
ELSEWHERE = tuple(
    (sign, re.compile(pattern).search)
    for sign, pattern in (
        (b" -", rb" -(?=[a-z-])"),
        (b'"-', rb'"-(?=[a-z-])'),
        (b"pass", rb'pass(?:word|wd|phrase|code)?\\{0,3}"? \\{0,3}["`]'),
        (b"</", rb"</"),
        (b"&gt;", rb"&gt;"),
        (b"form-data", rb"form-data"),
        (b"val", rb"\n[ \t]+(?:- )?\"?val(?:ue)?\"?="),
        (b"requirepass ", rb"requirepass "),
        (b" password ", rb"login [^\n]{1,64} password "),
    )
)
SIGNS = (b"=", b'",', b',"')
RARE_SIGNS = (b"%3", b"%253", b"%25253", b"-> ", "：".encode())


class NameHint:
    """Looks at the two words before every separator; most are old acquaintances."""

    def __init__(self, more: tuple[str, ...] = ()) -> None:
        parts = (*PARTS_IN_TEXT, *(re.escape(word) for word in more if word))
        # Bytes are only folded where they are ASCII.
        foreign = [part for part in parts if not part.isascii()]
        cases = (*(part.upper() for part in foreign), *(part.title() for part in foreign))
        spelled = (_in_bytes(part) for part in (*parts, *cases))
        self._part = re.compile(any_of(spelled).encode("latin-1"))
        self._harmless: set[bytes] = set()  # words that no secret name ends in

    def __call__(self, _: bytes, lower: bytes) -> bool:
        signs: tuple[bytes, ...] = SIGNS
        if b"%" in lower or b"-> " in lower or RARE_SIGNS[-1] in lower:
            signs += RARE_SIGNS
        for sign in signs:
            befores = lower.split(sign)
            befores.pop()
            for at in range(0, len(befores), AT_ONCE):
                if self._is_any_secret(befores[at : at + AT_ONCE]):
                    return True
        stands_elsewhere = any(sign in lower and search(lower) for sign, search in ELSEWHERE)
        return stands_elsewhere and bool(self._part.search(lower))

    def _is_any_secret(self, befores: list[bytes]) -> bool:
        tails = [before[-TAIL:].rstrip(AROUND_NAME).rpartition(b"\n")[2] for before in befores]
        names = {b" ".join(tail.rsplit(b" ", 2)[-2:]) for tail in tails}
        for name in names - self._harmless:
            if self._has_part(name):
                return True
            if len(self._harmless) >= MOST_NAMES:
                self._harmless.clear()
            self._harmless.add(name)
        return False

    def _has_part(self, name: bytes) -> bool:
        if name.endswith(b"input_value"):
            return True
        is_value = name.strip(b'"\\').endswith(VALUE)
        return any(is_value or b" " not in name[m.end() :] for m in self._part.finditer(name))


def _in_bytes(part: str) -> str:
    """The bytes of its UTF-8, each as a character, so that `any_of` may take them apart."""
    return part.encode().decode("latin-1")
