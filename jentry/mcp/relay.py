"""`jentry mcp`: messages of an agent on standard input, each sent to `POST /mcp` of a server, whose
answers go to standard output. Nothing else may be written there.
"""

import json
from collections.abc import Iterable
from typing import Any, TextIO
from urllib.error import HTTPError, URLError
from urllib.request import OpenerDirector, Request

from jentry.mcp import revision
from jentry.mcp.revision import Message

SECONDS = 60.0  # for an answer
LONGEST = 1024 * 1024  # characters of a message
REFUSED = -32000  # JSON-RPC: an error of the server's own


def run(
    lines: Iterable[str], out: TextIO, address: str, token: str, opener: OpenerDirector
) -> None:
    """Until the input ends."""
    for line in lines:
        if line.strip() and (answer := _asked(line, address, token, opener)):
            out.write(answer + "\n")
            out.flush()


def _asked(line: str, address: str, token: str, opener: OpenerDirector) -> str:
    """The answer in one line; empty for what wants none."""
    message = _parsed(line)
    if len(line) > LONGEST:
        return _refused(message, f"The message has more than {LONGEST} characters.")
    request = Request(  # noqa: S310 - whoever runs it says where
        address,
        _body(message, line),
        {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "User-Agent": "jentry-mcp",
        }
        | revision.said(message),
        method="POST",
    )
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return _in_one_line(answer.read())
    except HTTPError as error:
        with error:
            return _told(message, error.read(), error.code)
    except (URLError, OSError) as error:
        words = f"{address} cannot be reached: {getattr(error, 'reason', error)}."
        return _refused(message, words)


def _body(message: Message, line: str) -> bytes:
    """Half a character, as programs make one that cut texts, is a question mark."""
    text = json.dumps(message, ensure_ascii=False) if message else line
    return text.encode("utf-8", "replace")


def _told(message: Message, body: bytes, status: int) -> str:
    """An answer to a message that the server does not take, which may be one of the protocol. It
    has the message's number even where the server could not read that: an agent waits for it.
    """
    found = _parsed(body)
    if "jsonrpc" in found:
        number = message.get("id") if found.get("id") is None else found["id"]
        return json.dumps(found | {"id": number})
    words = found.get("error")
    return _refused(message, words if isinstance(words, str) else f"The server answers {status}.")


def _refused(message: Message, words: str) -> str:
    number = message.get("id")
    if message and number is None:
        return ""
    error = {"code": REFUSED, "message": words}
    return json.dumps({"jsonrpc": "2.0", "id": number, "error": error})


def _parsed(text: str | bytes) -> Message:
    """Empty for what is no object."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _in_one_line(body: bytes) -> str:
    return " ".join(body.decode("utf-8", "replace").splitlines())
