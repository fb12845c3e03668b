"""Which of an event's exceptions says what happened. README: Titles."""

import re
from typing import Any

from jentry.ingest.grouping.parts import text

Raised = dict[str, Any]

# Notes that Kotlin adds to an exception, as if they were suppressed ones.
NOTES = ("DiagnosticCoroutineContextException", "DiagnosticComposeException")
# What reflection, proxies and class loaders wrap an exception in; most have no text.
WRAPPERS = (
    "InvocationTargetException",
    "UndeclaredThrowableException",
    "ExceptionInInitializerError",
)
RXJAVA = ("UndeliverableException", "OnErrorNotImplementedException")
REFERS = re.compile(
    r"[Ss]ee (?:the )?(?:inner|previous) exception"
    r"|^Exception has been thrown by the target of an invocation\.$"
    r"|^Unable to \w{1,20} (?:activity|service|receiver|provider|application) .*: "  # Android
    r"|^There was an error (?:during|while) [\w ]{1,40} but React was able to recover"
)


def without_notes(exceptions: list[Raised]) -> list[Raised]:
    """Without those that were suppressed while another was thrown, unless there are no others."""
    return [e for e in exceptions if not _is_note(e)] or exceptions


def telling(exceptions: list[Raised]) -> Raised:
    """The thrown one, which is the last; of one that says only that it has a cause, the cause."""
    at = len(exceptions) - 1
    while at > 0 and _only_wraps(exceptions[at]):
        at -= 1
    return exceptions[at]


def _is_note(exception: Raised) -> bool:
    mechanism = exception.get("mechanism")
    suppressed = isinstance(mechanism, dict) and mechanism.get("type") == "suppressed"
    return suppressed or exception.get("type") in NOTES


def _only_wraps(exception: Raised) -> bool:
    value, kind = text(exception.get("value")), exception.get("type")
    if REFERS.search(value):
        return True
    if kind in RXJAVA:
        return text(exception.get("module")).startswith("io.reactivex")
    return kind in WRAPPERS and value in ("", "null")
