"""All patterns of the package, found by looking, and for each the texts that are worst for it."""

import ast
import functools
import gc
import importlib
import pkgutil
import re
import types
from collections.abc import Iterator
from pathlib import Path
from re import _compiler, _parser  # type: ignore[attr-defined]
from re import _constants as c  # type: ignore[attr-defined]
from typing import Any

import jentry
from jentry.byte_cache import ByteCache

Pattern = re.Pattern[Any]
IMPLICIT = {
    "compile",
    "search",
    "match",
    "fullmatch",
    "split",
    "sub",
    "subn",
    "findall",
    "finditer",
}
REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
CATEGORIES = {
    c.CATEGORY_DIGIT: "1", c.CATEGORY_NOT_DIGIT: "a", c.CATEGORY_SPACE: " ",
    c.CATEGORY_NOT_SPACE: "a", c.CATEGORY_WORD: "a", c.CATEGORY_NOT_WORD: "-",
}  # fmt: skip
COMMON = "a1 A-.=\n"  # tried with every pattern
MANY = 8  # choices of a pattern


@functools.cache
def modules() -> list[types.ModuleType]:
    """Every module of the package, imported."""
    names = [found.name for found in pkgutil.walk_packages(jentry.__path__, "jentry.")]
    return [importlib.import_module(n) for n in names if not n.endswith("__main__")]


def reachable() -> Iterator[tuple[str, Any]]:
    """Whatever the modules keep, at any depth, and the module it was found in. What is cached is
    not theirs: tests have left much in it.
    """
    seen: set[int] = set()
    for module in modules():
        left = [module.__dict__]
        while left:
            found = left.pop()
            if id(found) in seen or _is_foreign(found):
                continue
            seen.add(id(found))
            yield module.__name__, found
            if not isinstance(found, re.Pattern | str | bytes | int | float):
                held = [vars(found)] if isinstance(found, ByteCache) else gc.get_referents(found)
                left += [one for one in held if not _is_globals(one)]


def patterns() -> dict[str, Pattern]:
    """By the place where each stands: what is kept, and what is compiled at a call."""
    found = {
        f"{where} {pattern.pattern!r}": pattern
        for where, pattern in reachable()
        if isinstance(pattern, re.Pattern)
    }
    known = {(pattern.pattern, pattern.flags) for pattern in found.values()}
    for module in _with_patterns():
        for call in _calls(module):
            if (text := _text_of(call.args[0], module)) is not None:
                pattern = re.compile(text, _flags_of(call, module))
                if (pattern.pattern, pattern.flags) not in known:  # two modules may share one
                    found.setdefault(f"{module.__name__} {text!r}", pattern)
    return found


def repeats_a_group(pattern: Pattern) -> bool:
    """Possessively: what is repeated can match in more than one way."""
    return _repeats_a_group(_parser.parse(pattern.pattern, pattern.flags))


def _repeats_a_group(found: Any) -> bool:
    if isinstance(found, list | tuple | _parser.SubPattern):
        is_repeat = isinstance(found, tuple) and found[0] is c.POSSESSIVE_REPEAT
        if is_repeat and not _compiler._simple(found[1][2]):
            return True
        return any(map(_repeats_a_group, found))
    return False


def made_at_run_time() -> set[str]:
    """Functions that compile a pattern that is not known before."""
    found = set()
    for module in _with_patterns():
        for function in _functions(module):
            calls = _calls_in(function)
            if any(_text_of(call.args[0], module) is None for call in calls):
                found.add(f"{module.__name__}.{function.name}")
    return found


def _with_patterns() -> list[types.ModuleType]:
    return [module for module in modules() if vars(module).get("re") is re]


def _is_foreign(thing: Any) -> bool:
    if isinstance(thing, types.ModuleType):
        return True  # each of ours is begun with
    if type(thing).__module__.startswith("pygments"):
        return True  # its patterns see a few thousand characters: presentation/highlight.py
    is_code = isinstance(thing, type | types.FunctionType)
    return is_code and not (thing.__module__ or "").startswith("jentry")


def _is_globals(thing: Any) -> bool:
    return isinstance(thing, dict) and "__name__" in thing and "__spec__" in thing


def _tree(module: types.ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text())


def _functions(module: types.ModuleType) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(_tree(module)) if isinstance(node, ast.FunctionDef)]


def _calls(module: types.ModuleType) -> list[ast.Call]:
    return _calls_in(_tree(module))


def _calls_in(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in IMPLICIT
        and node.args
    ]


def _text_of(node: ast.expr, module: types.ModuleType) -> str | bytes | None:
    """The value of an expression that needs nothing but the module."""
    try:
        value = eval(compile(ast.Expression(node), "", "eval"), vars(module))
    except NameError:
        return None
    value = value.pattern if isinstance(value, re.Pattern) else value
    return value if isinstance(value, str | bytes) else None


def _flags_of(call: ast.Call, module: types.ModuleType) -> int:
    names = [n.attr for n in ast.walk(call) if isinstance(n, ast.Attribute) and n.attr.isupper()]
    return sum({int(getattr(re, name)) for name in names if hasattr(re, name)})


def methods() -> dict[str, set[str]]:
    """Names and texts of patterns -> the methods that are called on them anywhere."""
    found: dict[str, set[str]] = {}
    for module in modules():
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.Attribute) and node.attr in IMPLICIT:
                name = node.value.attr if isinstance(node.value, ast.Attribute) else None
                name = node.value.id if isinstance(node.value, ast.Name) else name
                found.setdefault(name or "", set()).add(node.attr)
        for call in _calls(module):
            text = _text_of(call.args[0], module)
            found.setdefault(repr(text), set()).add(call.func.attr)  # type: ignore[attr-defined]
    return found


def names_of(pattern: Pattern) -> set[str]:
    """Its names in the modules, and its text."""
    return {repr(pattern.pattern)} | {
        name for module in modules() for name, value in vars(module).items() if value is pattern
    }


# Texts ------------------------------------------------------------------------------------------


def alternatives(pattern: Pattern) -> Iterator[tuple[Any, Pattern]]:
    """A pattern and its tree; of one that is a choice of many, each choice by itself."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    for place, (op, value) in enumerate(tree):
        if op is c.BRANCH and len(value[1]) >= MANY:
            for choice in value[1]:
                data = [*tree.data[:place], *choice.data, *tree.data[place + 1 :]]
                alone = _parser.SubPattern(tree.state, data)
                yield alone, _compiler.compile(alone, pattern.flags)
            return
    yield tree, pattern


class Attacks:
    """Texts in which a pattern begins often and never comes to an end."""

    def __init__(self, tree: Any, is_bytes: bool) -> None:
        self.tree, self.is_bytes = tree, is_bytes
        letters = [char for node in _nodes(self.tree) for char in _letters(node)]
        alphabet = dict.fromkeys([*letters, *COMMON])
        classes = [node for node in _nodes(self.tree) if node[0] in (c.IN, c.ANY, c.NOT_LITERAL)]
        shared = {x: sum(_takes(node, x) for node in classes) for x in alphabet}
        # What many parts of the pattern take is where they can quarrel about who has it.
        self.letters = sorted(alphabet, key=lambda x: -shared[x])
        if self.is_bytes:
            self.letters = [x for x in self.letters if ord(x) < 256]

    def texts(self, length: int) -> Iterator[str | bytes]:
        """Each of that length: what is repeated, and an end that the pattern does not take."""
        for unit in self._units():
            yield self._whole("", unit, length)
        for head, pump in self._pumps():
            yield self._whole(head, pump, length)

    def _whole(self, head: str, unit: str, length: int) -> str | bytes:
        text = head + unit * (max(length - len(head), 0) // len(unit) + 1) + "\0"
        return text.encode("latin-1", "replace") if self.is_bytes else text

    def _units(self) -> dict[str, None]:
        found: dict[str, None] = dict.fromkeys(self.letters[:12])
        for head in dict.fromkeys(self._heads(self.tree, "")):
            for between in ("", self.letters[0], "-", " "):
                found[head + between] = None
        for one in self.letters[:5]:
            for other in self.letters[:5]:
                found[one + other] = None
        return found

    def _pumps(self) -> dict[tuple[str, str], None]:
        """What to begin with, and what to repeat after it."""
        heads = dict.fromkeys(self._heads(self.tree, ""))
        return dict.fromkeys((head, letter) for head in heads for letter in self.letters[:3])

    def _heads(self, tree: Any, before: str) -> Iterator[str]:
        """Beginnings of what the pattern matches, up to each of its parts."""
        for op, value in tree:
            for inner in _inner(op, value):
                yield from self._heads(inner, before)
            before = (before + self._sample(op, value))[:200]
            if before:
                yield before

    def _sample(self, op: Any, value: Any, depth: int = 0) -> str:
        """Some short text that the node matches."""
        if op in REPEATS:
            low, high, inner = value
            times = max(low, min(high, 1))
            return self._all(inner) * min(times, 64)
        if op is c.SUBPATTERN:
            return self._all(value[-1])
        if op is c.ATOMIC_GROUP:
            return self._all(value)
        if op is c.BRANCH:
            return self._all(value[1][0])
        if op is c.LITERAL:
            return chr(value)
        if op in (c.IN, c.ANY, c.NOT_LITERAL):
            return next((x for x in self.letters if _takes((op, value), x)), "a")
        return ""

    def _all(self, tree: Any) -> str:
        return "".join(self._sample(op, value) for op, value in tree)


def _inner(op: Any, value: Any) -> list[Any]:
    if op in REPEATS:
        return [value[2]]
    if op is c.SUBPATTERN:
        return [value[-1]]
    if op is c.ATOMIC_GROUP:
        return [value]
    if op is c.BRANCH:
        return list(value[1])
    if op in (c.ASSERT, c.ASSERT_NOT):
        return [value[1]]
    if op is c.GROUPREF_EXISTS:
        return [part for part in value[1:] if part]
    return []


def _nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    for op, value in tree:
        yield op, value
        for inner in _inner(op, value):
            yield from _nodes(inner)


def _letters(node: tuple[Any, Any]) -> Iterator[str]:
    op, value = node
    if op in (c.LITERAL,):
        yield chr(value)
    elif op is c.IN:
        for kind, what in value:
            if kind is c.LITERAL:
                yield chr(what)
            elif kind is c.RANGE:
                yield chr(what[0])
            elif kind is c.CATEGORY:
                yield CATEGORIES[what]


def _takes(node: tuple[Any, Any], letter: str) -> bool:
    op, value = node
    code = ord(letter)
    if op is c.ANY:
        return letter != "\n"
    if op is c.NOT_LITERAL:
        return code != value
    is_in, is_negated = False, False
    for kind, what in value:
        if kind is c.NEGATE:
            is_negated = True
        elif kind is c.LITERAL:
            is_in |= code == what
        elif kind is c.RANGE:
            is_in |= what[0] <= code <= what[1]
        elif kind is c.CATEGORY:
            is_in |= _in_category(what, letter)
    return is_in != is_negated


def _in_category(category: Any, letter: str) -> bool:
    name = str(category)
    is_in = (
        letter.isdigit() if "DIGIT" in name
        else letter.isspace() if "SPACE" in name
        else letter.isalnum() or letter == "_"
    )  # fmt: skip
    return is_in != ("NOT" in name)
