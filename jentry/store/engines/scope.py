"""What a write transaction is about. Who writes to the same waits; all others go on.

SQLite has one writer and takes no notice. A transaction that names nothing is about everything.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Projects:
    """Ingestion: the rows of these projects are locked, in the order of their ids."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Org:
    """A member's change: the organization's row, then those of its projects."""

    id: int


@dataclass(frozen=True, slots=True)
class Everything:
    """Nobody else writes meanwhile."""


EVERYTHING = Everything()
ROWS = Projects(())  # of no project, each changed by a statement that says what it expects
Scope = Projects | Org | Everything
