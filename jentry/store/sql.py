"""What statements are put together from: the things of an organization, and conditions."""

from typing import Any

from jentry.matching.folding import fold as fold
from jentry.store.names import CANARY

# What a statement says about the one thing it is given the id of, so that it finds nothing of
# another organization. Each is one value, for `=`, or for `SELECT p.id, …` the rest of a query.
OF_PROJECT = "FROM projects p WHERE p.id = :project_id AND p.org_id = :org_id"
OF_ISSUE = """
    FROM issues i JOIN projects p ON p.id = i.project_id
    WHERE i.id = :issue_id AND p.org_id = :org_id
"""
OF_RELEASE = """
    FROM releases r JOIN projects p ON p.id = r.project_id
    WHERE r.id = :release_id AND p.org_id = :org_id
"""
PROJECT = f"(SELECT p.id {OF_PROJECT})"
ISSUE = f"(SELECT i.id {OF_ISSUE})"
RELEASE = f"(SELECT r.id {OF_RELEASE})"

# Of an organization: not the canary's, nor one that holds what is being deleted.
IS_OF_PEOPLE = f"slug <> '{CANARY}' AND substr(slug, 1, 1) <> '~'"


def is_kept(alias: str) -> str:
    """Of what has `project_id` and `event_id`: not of an event whose issue is being deleted, which
    has been moved to another project.
    """
    return f"""
        NOT EXISTS (
            SELECT 1 FROM events own JOIN issues moved ON moved.id = own.issue_id
            WHERE own.event_id = {alias}.event_id AND own.project_id = {alias}.project_id
              AND moved.project_id <> own.project_id)
    """


class Where:
    """A growing AND of fragments. `str()` is the condition, `params` its values."""

    def __init__(self, fragment: str, **params: Any) -> None:
        self._fragments: list[str] = []
        self.params: dict[str, Any] = {}
        self.add(fragment, **params)

    def add(self, fragment: str, **params: Any) -> None:
        if taken := self.params.keys() & params.keys():
            raise ValueError(f"parameter used twice: {', '.join(sorted(taken))}")
        self._fragments.append(fragment)
        self.params |= params

    def __str__(self) -> str:
        return " AND ".join(self._fragments)


def contains(text: str) -> str:
    r"""The pattern of `LIKE … ESCAPE '\'` for a plain substring of a folded column."""
    escaped = fold(text).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
