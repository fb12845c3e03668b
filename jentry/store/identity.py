"""How users and devices are told apart without knowing who they are."""

import hashlib


def identity_hash(salt: bytes, project_id: int, identity: str) -> bytes:
    """Of `id:42`, `did:…`: salted, of this database and project only."""
    return hashlib.blake2b(
        f"{project_id}:{identity}".encode(errors="replace"), key=salt, digest_size=16
    ).digest()
