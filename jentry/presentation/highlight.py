"""Lines of source code, coloured by class names: the only markup that is made outside templates."""

import html
import itertools
from collections.abc import Iterable, Sequence
from functools import cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType

from jentry.presentation.text import visible

# Some lexers take time that grows with the square of what they read. What is larger than people
# write stays without colours.
LONGEST_LINE = 250  # characters
LARGEST = 2500  # characters of one piece of source

# The language of a file by its ending, else that of its platform.
ENDINGS = {
    "py": "python", "pyx": "cython", "js": "javascript", "mjs": "javascript", "cjs": "javascript",
    "jsx": "javascript", "ts": "typescript", "tsx": "typescript", "vue": "javascript",
    "svelte": "javascript", "java": "java", "kt": "kotlin", "kts": "kotlin", "scala": "scala",
    "groovy": "groovy", "clj": "clojure", "rb": "ruby", "erb": "ruby", "go": "go", "php": "php",
    "cs": "csharp", "fs": "fsharp", "vb": "vbnet", "rs": "rust", "c": "c", "h": "c", "cc": "cpp",
    "cpp": "cpp", "cxx": "cpp", "hpp": "cpp", "m": "objective-c", "mm": "objective-c++",
    "swift": "swift", "dart": "dart", "ex": "elixir", "exs": "elixir", "erl": "erlang",
    "pl": "perl", "pm": "perl", "ps1": "powershell", "lua": "lua", "hs": "haskell", "sh": "bash",
    "sql": "sql",
}  # fmt: skip
PLATFORMS = {
    "python": "python", "javascript": "javascript", "node": "javascript", "java": "java",
    "ruby": "ruby", "go": "go", "php": "php", "csharp": "csharp", "rust": "rust",
    "native": "cpp", "c": "c", "cocoa": "swift", "objc": "objective-c", "dart": "dart",
    "elixir": "elixir", "perl": "perl", "powershell": "powershell", "groovy": "groovy",
    "haskell": "haskell",
}  # fmt: skip

# What gets a colour, and the class that has it. Longest match wins; the rest is plain text.
CLASSES: dict[_TokenType, str] = {
    Token.Keyword: "k",
    Token.Operator.Word: "ow",
    Token.Literal.String: "s",
    Token.Literal.Number: "mi",
    Token.Comment: "c1",
    Token.Name.Function: "nf",
    Token.Name.Class: "nc",
    Token.Name.Exception: "ne",
    Token.Name.Builtin: "nb",
    Token.Name.Decorator: "nf",
}


def lines(source: Sequence[str], filename: str, platform: str) -> list[str]:
    """Each line of the source as HTML. Never raises; what cannot be coloured is escaped text."""
    lexer = _lexer(_language(filename, platform))
    size = sum(map(len, source))
    if lexer is None or size > LARGEST or any(len(line) > LONGEST_LINE for line in source):
        return [_escaped(line) for line in source]
    text = "\n".join(line.replace("\n", " ").replace("\r", " ") for line in source)
    coloured = _rows(lexer.get_tokens(text))
    return list(itertools.islice(itertools.chain(coloured, itertools.repeat("")), len(source)))


def whole(source: str, language: str) -> str:
    """A text of ours, which ends in a line feed or not, as HTML."""
    lexer = _lexer(language)
    if lexer is None:
        return _escaped(source)
    return "\n".join(_rows(lexer.get_tokens(source)))


def _rows(tokens: Iterable[tuple[_TokenType, str]]) -> list[str]:
    rows = []
    row: list[tuple[str, str]] = []
    for kind, text in tokens:
        first, *others = text.split("\n")
        row.append((_class(kind), first))
        for other in others:
            rows.append(_joined(row))
            row = [(_class(kind), other)]
    return [*rows, _joined(row)]


def _joined(row: list[tuple[str, str]]) -> str:
    """Neighbours of one class in one element."""
    found = ""
    for name, parts in itertools.groupby(row, key=lambda part: part[0]):
        text = _escaped("".join(part for _, part in parts))
        found += f'<span class="{name}">{text}</span>' if name and text else text
    return found


def _escaped(text: str) -> str:
    return html.escape(visible(text))


@cache
def _class(kind: _TokenType) -> str:
    while kind not in CLASSES and kind.parent is not None:
        kind = kind.parent
    return CLASSES.get(kind, "")


def _language(filename: str, platform: str) -> str:
    ending = filename.rpartition(".")[2].lower()
    return ENDINGS.get(ending) or PLATFORMS.get(platform, "")


@cache
def _lexer(language: str) -> Lexer | None:
    """None without a language. Options keep lines as they are: their numbers must stay right."""
    if not language:
        return None
    options = {"stripnl": False, "ensurenl": False}
    if language == "php":
        options["startinline"] = True
    return get_lexer_by_name(language, **options)
