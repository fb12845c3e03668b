"""What languages, their libraries and databases say is wrong, in texts of their own.

README: Grouping.
"""

import re

from jentry.ingest.grouping.parametrise import parametrise
from jentry.ingest.grouping.parts import DOTNET

RUST = ("rust", "native")  # as which its SDK reports
# What Rust says itself; any other panic is the program's own, as an exception elsewhere.
PANICKED = re.compile(
    r"index out of bounds|called `(?:Option|Result)::|attempt(?:ed)? to |capacity overflow"
    r"|already (?:mutably )?borrowed|not (?:yet )?implemented|explicit panic"
    r"|internal error: entered unreachable"
    r"|(?P<cut>(?:(?:range|slice|byte|start|end|source|copy_from_|swap_remove|removal|insertion) )+"
    r"(?:start|end|index|slice))|mid > len|RefCell"
)
# What Perl says itself (perldiag), perhaps of a method that is not there.
PERL = re.compile(
    r"Can't (?:call method \"(\w{1,80})\" |locate object method |coerce |modify "
    r"|use (?:string|an undefined value|bareword|\S{1,80} as) |locate \S{1,200} in @INC)"
    r"|Not an? \w{1,20} reference|Illegal (?:division by|modulus) zero|Undefined subroutine "
    r"|Modification of |Deep recursion |Odd number of elements|Attempt to |Out of memory"
    r"|Use of uninitialized |[^\n]{1,200} in regex; marked by "
)
PERL_GIVEN = re.compile(r"(?<=^Can't locate )\S+ |^[^\n]{1,200}(?= in regex)")
REFERENCE = re.compile(r"(?:Can't use .{1,200} as|Not) an? (\w{1,20}) ref")  # whatever it got
DART = re.compile(r" is not a subtype of type '(?!minified:)([^'\n]{1,80})'")
DART_NUMBERS = ("int", "double")
DART_SOUGHT = re.compile(r"(?:Bad state: )?(?:No|Too many) elements?\b")
ELIXIR = re.compile(
    r"no (?:\w{1,20} clause matching:|match of right hand side value:|with clause matching:)\s{1,9}"
    r"(\{:\w{1,40})"
    r"|^key (?:not found: )?:(\w{1,80})(?= not found|,|$)"
)
GO = frozenset(("runtime.errorString", "runtime.plainError", "runtime.boundsError"))
GO_BOUNDS = re.compile(r"(?<=out of range) \[.*")
GO_FIELD = re.compile(r"\bGo struct field (\w[\w.]{0,160}) of type ")
GO_WAITED = re.compile(
    r" \(Client\.Timeout(?: or context cancellation)? exceeded while [a-z ]{1,40}\)$"
)
GO_RESOLVER = re.compile(r" on [\w.:\[\]-]{3,80}:53(?=: )")
GO_STATE = re.compile(r"(?<=\bError \d{4}) \(\w{5}\)(?=: )")  # of newer drivers of MySQL
SEQUENCE = re.compile(r"Sequence contains (more than one) ")
INPUT = re.compile(r"^The input string '.*'(?= was not in a correct format)", re.DOTALL)  # .NET 7
DOTNET_HOST = re.compile(r" \([\w.:\[\]-]{1,253}:\d{1,5}\)$")  # since .NET 5
SQLITE = re.compile(r"SQLite Error \d{1,5}: '(.*)'\.$", re.DOTALL)
ORACLE = re.compile(r"ORA-\d{5}\b")
# A constraint of a database, in whatever language its server speaks.
VIOLATED = re.compile(
    r"\b(?:[Cc]onstraint|contrainte)(?: [^\W\d_]{1,12}){0,3} ?[\"'«»“„] ?(\w{1,80})"
    r"|\b[Cc]onstraint \((?:\w{1,80}\.)?(\w{1,80})\)"
    r"|\b(?:unique index '|eindeutigen )(\w{1,80})(?:'|-Index\b)"
    r"|\b(?:UNIQUE|CHECK) constraint failed: (?:index ')?(\w[\w.]{0,160})"  # of SQLite
    r"|\b(NOT NULL constraint failed: \w[\w.]{0,160})"
)


def is_fault(kind: str, value: str, platform: str) -> bool | None:
    """Whether the language found the mistake; None where not the text, but the type says so."""
    if platform == "perl":
        return PERL.match(value) is not None
    if platform == "rust" and kind == "panic":
        return PANICKED.match(value) is not None
    if platform == "dart" and kind == "StateError":
        return DART_SOUGHT.match(value) is not None
    return None


def diagnosis(value: str) -> str:
    """What Perl says, without what it was given."""
    found = PERL.match(value)
    return PERL_GIVEN.sub("", found[0]).strip() if found else ""


def is_own_text(kind: str, value: str) -> bool:
    """Whether a program says itself what .NET has a type for."""
    return kind.endswith(".KeyNotFoundException") and not value.startswith("The given key")


def names(kind: str, value: str, platform: str, *, is_fault: bool) -> str:
    """What tells two mistakes in one function apart: their kind, or the code's own names."""
    if platform == "go" and (found := GO_FIELD.search(value)):
        return found[1]  # whoever decoded it, this is what was sent wrongly
    if platform == "go" and is_fault and kind in GO:
        return _found_by_go(value)
    if platform in RUST and is_fault and kind == "panic":
        return _panic(value)
    if platform == "perl":
        return _perl(value)
    pattern = {DOTNET: SEQUENCE, "dart": DART, "elixir": ELIXIR}.get(platform)
    found = pattern.search(value) if pattern else None
    named = next(filter(None, found.groups()), "") if found else ""
    return "num" if named in DART_NUMBERS else named  # how one is read is of what generated it


def _found_by_go(value: str) -> str:
    """Which bounds a slice was cut at is data."""
    return GO_BOUNDS.sub("", parametrise(value.removeprefix("runtime error: ")))


def _perl(value: str) -> str:
    """The method that is not there, else what kind of mistake it is."""
    found = PERL.match(value)
    if found is None:
        return ""
    if wanted := REFERENCE.match(value):
        return wanted[1]
    return found[1] or diagnosis(value)


def _panic(value: str) -> str:
    found = PANICKED.match(value)
    if found is None:
        return ""
    if "borrowed" in value:  # called otherwise in every version, and so is where a slice was cut
        return "borrowed"
    return "slice" if found["cut"] else found[0]


def violated(value: str) -> str:
    """The name of the constraint that a database would not let be violated."""
    if "nstraint" not in value and "ndex" not in value and "contrainte" not in value:
        return ""  # as nearly always
    found = VIOLATED.search(value)
    return next(filter(None, found.groups())) if found else ""


def without_details(value: str, platform: str) -> str:
    """Without what Go tells of a timeout that the client has, not its context, and of one of two
    resolvers: its address.
    """
    if found := ORACLE.match(value):
        return found[0]  # the rest comes in the server's language, and with a link
    if platform == DOTNET:
        if found := SQLITE.match(value):
            return found[1]
        return INPUT.sub("Input string", DOTNET_HOST.sub("", value))
    return (
        GO_STATE.sub("", GO_RESOLVER.sub("", GO_WAITED.sub("", value)))
        if platform == "go"
        else value
    )
