"""Facts of a request that WSGI and ASGI must read alike."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from jentry.ingest.addresses import plain_address


def query_values(query_string: bytes) -> dict[str, str]:
    """The values of a query string; of a repeated name the first."""
    if not query_string:
        return {}
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, errors="replace")
    return dict(reversed(pairs))


def client_address(peer: str | None, headers: Mapping[str, str], hops: int) -> str | None:
    """The client's address: with proxies, what the outermost trusted one has seen.

    None when that is no address: a proxy may write `unknown`.
    """
    forwarded = headers.get("x-forwarded-for", "") if hops else ""
    if forwarded:
        seen = f",{forwarded}".rsplit(",", hops)
        if len(seen) > hops and seen[1].strip():
            return plain_address(seen[1])
    return plain_address(peer)
