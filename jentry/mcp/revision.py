"""Which revision of the protocol a message is of. The older ones are agreed on by `initialize`; of
the newer ones each message names its own, in the message and again in the headers of HTTP. Pure.
"""

from collections.abc import Mapping
from typing import Any

AGREED = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
NAMED = ("2026-07-28",)
ALL = (*NAMED, *AGREED)

PARSE, INVALID, UNKNOWN, WRONG = -32700, -32600, -32601, -32602  # codes of JSON-RPC
MISMATCH, UNSUPPORTED = -32020, -32022  # of the protocol

VERSION = "io.modelcontextprotocol/protocolVersion"  # members of `_meta`
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
SERVER = "io.modelcontextprotocol/serverInfo"
LONGEST = 40  # characters of a version that is told back

HEADER = "MCP-Protocol-Version"
HEADERS = (HEADER, "Mcp-Method", "Mcp-Name")

Message = dict[str, Any]
Headers = Mapping[str, str]


class Wrong(Exception):
    """A message that is refused. `data`: for the client's program."""

    def __init__(self, code: int, words: str, data: object = None) -> None:
        super().__init__(words)
        self.code, self.words, self.data = code, words, data


def said(message: Message) -> dict[str, str]:
    """The headers that go with a message which names its revision; none with another. What cannot
    stand in a header is left out.
    """
    params = message.get("params")
    named = _named(params)
    if named is None or not isinstance(params, dict):
        return {}
    values = (named, message.get("method"), params.get("name"))
    return {
        header: value
        for header, value in zip(HEADERS, values, strict=True)
        if isinstance(value, str) and value.isascii() and value.isprintable()
    }


def is_newer(headers: Headers) -> bool:
    """Whether the client speaks one of the newer revisions, by its headers alone."""
    return headers.get(HEADER) in NAMED


def is_named(message: Message, headers: Headers) -> bool:
    """Whether the message names its revision, which then is one of NAMED. Raises Wrong."""
    params, header = message.get("params"), headers.get(HEADER)
    named = _named(params)
    if message["method"] == "initialize" or (named is None and header in (None, *AGREED)):
        return False
    if named is None and header not in NAMED:
        raise _unsupported(header)
    meta = params.get("_meta") if isinstance(params, dict) else None
    if named is None or not isinstance(meta, dict) or CAPABILITIES not in meta:
        raise Wrong(WRONG, f"_meta: Must have {VERSION} and {CAPABILITIES}.")
    for name, value in said(message).items():
        if headers.get(name) != value:
            raise Wrong(MISMATCH, f"The header {name} must be what the message has.")
    if named not in NAMED:
        raise _unsupported(named)
    return True


def _named(params: object) -> object:
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta.get(VERSION) if isinstance(meta, dict) else None


def _unsupported(asked: object) -> Wrong:
    data = {"supported": list(ALL), "requested": str(asked)[:LONGEST]}
    return Wrong(UNSUPPORTED, "Unsupported protocol version.", data)
