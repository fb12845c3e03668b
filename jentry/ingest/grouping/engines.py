"""What the engines of browsers call one and the same mistake: each has words of its own."""

import re
from typing import Any

from jentry.byte_cache import bounded
from jentry.ingest.grouping.parts import text
from jentry.ingest.grouping.words import words

MANGLED_LENGTH = 2  # letters that a minifier spends on a name, three in large bundles

# The request failed; that is nobody's mistake, though engines raise a TypeError.
NETWORK = re.compile(
    r"^(?:Failed to fetch|Load failed|fetch failed|NetworkError|Network request failed"
    r"|The network connection was lost|The Internet connection appears)",
    re.IGNORECASE,
)
# The files of a build are no longer there: that is of the deploy, not of a place in the program.
CHUNK = re.compile(
    r"^(?:Loading (?:CSS )?chunk \S+ failed|Importing a module script failed"
    r"|(?:Failed to fetch|error loading) dynamically imported module|Unable to preload CSS for )"
)
OVERFLOW = re.compile(r"^(?:Maximum call stack size|too much recursion)")
TYPES = {"NS_ERROR_DOM_QUOTA_REACHED": "QuotaExceededError"}

# Before words that a page was only told, of a worker or of a script elsewhere.
REPORTED = re.compile(
    r"(?:Uncaught )?(?:\(in promise\) )?(?:Type|Reference|Range|Syntax|URI|Internal)Error: "
    r"|Uncaught (?:\(in promise\) )?"
)
AWAITED, ANSWERED = "\nasync ", "\nXMLHttpRequest."  # on lines of their own
INITIALIZERS = frozenset(("<instance_members_initializer>", "<static_initializer>"))

NAME = r"([\w$]{1,80})"
# A group is the property or function that was missed; where engines keep it back there is none.
# Methods of the browser: `'removeChild' on 'Node'`, `Node.removeChild: `; Safari names none.
DOCUMENT = re.compile(
    r"^Failed to (?:execute|construct|read|set) (?:an? \w{1,20} property |the )?'"
    r"|^[A-Z]\w{1,40}(?:\.\w{1,40}| constructor| named setter): (?:Argument \d|At least \d|One of '"
    r"|Cannot get|Body has|\d is not a valid arg|'.{0,80}' \(value of|Value can't|Invalid "
    r"|'?\S{1,80} (?:is not a v|has already been def))"
    r"|^Argument \d+ \('|^Type error$|^Not enough arguments$|^Bad value$"
    r"|^Invalid (?:qualified|header) name:|^Index or size is negative|^An invalid or illegal string"
    r"|^An attempt was made to use an object that is|^Operation is not supported"
    r"|^Body is disturbed|cannot be parsed as a URL|^URL is not valid or|^Illegal constructor"
    r"|^new\.target is not a valid custom|^C\w+ (?:define multiple c|c)ustom element"
    r"|is not a valid value for enumeration"
    r"|^(?:Node|Element|Document|Window|Range|Selection|Storage|XMLHttpRequest|WebSocket|History"
    r"|Navigator|(?:HTML|SVG|IDB|CSS|DOM|RTC|Audio|Canvas|Media|File|Worker)\w{1,40})\.\w{1,40}: "
    r"|^The (?:object|operation|node|index) (?:can ?not|is|did not|would|contains) "
)
SAID = (
    ("instance", re.compile(r"^Right[- ]hand side of '?instanceof|^invalid 'instanceof' operand")),
    ("redefine", re.compile(r"^[Cc]an(?:not|'t) redefine |^Attempting to change value of a rea")),
    (
        "in",
        re.compile(
            r"^[Cc]annot use 'in' operator|is not an Object\. \(eval|^right-hand side of 'in'"
        ),
    ),
    ("symbol", re.compile(r"^[Cc]an(?:not|'t) convert (?:a )?[Ss]ymbol ")),
    # With what has the function, which all engines tell and minifiers leave: `items.map`.
    ("call", re.compile(r"\.([\w$]{3,80}\.[\w$]{1,80}) is not a function")),
    ("call", re.compile(rf"(?:^|\.){NAME} is not a function or its return value is not ")),
    ("access", re.compile(rf"^.{{1,200}}\.{NAME} is not iterable")),
    ("access", re.compile(rf"Symbol\.iterator\"?, .{{1,200}}\.{NAME} is (?:undefined|null)")),
    (
        "iterate",
        re.compile(
            r" is not iterable|is not a(?:n object| function) \(near '\.\.\.|Symbol\.iterator"
            r"|^Spread syntax|^Array\.from requires|s not async iterable"
            r"|\(evaluating '[\w$]{1,80} of "
            r"|is not an object \(evaluating '(?:[\w$]{1,80}|\[.{0,200}\])'\)"
        ),
    ),
    (
        "object",
        re.compile(
            r"^[Cc]an(?:no|')t convert (?:undefined|null)|ng 'Object\.\w{1,40}\("
            r"|(?:parameter|argument) not be null"
            r"|prototype\.\w+ (?:called on null|requires that \|this\|)"
        ),
    ),
    ("access", re.compile(r"\((?:reading|setting) '([^']{1,80})'\)$")),
    ("access", re.compile(rf"""^can't access property "?{NAME}""")),
    ("access", re.compile(r"^Cannot (?:read|set) property '([^']{1,80})' of (?:undefined|null)$")),
    (
        "destructure",
        re.compile(r"^Cannot destructure |cannot be destructured$|^\w{4,9} has no properties$"),
    ),
    (
        "access",
        re.compile(
            rf"is not an object \(evaluating '.{{1,200}}?\.{NAME}(?: ?=(?![=>]).{{0,200}})?'\)"
        ),
    ),
    ("access", re.compile(rf"is not an object \(evaluating '.{{1,200}}?\[\"{NAME}\"\]")),
    ("access", re.compile(r" is not an object(?: \(evaluating '|$)")),  # by a key that varies
    ("extend", re.compile(r"^Class extends value |^class heritage |^The superclass is not a")),
    (
        "call",
        re.compile(
            rf"is not a constructor \(evaluating 'new\W.{{0,200}}\.{NAME}\)?(?:\(.{{0,200}})?'\)"
        ),
    ),
    ("call", re.compile(rf"\[\"{NAME}\"\] is not a (?:function|constructor)")),
    (
        "call",  # of what has no name
        re.compile(
            r"^(?:(?:number|string|object|boolean) \S{1,80}|\(void 0\)|undefined|null|function|\d+)"
            r" is not a (?:function$|constructor)|callback must be a function\.?$"
            r"|^Promise (?:resolver |constructor takes)"
        ),
    ),
    ("call", re.compile(rf"(?:^|[.#\s(]){NAME}\)? is not a (?:function|constructor)")),
    (
        "name",
        re.compile(
            rf"^{NAME} is not defined$|^Can't find variable: {NAME}$"
            rf"|^assignment to undeclared variable {NAME}$"
        ),
    ),
    ("early", re.compile(r"before initialization\.?$|^Cannot access uninitialized variable")),
    (
        "assign",
        re.compile(
            r"^Assignment to constant|^invalid assignment to const|^Cannot assign to read only"
            r"|read-?only|which has only a getter$|^setting getter-only|object is not extensible$"
            r"|on object that is not extensible|^can't define property |non-writable length$"
        ),
    ),
    (
        "json",
        re.compile(
            r"^JSON\.parse: |^JSON Parse error|in JSON at |valid JSON$|JSON input$|after JSON at "
            r"|^The string did not match the expected pattern"  # Safari of an answer
        ),
    ),
    ("network", NETWORK),
    ("uri", re.compile(r"^URI malformed$|^malformed URI sequence$|^URI error$|illegal UTF-16 s")),
    ("date", re.compile(r"^Invalid time value$|^[Ii]nvalid [Dd]ate$|^date value is not finite")),
    ("selector", re.compile(r"is not a valid selector\.?$")),
    (
        "pattern",
        re.compile(
            r"^Invalid regular expression|^unterminated (?:parenthetical|character class)"
            r"|^nothing to repeat|^invalid regexp group|^unmatched \) in regular expression"
            r"|^invalid range in character class|^numbers out of order in \{\}"
            r"|^\\ at end of pattern|^(?:duplicate|invalid) \D{1,40} in regular expression$"
            r"|^[Ii]nvalid .{0,20}flags? "
        ),
    ),
    (
        "cycle",
        re.compile(r"^Converting circular structure|^cyclic object value|ize cyclic structure"),
    ),
    (
        "bigint",
        re.compile(
            r"to a BigInt$|^invalid BigInt syntax|String to BigInt$|(?:ed|ned) to (?:a )?BigInt"
            r"|^Not an integer$|^Invalid argument type in ToBigInt"
        ),
    ),
    ("reduce", re.compile(r"^[Rr]educe of empty array with no initial value")),
    (
        "length",
        re.compile(
            r"[Ii]nvalid (?:typed )?array length|^Array (?:size is not a small|length must be)"
            r"|^length (?:cannot be neg|too large)|^Invalid array buffer length"
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
    (
        "base64",
        re.compile(r"'(?:atob|btoa)' on 'Window'|^(?:The s|S)tring contains (?:an )?invalid char"),
    ),
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
    (
        "super",
        re.compile(r"^[Mm]ust call super c|^'?super\(\)'? (?:must|ca)|^Super constructor may only"),
    ),
    (
        "private",
        re.compile(
            r"^C\w+ \w+ (?:from |to )?(?:invalid )?private |^can't \w+ private "
            r"|^Receiver must be (?:an instance of )?class"
        ),
    ),
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
    ("locale", re.compile(r"^Incorrect locale information|^[Ii]nvalid language tag")),
    (
        "bounds",
        re.compile(
            r"ffset (?:\d+ )?is out(?:side the| of) bounds|^Out of bounds access"
            r"|^invalid or out-of-range i|^byteOffset exceeds|^Range consisting of"
            r"|^Invalid index : |^Array index out of"
        ),
    ),
    (
        "primitive",
        re.compile(r"^Cannot convert object to primitive|to primitive type$|^No default value$"),
    ),
    (
        "mix",
        re.compile(
            r"^Cannot mix BigInt|^can't convert BigInt to|^Invalid mix of BigInt"
            r"|BigInt value to a num|n from 'BigInt'"
        ),
    ),
    ("serialize", re.compile(r"^Do not know how to serialize|serialized in JSON$|not serialize B")),
    (
        "weak",
        re.compile(r"^Invalid value used (?:as|in) weak|^Weak(?:Map|Set) |in a Weak(?:Map|Set)$"),
    ),
    ("resize", re.compile(r"^ResizeObserver loop ")),
    ("any", re.compile(r"^All promises were rejected$|^No Promise in Promise\.any was res")),
    ("syntax", re.compile(r"^Unexpected token '?<|^expected expression, got '<'")),
    ("send", re.compile(r"^Failed to execute 'send' on 'XML|^ ?A network error occurred")),
    (
        "revoked",
        re.compile(
            r"^Cannot perform '\w+' on a proxy that|^\w+ operation .{0,20}revoked|^Proxy has al"
        ),
    ),
    ("document", DOCUMENT),
)
# What functions of the browser raise. Safari leaves out who only returned what one of them did.
CALLED = words(
    """
    uri date selector bigint digits base64 radix repeat pattern clone cycle serialize json reduce
    abort
    """
)
# Of these the ones that a program has in many places.
COMMON = words("date json")
# What is wrong with an argument, and not with the function that hands it on.
ARGUMENTS = words("currency zone locale digits radix repeat date")
# Firefox names the object only; the source line tells what was wanted of it.
NO_OBJECT = re.compile(r"^((?:\([a-z]+ [a-z]+\))?[^\s=]{0,200}) is (?:undefined|null)$")
CALL = "(...)"
MEMBER = re.compile(r"[?!]?\.(#?\w{1,80})")


def fault(value: str, line: str = "") -> str:
    """`access total`, `call map`, `name cart`, `json`; empty when no engine wrote this."""
    return _fault((value[:400], line[:400]))


@bounded(512 * 1024)
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
        owned = (m[1] for m in MEMBER.finditer(line) if _ends_with(line[: m.start()], found[1]))
        return f"access {wanted}" if (wanted := next(owned, "")) else ""
    return ""


def _ends_with(code: str, said: str) -> bool:
    """Whether `rows.find(row => row.id)` ends with `rows.find(...)`, as Firefox writes a call."""
    if not said.endswith(CALL):
        return code.endswith(said)
    return code.endswith(")") and f"{said.removesuffix(CALL)}(" in code


def reported(value: str) -> str:
    """Without what an engine puts before the words of what nobody caught."""
    found = REPORTED.match(value)
    return value[found.end() :] if found else value


def shared_frames(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what only one engine has: who awaited, names for the fields of a class.

    Nor what a library puts below the frame of an answer, which nothing calls.
    """
    said = "\n".join(["", *map(_function, frames)])
    if ANSWERED in said:
        answered = (i for i, f in enumerate(frames) if ANSWERED[1:] in _function(f))
        frames = frames[next(answered) :]
    if "<" not in said and AWAITED not in said:
        return frames
    last = len(frames) - 1
    awaited = (i for i in range(last - 1, -1, -1) if _function(frames[i])[:6] == AWAITED[1:])
    kept = frames[next(awaited, -1) + 1 :]
    return [f | {"function": "?"} if _function(f) in INITIALIZERS else f for f in kept]


def _function(frame: dict[str, Any]) -> str:
    return text(frame.get("function"))


def is_network(kind: str, value: str) -> bool:
    return kind == "TypeError" and NETWORK.match(value) is not None


def is_lost_chunk(kind: str, value: str) -> bool:
    return kind == "ChunkLoadError" or CHUNK.match(value) is not None


def common_type(kind: str, value: str) -> str:
    """The type under which most engines raise this."""
    if kind == "InternalError" and OVERFLOW.match(value):
        return "RangeError"
    return TYPES.get(kind, kind)
