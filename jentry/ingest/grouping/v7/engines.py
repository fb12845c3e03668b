"""What engines called a mistake by versions 5 to 7 of the rules. Never mended."""

import re

from jentry.byte_cache import bounded
from jentry.ingest.grouping.engines import MANGLED_LENGTH, is_network
from jentry.ingest.grouping.mistakes import NETWORK
from jentry.ingest.grouping.words import words

__all__ = ["CALLED", "fault", "is_network"]

NAME = r"([\w$]{1,80})"
# A group is the property or function that was missed; where engines keep it back there is none.
# Methods of the browser: `'removeChild' on 'Node'`, `Node.removeChild: `; Safari names none.
DOCUMENT = re.compile(
    r"^Failed to (?:execute|construct|read|set) '"
    r"|^(?:Node|Element|Document|Window|Range|Selection|Storage|XMLHttpRequest|WebSocket|History"
    r"|Navigator|(?:HTML|SVG|IDB|CSS|DOM|RTC|Audio|Canvas|Media|File|Worker)\w{1,40})\.\w{1,40}: "
    r"|^The (?:object|operation|node|string|index) (?:can ?not|is|did not|would|contains) "
)
SAID = (
    ("instance", re.compile(r"^Right[- ]hand side of '?instanceof|^invalid 'instanceof' operand")),
    (
        "in",
        re.compile(
            r"^[Cc]annot use 'in' operator|is not an Object\. \(eval|^right-hand side of 'in'"
        ),
    ),
    ("symbol", re.compile(r"^[Cc]an(?:not|'t) convert (?:a )?[Ss]ymbol ")),
    ("access", re.compile(rf"^\S{{1,200}}\.{NAME} is not iterable")),
    ("access", re.compile(rf"Symbol\.iterator\"?, \S{{1,200}}\.{NAME} is (?:undefined|null)")),
    (
        "iterate",
        re.compile(
            r" is not iterable|is not a function \(near '\.\.\.|Symbol\.iterator|^Spread syntax"
            r"|is not an object \(evaluating '(?:[\w$]{1,80}|\[.{0,200}\])'\)"
        ),
    ),
    (
        "object",
        re.compile(
            r"^[Cc]an(?:no|')t convert (?:undefined|null)|ng 'Object\.\w{1,40}\("
            r"|parameter not be null"
        ),
    ),
    ("access", re.compile(r"\((?:reading|setting) '([^']{1,80})'\)$")),
    ("access", re.compile(rf"""^can't access property "?{NAME}""")),
    ("access", re.compile(r"^Cannot (?:read|set) property '([^']{1,80})' of (?:undefined|null)$")),
    ("destructure", re.compile(r"^Cannot destructure property '|cannot be destructured$")),
    (
        "access",
        re.compile(
            rf"is not an object \(evaluating '.{{1,200}}?\.{NAME}(?: ?=(?![=>]).{{0,200}})?'\)"
        ),
    ),
    ("access", re.compile(r" is not an object(?: \(evaluating '|$)")),  # by a key that varies
    (
        "call",
        re.compile(
            rf"is not a constructor \(evaluating 'new\W.{{0,200}}\.{NAME}\)?(?:\(.{{0,200}})?'\)"
        ),
    ),
    ("call", re.compile(rf"(?:^|[.#\s(]){NAME}\)? is not a (?:function|constructor)")),
    ("name", re.compile(rf"^{NAME} is not defined$|^Can't find variable: {NAME}$")),
    ("early", re.compile(r"before initialization\.?$|^Cannot access uninitialized variable")),
    (
        "assign",
        re.compile(
            r"^Assignment to constant|^invalid assignment to const|^Cannot assign to read only"
            r"|read-?only|which has only a getter$|^setting getter-only|object is not extensible$"
            r"|on object that is not extensible|^can't define property |non-writable length$"
        ),
    ),
    ("json", re.compile(r"^JSON\.parse: |^JSON Parse error|in JSON at |valid JSON$|JSON input$")),
    ("network", NETWORK),
    ("uri", re.compile(r"^URI malformed$|^malformed URI sequence$|^URI error$")),
    ("date", re.compile(r"^Invalid time value$|^[Ii]nvalid [Dd]ate$|^date value is not finite")),
    ("selector", re.compile(r"is not a valid selector\.?$")),
    (
        "pattern",
        re.compile(
            r"^Invalid regular expression|^unterminated (?:parenthetical|character class)"
            r"|^nothing to repeat|^invalid regexp group|^unmatched \) in regular expression"
            r"|^invalid range in character class|^numbers out of order in \{\}"
        ),
    ),
    (
        "cycle",
        re.compile(r"^Converting circular structure|^cyclic object value|ize cyclic structure"),
    ),
    ("bigint", re.compile(r"to a BigInt$|^invalid BigInt syntax|String to BigInt$")),
    ("reduce", re.compile(r"^[Rr]educe of empty array with no initial value")),
    (
        "length",
        re.compile(
            r"^[Ii]nvalid array length|^Array (?:size is not a small enough|length must be)"
        ),
    ),
    (
        "quota",
        re.compile(r"exceeded the quota|quota has been exceeded|storage maximum size reached"),
    ),
    (
        "abort",
        re.compile(r"operation was aborted|aborted a request|[Ff]etch is aborted|is aborted w"),
    ),
    ("clone", re.compile(r"could not be cloned|can not be cloned")),
    ("base64", re.compile(r"'atob' on 'Window'|^(?:The s|S)tring contains (?:an )?invalid char")),
    (
        "invoke",
        re.compile(r"^Illegal invocation|does not implement interface|^Can only call \S+ on"),
    ),
    ("digits", re.compile(r"^to(?:Fixed|Precision|Exponential)\(\) |^precision -?\d+ out")),
    (
        "class",
        re.compile(
            r"^Class constructor \S+ cannot be|^Cannot call a class constructor"
            r"|^class constructors must be"
        ),
    ),
    ("super", re.compile(r"^[Mm]ust call super constructor|^'super\(\)' must be called in")),
    ("private", re.compile(r"^C\w+ \w+ (?:from |to )?(?:invalid )?private |^can't \w+ private ")),
    (
        "delete",
        re.compile(
            r"^Cannot delete property|^Unable to delete property|able and can't be deleted$"
        ),
    ),
    ("repeat", re.compile(r"^Invalid count value|^repeat count must|prototype\.repeat argument")),
    ("radix", re.compile(r"^toString\(\) radix|^radix must be")),
    ("currency", re.compile(r"^[Ii]nvalid currency code|^currency is not a well-formed")),
    ("zone", re.compile(r"^[Ii]nvalid time zone")),
    ("locale", re.compile(r"^Incorrect locale information|^invalid language tag")),
    (
        "bounds",
        re.compile(
            r"^Offset is outside the bounds|^Out of bounds access|^invalid or out-of-range i"
        ),
    ),
    (
        "primitive",
        re.compile(r"^Cannot convert object to primitive|to primitive type$|^No default value$"),
    ),
    ("mix", re.compile(r"^Cannot mix BigInt|^can't convert BigInt to|^Invalid mix of BigInt")),
    ("serialize", re.compile(r"^Do not know how to serialize|serialized in JSON$|not serialize B")),
    (
        "weak",
        re.compile(r"^Invalid value used (?:as|in) weak|^Weak(?:Map|Set) |in a Weak(?:Map|Set)$"),
    ),
    ("resize", re.compile(r"^ResizeObserver loop ")),
    ("any", re.compile(r"^All promises were rejected$|^No Promise in Promise\.any was res")),
    ("syntax", re.compile(r"^Unexpected token '?<|^expected expression, got '<'")),
    ("send", re.compile(r"^Failed to execute 'send' on 'XML|^A network error occurred")),
    ("document", DOCUMENT),
)
# What functions of the browser raise. Safari leaves out who only returned what one of them did.
CALLED = words(
    """
    uri date selector bigint digits base64 radix repeat pattern clone cycle serialize json reduce
    abort
    """
)
# Firefox names the object only; the source line tells what was wanted of it.
NO_OBJECT = re.compile(r"^((?:\([a-z]+ [a-z]+\))?[^\s=]{0,200}) is (?:undefined|null)$")
MEMBER = re.compile(r"[?!]?\.(#?\w{1,80})")


def fault(value: str, line: str = "") -> str:
    """`access total`, `call map`, `name cart`, `json`; empty when no engine wrote this."""
    return _fault((value[:400], line[:400]))


@bounded(64 * 1024)
def _fault(said: tuple[str, str]) -> str:
    value, line = said
    for verb, pattern in SAID:
        if found := pattern.search(value):
            name = next(filter(None, found.groups()), "")
            if verb == "call" and not found.start() and len(name) <= MANGLED_LENGTH:
                name = ""  # a variable, which minifiers rename
            return f"{verb} {'' if name.isdigit() else name}".rstrip()
    if not line and NO_OBJECT.match(value):
        return "destructure"
    if found := NO_OBJECT.match(value):
        owned = (m[1] for m in MEMBER.finditer(line) if line.endswith(found[1], 0, m.start()))
        return f"access {wanted}" if (wanted := next(owned, "")) else ""
    return ""
