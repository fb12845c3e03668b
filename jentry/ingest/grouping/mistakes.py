"""What Chrome, Firefox and Safari say of one and the same mistake. README: Grouping."""

import re

from jentry.ingest.grouping.words import words

# The request failed; that is nobody's mistake, though engines raise a TypeError.
NETWORK = re.compile(
    r"^(?:Failed to fetch|Load failed|fetch failed|NetworkError|Network request failed"
    r"|The network connection was lost|The Internet connection appears)",
    re.IGNORECASE,
)
OVERFLOW = re.compile(r"^(?:Maximum call stack size|too much recursion)")
NAME = r"([\w$]{1,80})"
# A group is the property or function that was missed; where engines keep it back there is none.
# Methods of the browser: `'removeChild' on 'Node'`, `Node.removeChild: `; Safari names none.
DOCUMENT = re.compile(
    r"^Failed to (?:execute|construct|read|set) (?:an? \w{1,20} property |the )?'"
    r"|^[A-Z]\w{1,40}(?:\.\w{1,40}| named setter): (?:Argument \d|At least \d|One of '"
    r"|Cannot get|Body has|\d is not a valid arg|'.{0,80}' \(value of|Value can't|Invalid "
    r"|'?\S{1,80} (?:is not a v|has already been def))"
    r"|^[A-Z]\w{2,40} constructor: |^Argument \d+ \('|^Type error$|^Not enough arguments$"
    r"|^Bad value$|^Data provided to an operation does|^Provided data is inadequate"
    r"|^Invalid (?:qualified|header) name:|^Index or size is negative|^An invalid or illegal string"
    r"|^An attempt was made to use an object that is|^Operation is not supported"
    r"|^Body is disturbed|cannot be parsed as a URL|^URL is not valid or|^Illegal constructor"
    r"|^new\.target is not a valid custom|^C\w+ (?:define multiple c|c)ustom element"
    r"|is not a valid value for enumeration"
    r"|^(?:Node|Element|Document|Window|Range|Selection|Storage|XMLHttpRequest|WebSocket|History"
    r"|Navigator|(?:HTML|SVG|IDB|CSS|DOM|RTC|Audio|Canvas|Media|File|Worker)\w{1,40})\.\w{1,40}: "
    r"|^The (?:object|operation|node|index) (?:can ?not|is|did not|would|contains) "
    # Media, frames of others, databases, the clipboard, the address: Safari has few words for all.
    r"|^play\(\) failed because |^The (?:play method|request) is not allowed by the user agent"
    r"|^Failed to load because no sup|^The media resource indicated by|^Requested device not found"
    r"|^Blocked a(?: frame with origin|ttempt to use history\.)|^Permission denied to access prop"
    r"|^A mutation operation was attempted|^The database connection is closing"
    r"|^Clipboard (?:write|read request) was b"
    r"|^Internal error opening backing store|^Attempt to (?:get records from d|use history\.)"
    r"|^Connection to Indexed DB server lost|^Too many calls to Location or History"
)
# Only browsers raise these; programs have errors of the names of others, such as NotFoundError.
RAISED_BY_BROWSERS = words(
    """
    DataCloneError EncodingError HierarchyRequestError IndexSizeError
    InvalidAccessError InvalidCharacterError InvalidModificationError InvalidNodeTypeError
    InvalidStateError NoModificationAllowedError NotReadableError OverconstrainedError
    QuotaExceededError ReadOnlyError TransactionInactiveError
    WrongDocumentError
    """
)
SAFARI = "The operation is not supported"
GAVE_NOTHING = re.compile(  # a call, in Safari
    rf"is not an object \(evaluating '(?!Object\.)[^(=]{{1,200}}\.{NAME}\(.{{0,200}}\)'\)"
)
BOUNDS = re.compile(
    r"ffset (?:\d+ )?is out(?:side the| of) bounds|^Out of bounds access"
    r"|^argument \d accesses an index that is out of range"
    r"|^invalid or out-of-range i|^byteOffset exceeds|^Range consisting of"
    r"|^Invalid index : |^Array index out of"
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
    # What a call gave: Chrome does not know whether there is such a function.
    ("call", re.compile(rf"Symbol\.iterator\"?, .{{1,200}}\.{NAME}\(.{{0,200}}\) is ")),
    ("call", GAVE_NOTHING),
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
            r"|\w\.\w+ called on null or undefined|prototype\.\w+ requires that \|this\|"
        ),
    ),
    ("access", re.compile(r"\((?:reading|setting) '([^']{1,80})'\)$")),
    ("access", re.compile(rf"""^can't access property (?:{NAME}|"([^"]{{1,80}})")""")),
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
    ("access", re.compile(r"is not an object \(evaluating '.{1,200}?\[\"([^\"]{1,80})\"\]")),
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
    ("call", re.compile(r"[\])] is not a (?:function|constructor)\b")),
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
            r"|^Cannot create property |^can't assign to property "
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
        re.compile(
            r"operation was aborted|aborted a request|[Ff]etch is aborted|is aborted w"
            r"|^The play\(\) request was interr|^The fetching process for the media resource was ab"
        ),
    ),
    ("clone", re.compile(r"could not be cloned|can not be cloned")),
    (
        "base64",
        re.compile(r"'(?:atob|btoa)' on 'Window'|^(?:The s|S)tring contains (?:an )?invalid char"),
    ),
    (
        "invoke",
        re.compile(
            r"^Illegal invocation|called on an object that does not impl|^Can only call \S+ on"
            r"|called on incompatible |^(?:Weak)?(?:Map|Set) operation called on non-"
        ),
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
    ("bounds", BOUNDS),
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
        re.compile(
            r"^Invalid value used (?:as|in) weak|^Weak(?:Map|Set) |in a Weak(?:Map|Set)$"
            r"|^cannot use the given \w+ as a Weak"
        ),
    ),
    ("resize", re.compile(r"^ResizeObserver loop ")),
    ("any", re.compile(r"^All promises were rejected$|^No Promise in Promise\.any was res")),
    (
        "syntax",
        re.compile(
            r"^Unexpected token '?<|^expected expression, got (?:'<'|end of script)"
            r"|^Unexpected end of (?:input|script)"
        ),
    ),
    ("overflow", OVERFLOW),
    ("memory", re.compile(r"^Invalid string length$|^[Oo]ut of memory$")),
    ("timeout", re.compile(r"^signal timed out$|^The operation timed out\.?$")),
    (
        "send",
        re.compile(
            r"^Failed to execute 'send' on 'XMLHttpRequest': Failed to load"
            r"|^ ?A network error occurred"
        ),
    ),
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
# With methods that only numbers, texts and dates have: it was something else.
ARGUMENTS = words("currency zone locale digits radix repeat date") | {
    f"{verb} {method}"
    for verb in ("access", "call")
    for method in words(
        "toFixed toPrecision toUpperCase toLowerCase trim split replace padStart charAt toISOString"
        " getTime getFullYear"
    )
}
