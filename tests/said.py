"""The statements of the store as they are said to a database: what the source puts together is
evaluated, with examples for what callers hand over.
"""

import ast
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice, product

from statements import RUN, STATEMENT, Found, called, modules

from jentry.store.sql import Where

SAID = {*RUN, "put", "add"}
TOGETHER = {"ask", "changed"}  # whose arguments begin with a statement
FORMS = 24  # of an expression, at most
EXAMPLES = {  # of parameters, by their annotation
    "int": (1,),
    "bool": (True, False),
    "int | None": (1, None),
    "Where": (Where("1 = 1"),),
}
NUMBERS = ("Sequence[int]", "Collection[int]", "Iterable[int]", "list[int]", "set[int]")


@dataclass(frozen=True)
class Said:
    kind: str  # of call: `execute`, say
    found: Found
    texts: list  # the forms of the statement that are known


@cache
def said():
    """What each call says that says a statement."""
    return [
        Said(kind, Found(module.name, function.name, ""), texts)
        for module in modules().values()
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef)
        for kind, node in _statements(function)
        if (texts := _texts(module, function, node)) is not None
    ]


def _statements(function):
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
            if called(call) in SAID and (called(call) != "add" or _is_database(call.func.value)):
                yield called(call), call.args[0]
            elif called(call) in TOGETHER:
                for pair in call.args:
                    if isinstance(pair, ast.Tuple) and pair.elts:
                        yield called(call), pair.elts[0]


def _is_database(node):
    return ast.unparse(node).endswith("db")


def _texts(module, function, node):
    """None for what is no SQL; empty when nothing is known."""
    begins = next((n.value for n in ast.walk(node) if isinstance(n, ast.Constant)), "")
    found = [text for text in _values(module, function, node) if isinstance(text, str)]
    if isinstance(node, ast.Constant | ast.JoinedStr) and not (
        STATEMENT.match(str(begins)) or any(map(STATEMENT.match, found))
    ):
        return None
    return list(dict.fromkeys(text for text in found if STATEMENT.match(text)))


def _values(module, function, node):
    """What an expression may be."""
    known = vars(import_module(module.name))
    names = {
        name.id: _values_of(module, function, name.id)
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and name.id in _local(function)
    }
    code = compile(ast.Expression(node), module.name, "eval")
    for given in islice(product(*names.values()), FORMS):
        try:
            yield eval(code, known | dict(zip(names, given, strict=True)))
        except Exception:
            continue


def _values_of(module, function, name, _found={}):  # noqa: B006 (kept)
    """Of a local name; of one that is made from itself, what it was before."""
    key = (id(function), name)
    if key not in _found:
        _found[key] = []
        _found[key] = list(islice(_named(module, function, name), FORMS))
    return _found[key]


@cache
def _local(function):
    stored = (n.id for n in ast.walk(function) if isinstance(n, ast.Name) and _is_stored(n))
    return {*stored, *_annotations(function)}


def _is_stored(name):
    return isinstance(name.ctx, ast.Store)


@cache
def _annotations(function):
    given = function.args
    return {
        item.arg: ast.unparse(item.annotation) if item.annotation else ""
        for item in (*given.posonlyargs, *given.args, *given.kwonlyargs)
    }


def _named(module, function, name):
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield from _values(module, function, value)
            case ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name and value:
                yield from _values(module, function, value)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield from _elements(module, function, target, value, name)
    annotation = _annotations(function).get(name, "")
    yield from EXAMPLES.get(annotation, ())
    if annotation in NUMBERS:
        yield [1, 2]


def _elements(module, function, target, value, name):
    places = target.elts if isinstance(target, ast.Tuple) else [target]
    for place, part in enumerate(places):
        if getattr(part, "id", "") == name:
            for found in _values(module, function, value):
                for element in found:
                    yield element[place] if isinstance(target, ast.Tuple) else element
