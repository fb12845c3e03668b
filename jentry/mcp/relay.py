"""`jentry mcp`: messages of an agent on standard input, each sent to `POST /mcp` of a server, whose
answers go to standard output. Nothing else may be written there.
"""

import json
from collections.abc import Iterable
from typing import Any, TextIO
from urllib.error import HTTPError, URLError
from urllib.request import OpenerDirector, Request

SECONDS = 60.0  # for an answer
LONGEST = 1024 * 1024  # characters of a message
REFUSED = -32000  # JSON-RPC: an error of the server's own


def run(
    lines: Iterable[str], out: TextIO, address: str, token: str, opener: OpenerDirector
) -> None:
    """Until the input ends."""
    for line in lines:
        if line.strip() and (answer := _asked(line[:LONGEST], address, token, opener)):
            out.write(answer + "\n")
            out.flush()


def _asked(line: str, address: str, token: str, opener: OpenerDirector) -> str:
    """The answer in one line; empty for what wants none."""
    request = Request(  # noqa: S310 - whoever runs it says where
        address,
        line.encode("utf-8", "replace"),
        {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "User-Agent": "jentry-mcp",
        },
        method="POST",
    )
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            text: str = answer.read().decode("utf-8", "replace")
            return " ".join(text.splitlines())
    except HTTPError as error:
        with error:
            return _refused(line, _sentence(error.read()) or f"The server answers {error.code}.")
    except (URLError, OSError) as error:
        return _refused(line, f"{address} cannot be reached: {getattr(error, 'reason', error)}.")


def _refused(line: str, words: str) -> str:
    try:
        message: Any = json.loads(line)
    except ValueError:
        message = None
    number = message.get("id") if isinstance(message, dict) else None
    if isinstance(message, dict) and number is None:
        return ""
    error = {"code": REFUSED, "message": words}
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": error})


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
