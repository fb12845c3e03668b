"""An operation as a command that can be copied into a shell, where TOKEN is set."""

import json
from typing import Any

EVENT_ID = "eventId"
FIND_EVENT = """\
EVENT=$(curl -s -H "Authorization: Bearer $TOKEN" \\
  "{base}/issues/1/events?limit=1" | grep -o '[0-9a-f]\\{{32\\}}' | head -n 1)
"""


def command(
    base: str,
    path: str,
    method: str,
    operation: dict[str, Any],
    parameters: list[dict[str, Any]],
) -> str:
    """`curl -H "Authorization: Bearer $TOKEN" …`, with the examples of the document.

    The id of an event cannot be guessed: a line before looks one up.
    """
    named = [parameter for parameter in parameters if parameter["in"] == "path"]
    before = ""
    for parameter in named:
        value = str(parameter["example"])
        if parameter["name"] == EVENT_ID:
            value, before = "$EVENT", FIND_EVENT.format(base=base)
        path = path.replace(f"{{{parameter['name']}}}", value)
    words = ["curl"]
    if method != "get":
        words += ["-X", method.upper()]
    if operation["security"]:
        words += ["-H", '"Authorization: Bearer $TOKEN"']
    lines = [" ".join(words)]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        lines += ['-H "Content-Type: application/json"', f"-d {_quoted(body['example'])}"]
    lines.append(f'"{base}{path}"')
    return before + " \\\n  ".join(lines)


def _quoted(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=None)
    if len(text) > 72:
        text = json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return "'" + text.replace("'", "'\\''") + "'"
