"""Passwords, kept as scrypt hashes. Slow on purpose: never call this while holding the lock."""

import hashlib
import hmac
import secrets
from typing import NewType

from jentry.errors import BadRequest
from jentry.store.common_passwords import is_common

SHORTEST = 10
LONGEST = 1024
N, R, P = 2**14, 8, 5  # OWASP's setting for 16 MiB of memory

Hash = NewType("Hash", str)


def hashed(password: str, email: str) -> Hash:
    """`scrypt:N:R:P:salt:key`, the last two in hex. Raises BadRequest for a poor password."""
    check(password, email)
    salt = secrets.token_bytes(16)
    return Hash(f"scrypt:{N}:{R}:{P}:{salt.hex()}:{_key(password, salt, N, R, P).hex()}")


def check(password: str, email: str) -> None:
    """For the account with that address. Blanks count as they are. Raises BadRequest."""
    if len(password) < SHORTEST:
        raise BadRequest(f"The password must have at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise BadRequest(f"The password must not be longer than {LONGEST} characters.")
    if email and password.strip().lower() == email.strip().lower():
        raise BadRequest("The password must not be the account's own email address.")
    if is_common(password):
        raise BadRequest(
            "That password is one of the first that anybody would try. A few words in a row are "
            "easy to remember and hard to guess."
        )


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
