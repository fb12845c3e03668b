"""Passwords, kept as scrypt hashes. Slow on purpose: never call this while holding the lock."""

import hashlib
import hmac
import secrets
from typing import NewType

from jentry.errors import BadRequest

SHORTEST = 8
LONGEST = 1024
N, R, P = 2**14, 8, 5  # OWASP's setting for 16 MiB of memory

Hash = NewType("Hash", str)


def hashed(password: str) -> Hash:
    """`scrypt:N:R:P:salt:key`, the last two in hex. Raises BadRequest for a poor password."""
    if len(password) < SHORTEST:
        raise BadRequest(f"The password must have at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise BadRequest(f"The password must not be longer than {LONGEST} characters.")
    salt = secrets.token_bytes(16)
    return Hash(f"scrypt:{N}:{R}:{P}:{salt.hex()}:{_key(password, salt, N, R, P).hex()}")


def matches(password: str, stored: str | None) -> bool:
    """Takes as long for an account without a password as for a wrong one."""
    if stored is None or len(password) > LONGEST:
        _key("", b"", N, R, P)
        return False
    _, n, r, p, salt, key = stored.split(":")
    found = _key(password, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, bytes.fromhex(key))


def _key(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    data = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r)
