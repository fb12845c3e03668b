"""The SQL in the source of `jentry/store`: as strings, and as the statements that calls run."""

import ast
import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import jentry

ROOT = Path(jentry.__file__).parent
STORE = ROOT / "store"
HOLE = "hole"  # in place of what only a running program knows
STATEMENT = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|PRAGMA|BEGIN|COMMIT|ROLLBACK)\b")
CLAUSE = re.compile(
    r"\b(?:FROM \w|WHERE\b|ON CONFLICT\b|LIMIT\b|ORDER BY|GROUP BY|RETURNING\b|"
    r"CASE\b|IS (?:NOT )?NULL)"
)
RUN = ("execute", "executemany", "lookup", "lookups", "putmany")
FRAGMENTS = ("Where", "add")  # whose first argument is a condition


@dataclass(frozen=True)
class Found:
    """A piece of SQL, and the function it stands in or that runs it."""

    module: str  # jentry.store.issues
    function: str  # empty at the level of the module
    text: str

    @property
    def place(self):
        return f"{self.module.removeprefix('jentry.store.')}.{self.function}".rstrip(".")


@dataclass
class Module:
    name: str
    tree: ast.Module
    constants: dict = field(default_factory=dict)  # name -> expression
    functions: dict = field(default_factory=dict)  # name, of a method too -> definition
    imports: dict = field(default_factory=dict)  # name -> full name


def name_of(path):
    return ".".join(["jentry", *path.relative_to(ROOT).with_suffix("").parts])


@cache
def modules():
    """Those of the store, by name. A migration may say what only SQLite understands."""
    paths = (p for p in STORE.rglob("*.py") if STORE / "migrations" not in p.parents)
    return {name_of(path): read(path) for path in paths}


@cache
def read(path):
    module = Module(name_of(path), ast.parse(path.read_text("utf-8")))
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            module.constants[node.targets[0].id] = node.value
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef):
            module.functions[node.name] = node
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module.imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return module


def strings():
    """Every string of the store that looks like SQL, or is made a condition."""
    for module in modules().values():
        seen = set()
        for owner in [*module.functions.values(), module.tree]:
            for node in ast.walk(owner):
                if id(node) in seen or id(node) in bare(module.tree):
                    continue
                seen.add(id(node))
                text = literal(node)
                if text is not None:
                    seen.update(id(part) for part in ast.walk(node))
                    if looks_like_sql(text) or id(node) in conditions(module.tree):
                        yield Found(module.name, getattr(owner, "name", ""), text)


@cache
def bare(tree):
    """Ids of the expressions that are statements of their own, such as docstrings."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


@cache
def conditions(tree):
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    return {id(call.args[0]) for call in calls if called(call) in FRAGMENTS}


def looks_like_sql(text):
    return bool(STATEMENT.match(text) or CLAUSE.search(text))


def literal(node):
    """The text of a string, its holes filled by a name; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) or HOLE for part in node.values)
    return None


def called(call):
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def entries(*packages):
    """The functions of the store that these packages call."""
    for package in packages:
        for path in (ROOT / package).rglob("*.py"):
            module = read(path)
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Attribute | ast.Name):
                    target = resolve(module, node)
                    if target:
                        yield target


def resolve(module, node):
    """(module, function) of the store that an expression names; else None."""
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            owner, name = module.name, node.attr
        elif isinstance(node.value, ast.Name):
            owner, name = module.imports.get(node.value.id, ""), node.attr
        else:
            return None
    elif isinstance(node, ast.Name):
        full = module.imports.get(node.id, f"{module.name}.{node.id}")
        owner, _, name = full.rpartition(".")
    else:
        return None
    known = modules().get(owner)
    return (owner, name) if known and name in known.functions else None


class Reading:
    """Follows the calls from some functions, and keeps each statement that is run on the way.

    The text of a statement has all that may become part of it: constants, what was assigned to a
    name, what functions that give a string or a condition say, and what the caller handed over.
    """

    def __init__(self):
        self.statements = set()
        self._done = set()

    def follow(self, target, given=()):
        if (target, given) in self._done:
            return
        self._done.add((target, given))
        module, function = definition(target)
        scope = Scope(module, function, dict(given), ())
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if called(call) in RUN and call.args:
                text = scope.text(call.args[0])
                self.statements.add(Found(module.name, function.name, text))
            elif other := resolve(module, call.func):
                self.follow(other, tuple(scope.handed(other, call).items()))


@dataclass(frozen=True)
class Scope:
    """A function, what it was given for its parameters, and the names that led here."""

    module: Module
    function: ast.FunctionDef
    given: dict
    path: tuple

    def text(self, node):
        """All that may be in the string that an expression gives."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        if isinstance(node, ast.JoinedStr | ast.FormattedValue):
            return "".join(map(self.text, ast.iter_child_nodes(node)))
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.Call) and (target := resolve(self.module, node.func)):
            return self._returned(target, node)
        if isinstance(node, ast.Call) and called(node) in RUN:
            return ""
        return " ".join(filter(None, map(self.text, ast.iter_child_nodes(node))))

    def handed(self, target, call):
        """The strings among the arguments of a call, by the names of the parameters."""
        names = [item.arg for item in definition(target)[1].args.args]
        names = names[names[0] == "self" :] if names else names
        pairs = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
        texts = {name: self.text(value) for name, value in pairs}
        return {name: text for name, text in texts.items() if looks_like_sql(text)}

    def _named(self, name):
        if name in self.given:
            return self.given[name]
        here = (self.module.name, self.function.name, name)
        if here in self.path:
            return ""
        inner = replace(self, path=(*self.path, here))
        if values := assigned(self.function, name):
            return " ".join(map(inner.text, values))
        if name in self.module.constants:
            return inner.text(self.module.constants[name])
        owner, _, name = self.module.imports.get(name, "").rpartition(".")
        if owner in modules() and name in modules()[owner].constants:
            return replace(inner, module=modules()[owner]).text(modules()[owner].constants[name])
        return ""

    def _returned(self, target, call):
        module, function = definition(target)
        if target in self.path or ast.unparse(function.returns or call) not in ("str", "Where"):
            return ""
        inner = Scope(module, function, self.handed(target, call), (*self.path, target))
        return " ".join(map(inner.text, without_docstring(function.body)))


def definition(target):
    module = modules()[target[0]]
    return module, module.functions[target[1]]


def assigned(function, name):
    """The expressions that a name stands for in a function."""
    return assignments(function).get(name, [])


@cache
def assignments(function):
    found = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            places, value = node.targets, node.value
        elif isinstance(node, ast.For | ast.comprehension):
            places, value = [node.target], node.iter
        elif isinstance(node, ast.NamedExpr):
            places, value = [node.target], node.value
        else:
            continue
        for name in {n.id for p in places for n in ast.walk(p) if isinstance(n, ast.Name)}:
            found.setdefault(name, []).append(value)
    return found


def without_docstring(body):
    first = body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[is_docstring:]
