"""Amounts of bytes as people write them."""

import re

MIB = 1024 * 1024
SIZE = re.compile(r"(?P<number>[0-9]{1,15})(?P<unit>[KMGT]?)(?:i?B)?", re.IGNORECASE | re.ASCII)
UNITS = {"": 1, "K": 1024, "M": MIB, "G": 1024 * MIB, "T": 1024 * 1024 * MIB}
SHARE = re.compile(r"[1-9][0-9]?%", re.ASCII)


def size(text: str) -> int:
    """Bytes, such as 10G, 512M, 8192K or 1000000. Raises ValueError."""
    found = SIZE.fullmatch(text)
    if found is None:
        raise ValueError("a number of bytes such as 10G, 512M or 1000000")
    return int(found["number"]) * UNITS[found["unit"].upper()]


def reserve(text: str) -> int:
    """Bytes, at least 8 MiB. Raises ValueError."""
    if size(text) < 8 * MIB:
        raise ValueError("a number of bytes of at least 8M")
    return size(text)


def budget(text: str) -> str:
    """A share, or bytes: `80%`, `0`, `1073741824`. Raises ValueError."""
    if text == "0" or SHARE.fullmatch(text):
        return text
    if SIZE.fullmatch(text) and size(text) >= 64 * MIB:
        return str(size(text))
    raise ValueError("an amount of at least 64M, such as 10G, a share such as 80%, or 0")
