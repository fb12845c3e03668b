"""What languages, systems and databases say in many ways of one mistake, or in one of two."""

from typing import Any

import pytest

from jentry.ingest.grouping import group
from jentry.ingest.grouping.wordings import FAILURES, HINTS

Event = dict[str, Any]
Frame = dict[str, Any]
Raised = dict[str, Any]


def raised(kind: str, value: str, *frames: Frame) -> Raised:
    trace = {"stacktrace": {"frames": list(frames)}} if frames else {}
    return {"type": kind, "value": value, **trace}


def event(platform: str, *exceptions: Raised) -> Event:
    return {"platform": platform, "exception": {"values": list(exceptions)}}


def own(module: str, function: str, line: str = "", **members: Any) -> Frame:
    found = {"module": module, "function": function, "context_line": line, "in_app": True}
    return {name: value for name, value in (found | members).items() if value != ""}


def lib(module: str, function: str = "run") -> Frame:
    return own(module, function) | {"in_app": False}


STATUS, DEVICE = own("Shop.Radio", "Status"), lib("System.Net.Sockets.Socket")
RUN = own("Shop.Jobs", "run")


def refused(said: str) -> Event:
    cause = raised("System.Net.Sockets.SocketException", said, DEVICE)
    request = raised("System.Net.Http.HttpRequestException", f"{said} (tx-3:80)", STATUS, DEVICE)
    return event("csharp", cause, request)


def enhanced(function: str) -> Event:
    frame = own("Shop.Radio", function, filename="Radio.cs")
    return event("csharp", raised("System.FormatException", "bad", frame))


def view(filename: str) -> Event:
    frame = own("Shop.Views_Cart_Row", "ExecuteAsync", filename=filename)
    return event("csharp", raised("System.NullReferenceException", "bad", frame))


def converted(library: str) -> Event:
    frames = own("Shop.Scan", "Read"), lib(library, "Parse")
    return event("csharp", raised("System.FormatException", "bad", *frames))


def json_token(kind: str) -> Event:
    said = f"Cannot get the value of a token type '{kind}' as a number."
    cause = raised("System.InvalidOperationException", said)
    return event("csharp", cause, raised("JsonException", "bad", STATUS))


def saved(said: str) -> Event:
    return event("java", raised("PSQLException", said, own("shop.Orders", "save"), lib("org.pg")))


def canceled(said: str, kind: str = "QueryCanceled") -> Event:
    cause, wrapper = raised(kind, said, lib("psycopg")), raised("DbError", "x", RUN, lib("alchemy"))
    return event("python", cause, wrapper)


def timed_out(*inner: str) -> Event:
    causes = [raised(kind, "gave up", lib("urllib3", kind)) for kind in inner]
    return event("python", *causes, raised("ReadTimeout", "gave up", RUN, lib("requests")))


def made(line: str) -> Event:
    frames = own("shop.web", line[:3]), own("shop.models", "save", line)
    return event("python", raised("InvalidOperation", "x", *frames))


def keyed(value: str, line: str) -> Event:
    return event("python", raised("KeyError", value, own("shop.hooks", "hook", line)))


def jinja(function: str) -> Event:
    frame = own("", function, "{{ a.b }}", filename="cart/show.html")
    return event("python", raised("UndefinedError", "a has no b", frame))


def panicked(said: str, **members: Any) -> Event:
    frame = own("", "shop::cart::total", **members)
    return event("native", raised("panic", said, frame))


def wrapped(context: str) -> Event:
    return event("rust", raised("Error", "missing field `rate`"), raised("Error", context))


def trapped(*frames: Frame, kind: str = "EXC_BREAKPOINT") -> Event:
    return event("cocoa", raised(kind, "x", *frames))


def compiled(function: str, package: str = "/opt/p", **members: Any) -> Frame:
    return own("", function, package=package, **members)


def perl(said: str, caller: str = "status") -> Event:
    frames = own("Shop::Web", caller), own("Shop::Scan", "percent")
    return event("perl", raised("Mojo::Exception", said, *frames))


def dart(said: str, kind: str = "_TypeError", function: str = "Invoice.read") -> Event:
    return event("dart", raised(kind, said, own("", function, package="shop")))


def elixir(said: str, kind: str = "MatchError") -> Event:
    return event("elixir", raised(kind, said, own("Elixir.Shop.Tank", "Shop.Tank.handle/2")))


def go(kind: str, said: str) -> Event:
    return event("go", raised(kind, said, own("shop.example/ingest", "(*Pool).handle")))


def ruby(said: str, *around: Frame) -> Event:
    line = own("", "perform", "claim.lock!", filename="app/workers/batch.rb")
    return event("ruby", raised("Lost", said, *around, line, lib("", "lock!")))


def php(said: str, frame: Frame, kind: str = "Symfony\\Component\\ErrorHandler\\Error\\FatalError"):
    return event("php", raised(kind, said, frame))


def blade(filename: str, function: str = "") -> Event:
    frame = own("", function, "<p>{{ $a->name }}</p>", filename=filename)
    said = 'Attempt to read property "name" on null'
    wrapper = raised("ViewException", f"{said} (View: /srv/views/cart/row.blade.php)", frame)
    return event("php", raised("ErrorException", said, frame), wrapper)


def attempted(said: str) -> Event:
    kind = "Illuminate\\Queue\\MaxAttemptsExceededException"
    return php(said, own("", "", filename="/artisan"), kind)


def node(value: str, *frames: Frame) -> Event:
    return event("node", raised("TypeError", value, *frames))


def totals(owner: str, callback: str = "?") -> Event:
    line = "total() { return this.rows.reduce((sum, row) => sum + row.price, 0); }"
    inner = own("lib:orders", callback, line, filename="/srv/lib/orders.js", lineno=5)
    return node("x is undefined", inner | {"function": f"{owner}.total"}, inner)


def nested(callback: str) -> Event:
    line = "return units.flatMap(u => flatten(u.children));"
    pair = [own("lib:units", name, line) for name in ("flatten", callback)]
    value = "Maximum call stack size exceeded"
    return event("node", raised("RangeError", value, *(pair * 9), own("lib:units", "flatten")))


def located(name: str) -> Event:
    frames = own("", name, package="shop"), own("", "locate", package="shop"), lib("get_it")
    return event("dart", raised("StateError", "nothing of this type is registered", *frames))


def assembly(version: str, function: str, name: str = "Shop.Api") -> Event:
    """As an enhanced trace has it, which names no module."""
    package = f"{name}, Version={version}, Culture=neutral, PublicKeyToken=null"
    return event(
        "csharp", raised("System.FormatException", "x", own("", function, package=package))
    )


def deadlock(said: str) -> Event:
    library = lib("System.Data.SqlClient.SqlCommand", "ExecuteNonQuery")
    save = own("Shop.Rows", "Save")
    return event("csharp", raised("System.Data.SqlClient.SqlException", said, save, library))


def connected(*leaves: str, by: str = "start") -> Event:
    """As Node fails to connect to all addresses of a name."""
    device = lib("node:net", "afterConnect") | {"filename": "node:net"}
    flags = [{"exception_id": n + 1, "parent_id": 0, "source": f"errors[{n}]"} for n in range(9)]
    found = [
        raised("Error", f"connect ECONNREFUSED {leaf}", device) | {"mechanism": flag}
        for leaf, flag in zip(leaves, flags, strict=False)
    ]
    carrier = {"mechanism": {"exception_id": 0, "is_exception_group": True}}
    whole = raised("AggregateError", "", own("events:publisher", by, "await connect(url)"), device)
    return event("node", *found[::-1], whole | carrier)


def sought(said: str, caller: str) -> Event:
    frames = own("", caller, package="shop"), own("", "Units.convert", package="shop")
    return event("dart", raised("StateError", said, *frames, lib("", "ListBase.firstWhere")))


def pushed(*gaps: Frame, package: str = "http") -> Event:
    frames = own("", "Sync.push", package="shop"), own("", "IOClient.send", package=package)
    return event("dart", raised("SocketException", "no route to host", *frames, *gaps))


def dart2js(function: str, value: str = "method not found: 'eta' on null") -> Event:
    url = "https://a.example/main.dart.js"
    frame = own("", function, filename="main.dart.js", abs_path=url, lineno=77810, colno=14)
    return event("javascript", raised("minified:yh", value, frame))


def unsymbolicated(start: int, offset: int) -> Event:
    frame = {"function": "<unknown>", "instruction_addr": hex(start + offset), "in_app": True}
    images = [{"image_addr": hex(start), "image_size": 9000, "code_file": "/usr/bin/pressd"}]
    found = event("native", raised("panic", "called `Option::unwrap()` on a `None` value", frame))
    return found | {"debug_meta": {"images": images}}


def mojo(template: str) -> Event:
    said = f'Global symbol "$who" requires explicit package name at template {template} line 12.'
    return event("perl", raised("Mojo::Exception", said, lib("Mojo::Template", "process")))


def decoded(said: str, kind: str = "Jason.DecodeError", function: str = "Shop.Feed.fetch_json/1"):
    return event("elixir", raised(kind, said, own("Elixir.Shop.Feed", function), lib("Jason")))


def compared(differs: str) -> Event:
    said = f"Expected values to be strictly deep-equal:\n{differs}"
    return event("node", raised("AssertionError", said, own("jobs:verify", "verify")))


def fees(caller: str, kind: str = "runtime.errorString") -> Event:
    frames = own("shop.example/api", caller), own("shop.example/fees", "(*Table).Lookup")
    return event("go", raised(kind, "invalid memory address or nil pointer dereference", *frames))


def checked(caller: str) -> Event:
    frames = own("", caller, package="/usr/bin/mixd"), compiled("mixd::check::inRange(int, int)")
    return event("native", raised("SIGABRT", "Abort", *frames, lib("", "abort")))


def called(kind: str, said: str, caller: str, function: str = "format_price", platform="node"):
    frames = own("shop.web", caller), own("shop.common", function)
    return event(platform, raised(kind, said, *frames))


def cut(caller: str) -> Event:
    frames = own("Shop.Web", caller), own("Shop.Phone", "Format"), lib("System.String", "Substring")
    return event("csharp", raised("System.ArgumentOutOfRangeException", "x", *frames))


def reconnected(said: str = "attempt to multiply with overflow", **members: Any) -> Event:
    frame = own("", "<shop::feeds::Poll as shop::feeds::Feed>::reconnect", **members)
    return event("native", raised("panic", said, frame))


def undated(kind: str, said: str) -> Event:
    return event(
        "php", raised(kind, said, own("", "App\\Deeds::filter", filename="/src/Deeds.php"))
    )


def read_late(said: str) -> Event:
    cause = raised("SocketTimeoutException", said, lib("java.net.Socket", "read"))
    return event("java", cause, raised("ResourceAccessException", "x", own("shop.Sms", "send")))


def obfuscated(function: str, method: str = "shop.Tip.select") -> Event:
    said = f"Parameter specified as non-null is null: method {method}, parameter option"
    frame = own("shop.Tip", function, filename="SourceFile")
    return event("java", raised("NullPointerException", said, frame))


def linked(*wrappers: str, cause: str = "SQLIntegrityException") -> Event:
    frames = own("shop.Cards", "link"), lib("org.hibernate")
    return event("java", *(raised(kind, "x", *frames) for kind in ("PgError", cause, *wrappers)))


def passenger(caller: str, function: str = "new Passenger.fromJson") -> Event:
    frames = own("", caller, package="shop"), own("", function, package="shop")
    said = "type 'Null' is not a subtype of type 'String'"
    return event("dart", raised("_TypeError", said, *frames))


def unsent(*kinds: str) -> Event:
    causes = [raised(kind, "connection refused (os error 111)") for kind in kinds]
    return event("native", *causes, raised("Error", "x", own("", "shop::send")))


def told(message: str) -> Event:
    return {"platform": "python", "logentry": {"formatted": message}}


HOURS = own("hours", "parseHours", "return toMinutes(text.match(RE)[1]);")
SHOW = "LibraryView.tableView(_:cellForRowAt:)"
HEX = "0a" * 20
MEMORY = "Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)"
ROWS = own("", "App\\Export::rows", "foreach ($all as $o) {", filename="/app/Export.php")
FATAL = "Sentry\\Exception\\FatalErrorException"
VALUES = "std::vector<float, std::allocator<float> >::operator[]"

SAME = {
    "a refused connection of three systems": [
        refused("Connection refused"),
        refused("No connection could be made because the target machine actively refused it."),
        refused(
            "Es konnte keine Verbindung hergestellt werden, da der Zielcomputer die Verbindung"
            " verweigerte."
        ),
    ],
    "a canceled task of .NET": [
        event("csharp", raised("System.TimeoutException", said), raised("Canceled", "x", STATUS))
        for said in ("A task was canceled.", "The operation was canceled.")
    ],
    "traces of .NET, enhanced or not": [
        enhanced("StatusAsync"),
        enhanced("async Task<IReadOnlyList<Asset>> Radio.StatusAsync()"),
        enhanced("async Task Radio.StatusAsync(CancellationToken token)+(Asset a) => { }"),
        enhanced("(int, string) Radio.StatusAsync(int id)"),
        enhanced("Radio.StatusAsync(String id)"),
        enhanced("void Radio.Run()+StatusAsync(String id)"),
    ],
    "constructors of .NET": [enhanced(".ctor"), enhanced("new Radio()"), enhanced("Radio..ctor()")],
    "versions of an assembly": [
        assembly("1.0.0.0", "async Task<Row> Cart.LoadAsync(int id)"),
        assembly("1.2.0.0", "async Task<List<Row>> Cart.LoadAsync(Guid id)"),
    ],
    "a deadlock of SQL Server": [
        deadlock(
            "Transaction (Process ID 33) was deadlocked on lock resources with another process and"
            " has been chosen as the deadlock victim. Rerun the transaction."
        ),
        deadlock(
            "Die Transaktion (Prozess-ID 22) befand sich auf Sperre Ressourcen aufgrund eines"
            " anderen Prozesses in einer Deadlocksituation und wurde als Deadlockopfer ausgewählt."
            " Führen Sie die Transaktion erneut aus."
        ),
    ],
    "a server with one address or two": [
        connected("127.0.0.1:5672"),
        connected("::1:5672", "127.0.0.1:5672"),
    ],
    "whoever asked for what a function of Dart does not find": [
        sought("Bad state: No element", "List.add"),
        sought("Bad state: No element", "Tile.build"),
    ],
    "gaps in a trace of Dart, and packages": [
        pushed(),
        pushed({"abs_path": "<asynchronous suspension>"}),
        pushed({"abs_path": "<asynchronous suspension>", "in_app": False}, package="dio"),
    ],
    "builds of Dart for pages": [dart2js("dP.aLM"), dart2js("dR.aNO")],
    "addresses of Rust without names, wherever it was loaded": [
        unsymbolicated(0x1000, 0x20),
        unsymbolicated(0x9000, 0x20),
    ],
    "where a parser gave up": [
        decoded("unexpected end of input at position 2048"),
        decoded('unexpected byte at position 117: 0x27 ("\'")'),
    ],
    "how an assertion of Node differs": [
        compared("+ actual - expected\n\n  [\n+ 'hd',\n- 'sd'\n  ]"),
        compared("\n[] !== [ 'sd' ]"),
    ],
    "at what a slice of Go was cut": [
        go("runtime.boundsError", "runtime error: slice bounds out of range [:9] with capacity 4"),
        go("runtime.boundsError", "runtime error: slice bounds out of range [5:3]"),
    ],
    "how many errors of Go were joined": [
        go("*errors.joinError", "item 3: bad date"),
        go("*errors.joinError", "item 7: bad date\nitem 8: bad date\nitem 9: bad date"),
    ],
    "whoever looked something up in a table that is not there": [fees("Post"), fees("Quote")],
    "characters that base64 misses": [
        told("Incorrect padding"),
        told(
            "Invalid base64-encoded string: number of data characters (5) cannot be 1 more than a"
            " multiple of 4"
        ),
    ],
    **{
        f"whoever divided by zero in {platform}": [
            called(kind, said, "show", "convert", platform),
            called(kind, said, "export", "convert", platform),
        ]
        for platform, kind, said in (
            ("ruby", "ZeroDivisionError", "divided by 0"),
            ("java", "ArithmeticException", "/ by zero"),
            ("perl", "Mojo::Exception", "Illegal division by zero at a.pm line 3."),
            ("go", "runtime.errorString", "runtime error: integer divide by zero"),
            ("elixir", "ArithmeticError", "divided by zero"),
        )
    },
    "whoever had a text cut": [cut("Show"), cut("Export")],
    "Rust, with its file known or nothing": [reconnected(filename="poll.rs"), reconnected()],
    "where Rust cut a text": [
        reconnected("byte index 20 is not a char boundary"),
        reconnected("end byte index 20 is not a char boundary"),
    ],
    "a date that PHP cannot read, by its version": [
        undated("Exception", "DateTime::__construct(): Failed to parse time string (x) at 0 (x)"),
        undated("DateMalformedStringException", "Failed to parse time string (31) at 1 (y)"),
    ],
    "who noticed that nothing was read": [read_late("Read timed out"), read_late("timeout")],
    "what a build of Android called a method": [obfuscated("h"), obfuscated("b")],
    "how often a library of Java wraps": [linked(), linked("PersistenceException")],
    "how a number of Dart is read": [
        dart("type 'Null' is not a subtype of type 'int' in type cast"),
        dart("type 'Null' is not a subtype of type 'num' in type cast"),
    ],
    "whoever reads what Dart makes of JSON": [passenger("_decodeAll"), passenger("Bloc._load")],
    "types of Rust's own by version": [unsent("Os", "ConnectError"), unsent("Custom", "Error")],
    "what Go calls a fault of memory": [
        go("runtime.errorString", "invalid memory address or nil pointer dereference"),
        go("runtime.errorAddressString", "invalid memory address or nil pointer dereference"),
    ],
    "whoever parses what a pattern does not match": [
        node("Cannot read properties of null (reading '1')", own("routes", caller), HOURS)
        for caller in ("show", "export")
    ],
    "a view of .NET, whichever path is known": [view("Row.cshtml"), view("Views/Cart/Row.cshtml")],
    "the token that a JSON happens to have": [json_token("String"), json_token("StartObject")],
    "a constraint, in whatever language": [
        saved('ERROR: duplicate key value violates unique constraint "slot_key"'),
        saved("FEHLER: doppelter Schlüsselwert verletzt Unique-Constraint »slot_key«"),
        saved("la valeur d'une clé dupliquée rompt la contrainte unique « slot_key »"),
        saved("Cannot insert duplicate key row in object 'dbo.T' with unique index 'slot_key'."),
        saved("Eine Zeile kann in das T-Objekt mit dem eindeutigen slot_key-Index nicht rein."),
    ],
    "what a type says alone": [
        canceled("canceling statement due to statement timeout"),
        canceled("annulation de la requête à cause du délai écoulé"),
    ],
    "libraries that tell more of what is within": [
        timed_out("ReadTimeoutError"),
        timed_out("TimeoutError", "ReadTimeoutError"),
    ],
    "blocks of Jinja": [jinja("top-level template code"), jinja('block "content"')],
    "Rust, with its file known or its image": [
        panicked("attempt to subtract with overflow", filename="cart.rs"),
        panicked("attempt to subtract with overflow", filename="src/cart.rs", package="shop"),
    ],
    "a borrow of Rust, by its version": [
        panicked("already borrowed: BorrowMutError"),
        panicked("RefCell already borrowed"),
    ],
    "one of many that an error is wrapped with": [
        wrapped("load manifest for station p1"),
        wrapped("load manifest for station klassisk"),
    ],
    "Swift, mangled, with types or without": [
        trapped(compiled("Player.resume()")),
        trapped(compiled("Shop.Player.resume() -> ()")),
        trapped(compiled("$s4Shop6PlayerC6resumeyyF")),
        trapped(compiled("closure #1 () -> () in Shop.Player.resume() throws -> ()")),
    ],
    "whoever called a trap of Swift": [
        trapped(compiled("main"), compiled(SHOW)),
        trapped(compiled("main"), compiled(SHOW), lib("", "_assertionFailure")),
    ],
    "an address that Windows adds to a type": [
        event("native", raised(kind, "x", compiled("mix::route")))
        for kind in (
            "EXCEPTION_ACCESS_VIOLATION_READ",
            "EXCEPTION_ACCESS_VIOLATION_READ / 0x18",
            "SIGSEGV",
        )
    ],
    "what Perl says itself, whoever called": [
        perl("Illegal division by zero at lib/Scan.pm line 28."),
        perl("Illegal division by zero at lib/Scan.pm line 29.", "run"),
    ],
    "Rust by its compiler": [
        trapped(compiled("shop::cart::Cart::total")),
        trapped(compiled("<shop::cart::Cart>::total")),
        trapped(compiled("<shop[3f2a91bc]::cart::Cart<u8>>::total")),
    ],
    "what a JSON has for a number of Go": [
        go("*app.Error", "decode: json: cannot unmarshal string into Go value of type int"),
        go("*app.Error", "decode: json: cannot unmarshal number 1.5 into Go value of type int"),
    ],
    "a library of Dart by its version": [dart("x", "DioError"), dart("x", "DioException")],
    "constructors of Dart": [
        dart("x", "E", "new Invoice.fromJson"),
        dart("x", "E", "Invoice.fromJson"),
    ],
    "functions within one of Dart": [
        dart("x", "E", "_Page._poll"),
        dart("x", "E", "_Page._poll.<anonymous closure>"),
    ],
    "a late field of Dart, on a phone and in a browser": [
        dart("x", "LateInitializationError"),
        dart("x", "LateError"),
    ],
    "a library of Elixir by its version": [
        elixir("timeout", "Mint.TransportError"),
        elixir("timeout", "Req.TransportError"),
    ],
    "two resolvers of Go": [
        go("*net.OpError", "dial tcp: lookup a.example: no such host"),
        go("*net.OpError", "dial tcp: lookup a.example on 10.96.0.10:53: no such host"),
    ],
    "a type at the end of a text of Ruby": [
        event("ruby", raised("Lost", said)) for said in ("bad byte", "bad byte (Lost)")
    ],
    "who tries again": [
        ruby("x"),
        ruby("x", own("", "with_retry", "yield", filename="app/lib/with_retry.rb")),
    ],
    "memory of PHP, whatever ran": [
        php(MEMORY, ROWS),
        php(
            f"Error: {MEMORY}", ROWS | {"function": None}, "Sentry\\Exception\\FatalErrorException"
        ),
    ],
    "a template of Laravel, compiled or not": [
        blade("/resources/views/cart/row.blade.php"),
        blade(f"/storage/framework/views/{HEX}.php"),
        blade(f"/storage/framework/views/{HEX}.php", "include"),
    ],
    "a job of Laravel by its version": [
        attempted("App\\Jobs\\Sync has been attempted too many times."),
        attempted(
            "App\\Jobs\\Sync has been attempted too many times or run too long. The job may have"
            " previously timed out."
        ),
    ],
    "a callback without end": [nested("a"), nested("o"), nested("?")],
    "jobs and the beginning of a hash": [told("job 703-a91f lost"), told("job 733-0d44 lost")],
    "arguments of a command": [
        told("Command failed: convert a.png b.png"),
        told("Command failed: convert c.png Köln.png"),
    ],
}

DIFFERENT = {
    "what a library of Java wraps": [linked(), linked(cause="SQLDataException")],
    "a widget of Flutter, and a tap on it": [
        dart("Null check operator used on a null value", function="Card.build"),
        dart("Null check operator used on a null value", function="Card.build.<fn>"),
    ],
    "who reads JSON": [passenger("Bloc._load", "fromJson"), passenger("_decodeAll", "fromJson")],
    **{
        f"who gave nothing to a function of {platform} that formats": [
            called(kind, said, caller, "fmt_time", platform) for caller in ("show", "export")
        ]
        for platform, kind, said in (
            ("dart", "TypeError", "Null check operator used on a null value"),
            ("node", "TypeError", "Cannot read properties of undefined (reading 'trim')"),
            ("elixir", "MatchError", "no match of right hand side value: :error"),
        )
    },
    "what Perl found no reference to": [
        perl("Not a HASH reference at a.pm line 7."),
        perl("Not an ARRAY reference at a.pm line 9."),
    ],
    "classes of an assembly": [
        assembly("1.0.0.0", "Task Cart.LoadAsync(int id)"),
        assembly("1.0.0.0", "Task Order.LoadAsync(int id)"),
        assembly("1.0.0.0", "Task Order.LoadAsync(int id)", "Shop.Jobs"),
        assembly("1.0.0.0", "new Order(int id)"),
    ],
    "who connects": [connected("10.0.0.1:80"), connected("10.0.0.1:80", by="ask")],
    "what pages of Dart miss": [
        dart2js("dP.aLM"),
        dart2js("dP.aLM", "method not found: 'driver' on null"),
    ],
    "addresses of Rust": [unsymbolicated(0x1000, 0x20), unsymbolicated(0x1000, 0x40)],
    "templates of Mojolicious": [mojo("talk/show.html.ep"), mojo("print/list.html.ep")],
    "who parses": [decoded("x"), decoded("x", function="Shop.Feed.read_json/1")],
    "errors of Go that were joined": [
        go("*errors.joinError", "item 3: bad date\nitem 7: bad name"),
        go("*errors.joinError", "item 7: bad date\nitem 8: bad date"),
    ],
    "who asks a table in vain": [fees("Post", "*fees.Unknown"), fees("Quote", "*fees.Unknown")],
    "who called a check that aborts": [checked("onGain"), checked("Scene::read")],
    "failures of a connection": [
        refused("Connection refused"),
        refused("Connection reset by peer"),
        refused("No such host is known."),
    ],
    "what a text was no good for": [converted("System.DateTime"), converted("System.Guid")],
    "constraints": [
        saved("verletzt Unique-Constraint »slot_key«"),
        saved("verletzt Unique-Constraint »room_key«"),
    ],
    "what a type leaves open": [canceled("no table a", "Error"), canceled("no table b", "Error")],
    "types that say all": [canceled("x"), canceled("x", "DeadlockDetected")],
    "what a line of Python makes": [
        made("self.total = Decimal(raw)"),
        made("self.amount = Decimal(raw)"),
    ],
    "a key of the code, and one of data": [
        keyed("'type'", 'kind = event["type"]'),
        keyed("'refunded'", "HANDLERS[kind](event)"),
    ],
    "two panics in a function": [
        panicked("called `Option::unwrap()` on a `None` value"),
        panicked("index out of bounds: the len is 3 but the index is 7"),
        panicked("no layer"),
    ],
    "what an error is wrapped with": [wrapped("load manifest"), wrapped("load playlist")],
    "who used a template of C++": [
        trapped(compiled(caller), compiled(VALUES), kind="SIGSEGV")
        for caller in ("Meter::update", "EqPanel::paint")
    ],
    "who called an address": [
        trapped(compiled(caller), compiled("", offset="+e0bc"), kind="SIGSEGV")
        for caller in ("Midi.export", "Xml.read")
    ],
    "a method that Perl misses": [
        perl('Can\'t call method "scans" on an undefined value at a.pm line 5.'),
        perl('Can\'t call method "title" on an undefined value at a.pm line 9.'),
    ],
    "what Dart wanted": [
        dart("type 'Null' is not a subtype of type 'String'"),
        dart("type 'String' is not a subtype of type 'double'"),
    ],
    "what Elixir could not match": [
        elixir("no match of right hand side value: nil"),
        elixir("no match of right hand side value: {:error, :timeout}"),
    ],
    "two faults in a function of Go": [
        go("runtime.errorString", "runtime error: invalid memory address or nil pointer"),
        go("runtime.errorString", "assignment to entry in nil map"),
    ],
    "jobs of a script": [
        attempted("App\\Jobs\\Sync has been attempted too many times."),
        attempted("App\\Jobs\\Send has been attempted too many times."),
    ],
    "callbacks of one text in two functions": [totals("Order"), totals("Offer")],
    "who asks for what is registered": [located("Player.init"), located("Login.submit")],
    "commands": [told("Command failed: convert a.png"), told("Command failed: ffmpeg a.png")],
}


@pytest.mark.parametrize("events", SAME.values(), ids=SAME)
def test_one_bug_is_one_issue(events: list[Event]) -> None:
    assert len({group(each).hash for each in events}) == 1


@pytest.mark.parametrize("events", DIFFERENT.values(), ids=DIFFERENT)
def test_two_bugs_are_two_issues(events: list[Event]) -> None:
    assert len({group(each).hash for each in events}) == len(events)


def test_no_wording_of_a_failure_is_passed_by() -> None:
    texts = [text.replace("\\", "") for said in FAILURES.values() for text in said]
    assert [text for text in texts if not any(hint in text for hint in HINTS)] == []
