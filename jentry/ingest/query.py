"""Facts of a request that WSGI and ASGI must read alike."""

from collections.abc import Mapping
from urllib.parse import parse_qsl


def query_values(query_string: bytes) -> dict[str, str]:
    """The values of a query string; of a repeated name the first."""
    if not query_string:
        return {}
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, errors="replace")
    return dict(reversed(pairs))


def client_address(peer: str | None, headers: Mapping[str, str], hops: int) -> str | None:
    """The client's address: with proxies, what the outermost trusted one has seen."""
    if hops:
        seen = [part.strip() for part in headers.get("x-forwarded-for", "").split(",")]
        if len(seen) >= hops and seen[-hops]:
            return seen[-hops]
    return peer or None
