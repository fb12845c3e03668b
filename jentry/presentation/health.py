"""How good a share of sessions without a crash is."""

GOOD, WATCH = 99.5, 98.0  # percent


def grade(rate: float) -> str:
    """`good`, `warn` or `bad`."""
    if rate >= GOOD:
        return "good"
    return "warn" if rate >= WATCH else "bad"
