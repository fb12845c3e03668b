"""What became of an attempt to send."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    answer: str


@dataclass(frozen=True, slots=True)
class Later:
    """It may work later: the channel fails. `retry_after`: seconds that the receiver asks for."""

    error: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """This message will never be taken; another may."""

    error: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing will ever be taken again."""

    error: str


Outcome = Sent | Later | Refused | Gone
