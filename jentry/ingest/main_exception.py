"""Which of an event's exceptions says what happened. README: Titles."""

import re
from typing import Any

from jentry.ingest.grouping.parts import text
from jentry.ingest.grouping.words import words

Raised = dict[str, Any]

# Notes that Kotlin adds to an exception, as if they were suppressed ones.
NOTES = ("DiagnosticCoroutineContextException", "DiagnosticComposeException")
# Of reflection, proxies and class loaders, and bare ones; they say nothing without a text.
WRAPPERS = words(
    """
    InvocationTargetException UndeclaredThrowableException ExceptionInInitializerError
    RuntimeException Exception Error Throwable StandardError System.Exception
    """
)
MESSENGER = "Symfony\\Component\\Messenger\\Exception\\HandlerFailedException"
RXJAVA = ("UndeliverableException", "OnErrorNotImplementedException")
# .NET and Spring.
OPENINGS = (
    "Exception has been thrown by the target of an invocation.",
    "A Task's exception(s) were not observed",
    "Request processing failed",
    "Handler dispatch failed",
    "Handler processing failed",
)
# Android, React, and all that send their readers on.
REFERS = re.compile(
    r"^Unable to \w{1,20} (?:activity|service|receiver|provider|application) .*: "
    r"|^There was an error (?:during|while) [\w ]{1,40} but React was able to recover"
    r"|\b[Ss]ee (?:the )?(?:inner|previous) exception"
)
BEGINS = ("Unable to ", "There was an error ")
NOTHING = ("", "null", "One or more errors occurred.")


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
    value, kind = text(exception.get("value")), text(exception.get("type"))
    if value in NOTHING:
        return value == NOTHING[-1] or kind in WRAPPERS
    if kind == MESSENGER:
        return True
    if kind in RXJAVA:
        return text(exception.get("module")).startswith("io.reactivex")
    if value.startswith(OPENINGS):
        return True
    may_refer = " exception" in value or value.startswith(BEGINS)
    return may_refer and REFERS.search(value) is not None
