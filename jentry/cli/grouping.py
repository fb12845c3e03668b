"""What would become of events, for a person at a shell."""

from collections.abc import Iterator
from typing import Any

from jentry.presentation.text import count, visible


def told(found: dict[str, Any]) -> Iterator[str]:
    """A preview, as lines."""
    yield (
        f"Of {count(found['events'], 'event')} {found['moved']} would come to another issue: "
        f"{count(found['joined'], 'group')} of several issues, "
        f"{count(found['split'], 'issue')} split."
    )
    for rule in found["by_rule"]:
        yield f"line {rule['line']}: {visible(rule['rule'])} fits {rule['events']}"
    for group in found["groups"]:
        yield f"{_issue(group['issue_id'], group['title'])}: {count(group['events'], 'event')}"
        for source in group["sources"]:
            yield f"    {source['events']} of {_issue(source['issue_id'], source['title'])}"
        if group["source_count"] > len(group["sources"]):
            yield f"    and {group['source_count'] - len(group['sources'])} more"


def _issue(issue_id: int | None, title: str) -> str:
    return f"{'a new issue' if issue_id is None else f'#{issue_id}'} {visible(title)}"
