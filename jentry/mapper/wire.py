"""What goes through the pipes between the server and the child: parts with their lengths before."""

import struct
from collections.abc import Sequence
from typing import IO

COUNT = struct.Struct("<I")
LENGTH = struct.Struct("<Q")
MOST_PARTS = 3


class Closed(Exception):
    """The other side has ended."""


def write(pipe: IO[bytes], parts: Sequence[bytes]) -> None:
    """Raises OSError when nobody reads."""
    pipe.write(COUNT.pack(len(parts)))
    for part in parts:
        pipe.write(LENGTH.pack(len(part)))
        pipe.write(part)
    pipe.flush()


def read(pipe: IO[bytes]) -> list[bytes]:
    """Raises Closed."""
    (count,) = COUNT.unpack(_exactly(pipe, COUNT.size))
    if count > MOST_PARTS:
        raise Closed
    return [_exactly(pipe, LENGTH.unpack(_exactly(pipe, LENGTH.size))[0]) for _ in range(count)]


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise Closed
    return data
