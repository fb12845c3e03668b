"""What a process of Erlang leaves when it dies, as the exception that Elixir would make of it.

The log tells it in one of many forms: which is of the versions of Elixir, Erlang and the client.

    ** (stop) {:badmatch, :error}                      with the trace beside it
    GenServer Shop.Stock terminating: ** (MatchError) no match ...
    Error in process <0.146.0> with exit value:\\n{{badmatch,error},[{shop,take,2,[{file,...
"""

import re

from jentry.ingest.grouping.frames import Frame, outward
from jentry.ingest.grouping.parts import Event, crashed_thread, frames, message, text

MOST_TEXT = 4000  # characters of a message
CRASHES = frozenset(("Sentry.CrashError", "ErlangError"))
# The reasons that the runtime itself gives, as Elixir's `Exception.normalize` has them.
KINDS = {
    "badarg": ("ArgumentError", "argument error"),
    "badarith": ("ArithmeticError", "bad argument in arithmetic expression"),
    "badarity": ("BadArityError", "wrong number of arguments"),
    "badbool": ("BadBooleanError", "expected a boolean"),
    "badfun": ("BadFunctionError", "expected a function"),
    "badkey": ("KeyError", "key not found"),
    "badmap": ("BadMapError", "expected a map"),
    "badmatch": ("MatchError", "no match of right hand side value"),
    "case_clause": ("CaseClauseError", "no case clause matching"),
    "cond_clause": ("CondClauseError", "no cond clause evaluated to a truthy value"),
    "else_clause": ("WithClauseError", "no with clause matching"),
    "function_clause": ("FunctionClauseError", "no function clause matching"),
    "system_limit": ("SystemLimitError", "a system limit has been reached"),
    "try_clause": ("TryClauseError", "no try clause matching"),
    "undef": ("UndefinedFunctionError", "undefined function"),
    "with_clause": ("WithClauseError", "no with clause matching"),
}
EXIT = "exit"
BAD_ARGUMENT = (":badarg", "badarg", "argument error", "errors were found at the given arguments:")
# Why a date, a time or a number in base 64 was none.
DETAILED = ("cannot parse ", "non-alphabet ", "incorrect padding", "string given to decode ")
DETAIL = re.compile(
    r", reason: :\w{1,80}$|^non-alphabet (?=digit|character).*|^incorrect padding$"
    r"|^string given to decode has wrong length.*"
)
BANNER = re.compile(r"\*\* \((\w[\w.]{0,200})\) ?([^\n]{0,1000})")
UNNAMED = "GenServer %s terminating: "
STOPS = frozenset(("stop", "exit", "EXIT"))
WRAPPED = "an exception was raised:"
REPORTED = re.compile(
    r"\bexit value:\s{1,9}|\bReason for termination ={1,2}\s{1,9}(?:\*\* )?"
    r"|\A%\{[^\n]{0,1000}?\breason: (?=\{)"
    r"|\AOban job \S{1,200} (?:exited(?: with an uncaught throw)?|errored out): "
    r"|\AUncaught (?:exit|throw) - "
)
BARE = re.compile(rf"\A\*\* \(|{REPORTED.pattern}")
REASON = re.compile(r"(?:(?:error|exit|throw):|\{:error, (?=:|\{))?\{?\{?:?([a-z]\w{0,80})")
# A place in a trace, as Elixir and as Erlang write it, and its file.
PLACE = re.compile(
    r"""\{(:?[A-Za-z][\w.]{0,200}), ?:(\w{1,80}[?!]?|"-[^"]{1,200}"), ?(\d{1,3}|\[)"""
    r"""|\{('[^'\n]{1,200}'|[a-z]\w{0,80}),\s{0,40}(\w{1,80}|'-[^'\n]{1,200}'),\s{0,40}(\d{1,3}|\[)"""
)
FILE = re.compile(r"""file(?:: ?(?:~c)?|,)["']([^"'\n]{1,200})["']""")
LINE = re.compile(
    r"^ {4,}(?:\([\w.]{1,80}(?: [\w.+-]{1,40})?\) )?([\w/.-]{1,200}\.(?:erl|exs?)):\d{1,7}: "
    r"(\S[^\n]{0,300})$",
    re.MULTILINE,
)
OWNER = re.compile(
    r"^(?:anonymous fn/\d{1,3} in )?:?((?:[A-Z]\w{0,80}\.)*[A-Z]\w{0,80}|[a-z]\w{0,80})\."
)
# What it waited for, or what the reason begins with: the rest is data.
ASKED = re.compile(r"exited in: ([\w.:]{1,80}\([^,()<>\n]{1,200}),|\{{0,2}(:\w{1,80})")


def raised(event: Event, chain: list[Frame]) -> list[Frame]:
    """The chain of exceptions, with what the last one or the message tells of a process."""
    if chain:
        last = chain[-1]
        told = text(last.get("value"))
        if text(last.get("type")) not in CRASHES or not (said := _said(told)):
            return chain
        return [*chain[:-1], last | {"type": said[0], "value": said[1]}]
    told = message(event)[:MOST_TEXT]
    if "** (" not in told and not REPORTED.search(told):
        return chain
    said = _said(told)
    trace = crashed_thread(event) or frames(event) or _trace(told)
    if not said or not trace or not outward(trace, "elixir")[1]:
        return chain
    return [{"type": said[0], "value": said[1], "stacktrace": {"frames": trace}}]


def shown(event: Event, chain: list[Frame]) -> list[Frame]:
    """The same for people, who read a log's own sentence, and what others did not answer, as is."""
    if not chain and not BARE.search(message(event)[:MOST_TEXT]):
        return chain
    found = raised(event, chain)
    is_exit = bool(found) and text(found[-1].get("type")).startswith(EXIT)
    return chain if is_exit else found


def bare(said: str) -> str:
    """Without which process it was, where the client keeps that apart and older ones from us."""
    return said.removeprefix(UNNAMED)


def without_undefined(raised: Frame, every: list[Frame]) -> list[Frame]:
    """Without the function that is not there, or the protocol: who called it knows why."""
    kind, crash = raised.get("type"), every[-1] if every else {}
    inner = every
    if kind == "UndefinedFunctionError" and not crash.get("filename"):
        inner = every[:-1]
    while inner and kind == "Protocol.UndefinedError" and _is_of_same(inner[-1], crash):
        inner = inner[:-1]
    return inner if inner is every or outward(inner, "elixir")[1] else every


def _is_of_same(frame: Frame, other: Frame) -> bool:
    return frame.get("module") == other.get("module")


def without_details(value: str, every: list[Frame]) -> str:
    """What an argument was no good for, in words that all versions have: the function's name."""
    if every and value.startswith(BAD_ARGUMENT):
        return f"argument error in {text(every[-1].get('function'))}"
    return DETAIL.sub("", value) if value.startswith(DETAILED) else value


def _said(told: str) -> tuple[str, str] | None:
    """Type and text of the exception."""
    for found in BANNER.finditer(told):
        kind, value = found.groups()
        if kind not in STOPS:
            return kind, value
        if not value.startswith(WRAPPED):
            return _of_reason(value)
    if reported := REPORTED.search(told):
        return _of_reason(told[reported.end() :][:1000])
    return None


def _of_reason(reason: str) -> tuple[str, str]:
    found = REASON.match(reason)
    if found and found[1] in KINDS:
        kind, said = KINDS[found[1]]
        place = PLACE.search(reason, found.end())
        what = reason[found.end() : place.start() if place else None].partition("\n")[0]
        what = what.strip(" ,")
        while what.count("}") > what.count("{"):
            what = what[: what.rindex("}")]
        return kind, f"{said}: {what}" if what else said
    asked = ASKED.match(reason)
    return f"{EXIT} {asked[1] or asked[2]}" if asked else EXIT, reason


def _trace(told: str) -> list[Frame]:
    """The trace in a text, the crash frame last."""
    if lines := [_frame(found[2], found[1]) for found in LINE.finditer(told)]:
        return lines[::-1]
    places = list(PLACE.finditer(told))
    ends = [*(found.start() for found in places[1:]), len(told)]
    trace = []
    for place, end in zip(places, ends, strict=False):
        if file := FILE.search(told, place.end(), end):
            module = (place[1] or place[4]).strip("'")
            name = (place[2] or place[5]).strip("\"'")
            arity = place[3] or place[6]
            count = arity if arity != "[" else str(_count(told, place.end()))
            trace.append(
                {
                    "module": module.removeprefix(":") if module[:1] == ":" else _named(module),
                    "function": f"{name}/{count}",
                    "filename": file[1],
                }
            )
    return trace[::-1]


def _named(module: str) -> str:
    return (
        f"Elixir.{module}" if module[:1].isupper() and not module.startswith("Elixir.") else module
    )


def _frame(called: str, file: str) -> Frame:
    found = OWNER.match(called)
    return {"module": _named(found[1]) if found else "", "function": called, "filename": file}


def _count(told: str, start: int) -> int:
    """How many members a list has that begins here."""
    depth, count, quoted = 0, 1, ""
    if told[start : start + 1] == "]":
        return 0
    for sign in told[start : start + 1000]:
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "\"'":
            quoted = sign
        elif sign in "[{(<":
            depth += 1
        elif sign in "]})>":
            depth -= 1
            if depth < 0:
                break
        elif sign == "," and not depth:
            count += 1
    return count
