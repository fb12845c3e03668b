"""Where a message may be sent: addresses of the public internet, and networks that the operator
allows. What a name resolves to is looked at, and exactly that is connected to.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from jentry.alerts.deadline import Deadline
from jentry.settings import Network

# Addresses of version 6 that lead to one of version 4 somewhere, or nowhere.
TRANSLATED = tuple(
    map(
        ip_network,
        ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10"),
    )
)


class NotPublic(OSError):
    """It is not a public address."""


def is_allowed(address: str, allowed: Sequence[Network]) -> bool:
    """Whether an address, as numbers, may be connected to."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found in network for network in allowed if network.version == found.version):
        return True
    return _is_public(found)


def _is_public(found: IPv4Address | IPv6Address) -> bool:
    if isinstance(found, IPv6Address) and any(found in network for network in TRANSLATED):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def connect(
    host: str, port: int, deadline: Deadline, allowed: Sequence[Network] | None
) -> socket.socket:
    """To one of the addresses that a name has. `allowed` None: any address is.

    Raises NotPublic when there is no other kind, Expired, OSError.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    usable = [item for item in found if allowed is None or is_allowed(str(item[4][0]), allowed)]
    if not usable:
        raise NotPublic(f"{found[0][4][0]} is not a public address; JENTRY_ALLOW_PRIVATE allows it")
    problem: OSError | None = None
    for family, kind, proto, _, place in usable:
        try:
            return _open(family, kind, proto, place, deadline)
        except OSError as error:
            problem = error
            deadline.left()
    raise problem or OSError("no address")


def _open(
    family: int, kind: int, proto: int, place: tuple[object, ...], deadline: Deadline
) -> socket.socket:
    opened = socket.socket(family, kind, proto)
    try:
        deadline.watch(opened)
        opened.settimeout(deadline.left())
        opened.connect(place)
    except BaseException:
        opened.close()
        raise
    return opened
