"""How users and devices are told apart without knowing who they are."""

import hashlib
from collections.abc import Iterable


def identity_hash(salt: bytes, project_id: int, identity: str) -> bytes:
    """Of `id:42`, `did:…`: salted, of this database and project only."""
    return hashlib.blake2b(
        f"{project_id}:{identity}".encode(errors="replace"), key=salt, digest_size=16
    ).digest()


def person_hashes(
    salt: bytes, project_id: int, people: Iterable[tuple[str, str]]
) -> tuple[bytes, ...]:
    """Of fields and folded values, shorter ones: what issues and events are searched by."""
    return tuple(
        hashlib.blake2b(
            f"{project_id}:{field}={value}".encode(errors="replace"), key=salt, digest_size=8
        ).digest()
        for field, value in people
    )
