"""How far a project's stored events are grouped again, in words."""

from typing import Any

from jentry.presentation.text import count


def sentence(found: dict[str, Any]) -> str:
    """Of what `store/regroups.py` tells."""
    moved = f"{count(found['moved'], 'event')} of {count(found['changed'], 'issue')}"
    come = "comes" if found["moved"] == 1 else "come"
    return {
        "reading": f"{_share(found)} % of {count(found['total'], 'event')} are looked at.",
        "leading": "All events are looked at; their issues are being found.",
        "moving": f"{moved} {come} to another issue, by and by.",
        "done": f"Done: {moved} came to another issue.",
        "undoing": "It is being undone.",
        "returning": "It is being undone: events are going back.",
        "undone": "It was undone.",
    }[found["state"]]


def _share(found: dict[str, Any]) -> int:
    share: int = 100 * found["events"] // max(found["total"], 1)
    return min(share, 100)
