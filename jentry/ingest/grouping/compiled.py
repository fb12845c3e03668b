"""Templates of Laravel, which PHP only knows as what they were compiled to. README: Grouping."""

import re
from typing import Any

from jentry.ingest.grouping.parts import frames, text
from jentry.ingest.grouping.templates import named

Raised = dict[str, Any]

VIEW = re.compile(r"/framework/views/[0-9a-f]{16,64}\.php$")


def named_views(chain: list[Raised]) -> list[Raised]:
    """The exceptions with the template, which one of them names, for the file that ran."""
    template = next(filter(None, (named(text(raised.get("value"))) for raised in chain)), "")
    if not template.endswith(".blade.php"):
        return chain
    return [_named(raised, template) for raised in chain]


def _named(raised: Raised, template: str) -> Raised:
    found = [
        frame | {"filename": template, "abs_path": template, "function": None}
        if VIEW.search(text(frame.get("filename")))
        else frame
        for frame in frames(raised)
    ]
    return raised | {"stacktrace": {"frames": found}} if found else raised
