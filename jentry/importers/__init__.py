"""Moving in: what another tracker's API answers -> rows here.

    client -> sentry | glitchtip | bugsink -> source's items and pages -> move -> store/transfer

A source only reads and translates: pure but for its client. `plan` says what would come along,
`move` brings it. README of the answers: `/docs/moving-in`.
"""
