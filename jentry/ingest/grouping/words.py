"""Word lists of grouping."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Raised by the language itself, inside the function that is wrong, whoever called it.
FAULTS = words(
    """
    TypeError AttributeError ZeroDivisionError NameError UnboundLocalError ReferenceError
    RangeError NoMethodError FloatDomainError NullPointerException ArithmeticException
    ClassCastException NullReferenceException DivideByZeroException InvalidCastException
    DivisionByZeroError ArrayIndexOutOfBoundsException StringIndexOutOfBoundsException
    IndexOutOfRangeException UninitializedPropertyAccessException SIGSEGV SIGFPE SIGBUS SIGILL
    EXC_BAD_ACCESS EXC_ARITHMETIC EXC_BAD_INSTRUCTION EXCEPTION_ACCESS_VIOLATION_READ
    EXCEPTION_ACCESS_VIOLATION_WRITE panic KeyError IndexError LookupError StopIteration
    KeyNotFoundException NoSuchElementException IndexOutOfBoundsException ErrorException
    """
)

# Of these no caller is to blame, however much the function works for others.
ARITHMETIC = words(
    """
    ZeroDivisionError FloatDomainError DivideByZeroException DivisionByZeroError
    IntegerDivisionByZeroException SIGFPE EXC_ARITHMETIC
    """
)

# So are these, since version 8: a value that fits no pattern, is frozen, or has no such function.
MORE_FAULTS = words(
    """
    FrozenError NoMatchingPatternError NoMatchingPatternKeyError UnhandledMatchError
    FunctionClauseError MatchError CaseClauseError CondClauseError WithClauseError TryClauseError
    BadMapError BadArityError BadFunctionError BadBooleanError UndefinedFunctionError UndefinedError
    ArithmeticError NoSuchMethodError LateInitializationError LateError _TypeError _CastError
    SIGTRAP IntegerDivisionByZeroException NegativeArraySizeException ArrayStoreException
    NoWhenBranchMatchedException SwitchExpressionException
    """
)

# What a parser says of a text that is none of its format: where it gave up is data.
UNPARSABLE = words(
    """
    JSONDecodeError ParserError JsonParseException JsonSyntaxException MalformedJsonException
    JsonReaderException JsonException DecodeError ParseError JSONException
    """
)

# Whose type says all there is to say: the text is the server's, in the server's language.
TOLD_BY_TYPE = words(
    """
    QueryCanceled DeadlockDetected SerializationFailure LockNotAvailable AdminShutdown
    TooManyConnections CannotConnectNow SocketTimeoutException
    """
)

TYPE_NAMES = words(
    """
    int str list dict float tuple set bool bytes object function type method NoneType None nil
    string number undefined null
    """
)

GO_STANDARD = words(
    """
    archive bufio bytes cmp compress container context crypto database debug embed encoding
    errors expvar flag fmt go hash html image index internal io iter log maps math mime net os
    path plugin reflect regexp runtime slices sort strconv strings sync syscall testing text
    time unicode unsafe vendor
    """
)

# A function or a module whose name has only such words does its work for whoever calls it.
GENERIC = words(
    """
    get fetch request requests send call run exec execute query parse load read write open find
    first last pick must need needs ensure require required check assert validate invariant fail
    die abort raise throw panic wrap wrapped wrapper invoke apply dispatch retry retries with
    without safe safely try attempt to from as into of or and int integer float decimal number
    numeric str string text bytes json xml csv yaml toml html date datetime time file files http
    https api rpc rest grpc graphql db sql database url uri path config configuration setting
    settings env environment value values key keys item items field fields param params arg args
    argument post put patch delete head do perform handle handler handled error errors err
    exception exceptions log logger logging report capture notify helper helpers util utils
    utility common decode encode convert cast coerce lookup dig pluck prop property data
    response remote backend client service conn connection inner outer decorator decorated proxy
    callback fn func function method none null nil default one all any by id not empty row rows
    record records object obj dict map list array async await sync internal impl base guard
    protect middleware next process that is on in for each default page many some once again
    bulk batch stream chunk chunks
    """
)

GENERIC_MODULES = words(
    """
    util utils utility utilities helper helpers common shared support tools http httpclient
    httputil fetch request requests db database validation validators assertions retry
    decorators middleware guards guard
    """
)

# Packages of checks are helpers, too, whatever their functions are called.
CHECKING_MODULES = words(
    "must assert asserts check checks ensure guards invariant invariants require preconditions"
)

# What a message may consist of without telling one mistake from another.
VAGUE = GENERIC | words(
    """
    failed failure failing invalid unexpected status code was were went something wrong response
    network unknown timeout timed out ok bad aborted cancelled canceled unable could cannot can
    missing undefined unauthorized forbidden found while during occurred happened please again later
    server been has have
    """
)

# What any sentence has, and what only names data.
FILLERS = words(
    """
    the an of to in is be not no must may has for from with on at are cannot this that it its by as
    and or if when than after before more less id ids
    """
)

# Of these, one alone is enough; `load` alone is what a class calls its own loading.
HELPERS = words(
    """
    fetch request call invoke apply dispatch retry retries wrapper wrapped wrap inner outer
    decorator decorated proxy callback helper guard must need needs ensure require required
    check assert validate invariant fail die abort raise throw panic pick first last dig pluck
    prop query exec execute coerce cast safe safely try attempt perform middleware
    http api rpc
    """
)

# A method whose name begins with one of these crashes when its object is gone.
ACCESSORS = words("get set is has ref unref at size")

# A function whose name begins with one of these gives up for whoever calls it.
VERBS = words("assert ensure require must expect unwrap")

# So does one that turns what it is given into something else, or is called for carrying it, when
# it raises by itself.
CONVERSIONS = words("from parse decode encode convert coerce cast format fmt")
# A class that makes itself of something knows what that has.
MADE_FROM = words("from of")
# So does one of C that is called for ending the program.
ENDING = words("die abort fail fatal panic bug assert check ensure require must expect verify")
# Named after what they turn it into.
TYPED = words("int integer float decimal number bool boolean")
CARRIERS = words("send receive connect")
# So does one that is called after a format and nothing else.
FORMATS = words("json yaml xml csv html")
# And one that finds whatever its caller asks a container for, unless it is wrong itself.
FINDERS = words("locate lookup resolve inject provide")
# And one that calls what it is given until that succeeds, whoever wants it.
REPEATING = words("with retry retries retrying attempt attempts")

# Who calls a function wrongly is to blame for these.
CALLER_FAULTS = words(
    """
    ArgumentError ArgumentCountError IllegalArgumentException InvalidArgumentException
    ArgumentException ArgumentNullException ArgumentOutOfRangeException AssertionError
    """
)

# Types of languages that name no package.
BUILT_IN = words(
    """
    StateError FormatException ArgumentError UnsupportedError UnimplementedError SocketException
    HttpException FileSystemException TimeoutException ConcurrentModificationError
    PlatformException
    """
)

# Helpers too, when they raise; a mistake in a function of such a name is its own.
TRANSPORT = words("send get post put patch delete head read write open connect receive fail error")
