"""The message of an exception, without what varies from event to event. README: Grouping."""

import re

from jentry.byte_cache import bounded
from jentry.ingest.grouping import engines, faults, runtimes
from jentry.ingest.grouping.parametrise import parametrise

PAGES = "javascript"
SCRIPTS = frozenset((PAGES, "node"))
NUMBERED = "NG<number>"  # of Angular, which goes on with names
MOST_JOINED = 50  # errors of Go that are looked at
STATUS = re.compile(r"(\b(?:status|HTTP|code|error|failed|response)[:=]? ?\(?|^)([45]\d\d)\b")
# What a server of HTTP/1 calls it, and one of HTTP/2 does not, nor Angular, whose word is OK.
REASON = re.compile(
    r"\b([45]\d\d)(?:[:,]? (?:Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Gone"
    r"|Conflict|Method Not Allowed|Not Acceptable|Request Time-?out|(?:Payload|Content) Too Large"
    r"|Unprocessable (?:Entity|Content)|Too Many Requests|Internal Server Error|Not Implemented"
    r"|Bad Gateway|Service Unavailable|Gateway Time-?out|OK$)|[: ]+$)"
)
# Node goes on with what differs, Angular with classes that a build named.
DIFFERS = re.compile(r"^(Expected (?:values|\"actual\")[^:\n]{1,120}):\s.*", re.DOTALL)
INJECTED = re.compile(
    r"R3InjectorError\([^()\n]{0,400}\)(?:\[[^\[\]\n]{0,400}\])?:\s*"
    r"|(?<=No provider for )\w{1,3}(?=!)"
)
TAIL = re.compile(r"(?<=: )(?![45](?:\d\d|xx)$)\S+$")


def headed(message: str) -> str:
    """Without the one word after the last colon: where the stack helps, it is only data."""
    return TAIL.sub("<value>", message)


def message_of(value: str, platform: str) -> str:
    if platform == PAGES:
        return _message_of_script(engines.without_paths(value))
    if violated := runtimes.violated(value):
        return f"violates {violated}"
    value = runtimes.without_details(value, platform)
    if platform == "go" and "\n" in value:  # of several errors that were joined
        joined = dict.fromkeys(map(parametrise, value.splitlines()[:MOST_JOINED]))
        return "\n".join(list(joined)[:2])
    if platform == "java":
        value = REASON.sub(r"\1", value)
        return _with_status(parametrise(value), value)
    return _message_of_script(value) if platform in SCRIPTS else parametrise(value)


@bounded(512 * 1024)
def _message_of_script(value: str) -> str:
    if found := engines.fault(value):
        return found
    value = INJECTED.sub("", DIFFERS.sub(r"\1", REASON.sub(r"\1", value)))
    message = faults.without_mangled(parametrise(value))
    if code := engines.coded(value):
        return f"{code}{message.removeprefix(NUMBERED)}" if message.startswith(NUMBERED) else code
    return _with_status(message, value)


def _with_status(message: str, value: str) -> str:
    """`Request failed with status code 404` has nothing else; all of a server's own are one."""
    found = None if faults.is_telling(message) else STATUS.search(value)
    if found is None:
        return message
    said = "5xx" if found[2].startswith("5") else found[2]
    return message.replace(f"{found[1]}<number>", f"{found[1]}{said}", 1)
