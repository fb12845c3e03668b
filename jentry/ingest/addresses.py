"""Addresses of clients, in the one spelling in which they are compared and stored."""

import re
from ipaddress import IPv6Address, ip_address

from jentry.byte_cache import bounded

LONGEST = 64  # characters, brackets, port and zone included
# What gateways write: `203.0.113.9:5678`, `[2001:db8::1]:443`, `fe80::1%eth0`, all of it in quotes.
WRITTEN = re.compile(
    r'"?(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)(?:%[^\]"]*)?\]|(?P<v4>[0-9.]+)|(?P<v6>[0-9A-Fa-f:.]+)'
    r'(?:%[^"]*)?)(?(v6)|(?::[0-9]{1,5})?)"?'
)


def plain_address(text: str | None) -> str | None:
    """`203.0.113.9` or `2001:db8::1`; None for what is no address.

    Without port, brackets and zone, IPv6 in its shortest spelling, IPv4 mapped into it as IPv4.
    """
    if text is None or len(text) > LONGEST:
        return None
    return _plain(text.strip())


@bounded(256 * 1024)
def _plain(text: str) -> str | None:
    written = WRITTEN.fullmatch(text)
    if written is None:
        return None
    try:
        address = ip_address(written["bracketed"] or written["v4"] or written["v6"])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
