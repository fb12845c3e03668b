"""What upkeep has to do where stored events are grouped again, and how far it is."""

from dataclasses import dataclass

from jentry.store.audit import Actor
from jentry.store.connection import Connection
from jentry.store.engines.scope import Projects
from jentry.store.part_sums import places

AT_WORK = ("reading", "leading", "moving", "undoing", "returning")


@dataclass(frozen=True, slots=True)
class Task:
    """A row of `regroups`, and the organization it is of."""

    operation_id: int
    project_id: int
    org_id: int
    state: str
    rules: str
    last_event: int
    seen_group: int
    seen_at: str
    seen_id: int

    @property
    def scope(self) -> Projects:
        return Projects((self.project_id,))

    @property
    def actor(self) -> Actor:
        return Actor(self.org_id, None, "system")


def tasks(db: Connection) -> list[Task]:
    """Of all organizations, the oldest first."""
    rows = db.execute(
        f"""
        SELECT r.operation_id, r.project_id, p.org_id, r.state, r.rules, r.last_event,
               r.seen_group, r.seen_at, r.seen_id
        FROM regroups r
        JOIN projects p ON p.id = r.project_id
        WHERE r.state IN ({places(AT_WORK)})
        ORDER BY r.operation_id
        """,
        AT_WORK,
    )
    return [Task(*row) for row in rows]


def is_settled(db: Connection, task: Task) -> bool:
    """Whether no event of the project is on its way any more."""
    row = db.execute(
        """
        SELECT 1 FROM splits s JOIN issues i ON i.id = s.source_id WHERE i.project_id = ? LIMIT 1
        """,
        (task.project_id,),
    ).fetchone()
    return row is None


def is_in(db: Connection, task: Task, state: str) -> bool:
    row = db.execute(
        "SELECT 1 FROM regroups WHERE operation_id = ? AND state = ?", (task.operation_id, state)
    ).fetchone()
    return row is not None
