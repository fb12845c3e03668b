"""Meanings and values of the names of saved views, for `glossary.py` and `examples.py`."""

from typing import Any

TIME = "2026-06-29T12:30:00.000Z"

MEANINGS = {
    "viewId": "The view's id.",
    "View.error": "What is wrong with the search, if it cannot be read any more; null: nothing.",
    "View.level": "Only issues whose latest event has this level.",
    "View.period": "Only what was last seen in this time until now.",
    "View.position": "Its place among the shared ones, or among one's own, from 0.",
    "ViewPatch.position": "Its place among the shared ones, or one's own, from 0; they make room.",
    "View.projectId": "The project whose list offers it; null: every list does.",
    "ViewQuery.project": "Only what the list of the project of this id offers.",
    "View.search": "In the language of `/docs/search`, tags written `tags[foo]:bar`.",
    "shared": "Whether everybody in the organization sees it.",
    "ViewQuery.shared": "Only shared ones, or only one's own.",
    "View.sort": "The order of the list.",
    "ViewQuery.sort": "Their order; `created_at`: newest first.",
    "View.status": "Issues of this status; null: unresolved, unless the search says another.",
    "View.updatedAt": "When it was last changed.",
    "View.userId": "Who saved it; null: nobody who is known here.",
}

EXAMPLES: dict[str, Any] = {
    "viewId": 7,
    "View.name": "Checkout, since the release",
    "View.projectId": None,
    "View.search": "tags[tenant]:gold release:shop@2.*",
    "View.status": None,
    "View.level": "error",
    "View.sort": "events",
    "View.period": "7d",
    "shared": True,
    "View.position": 0,
    "View.error": None,
    "View.updatedAt": TIME,
    "View.userId": 3,
    "ViewIn": {"name": "Gold", "search": "tenant:gold", "level": "error", "shared": True},
    "ViewPatch": {"position": 0},
}
