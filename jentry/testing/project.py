"""A project of a test: what was sent to it."""

import sys
import time
from collections.abc import Callable
from typing import Any

from jentry.client import Client

SECONDS = 5.0
PAUSE = 0.02  # seconds between two looks


class Project:
    """`dsn` is what an SDK is started with; `id` is that of the API."""

    def __init__(self, client: Client, project_id: int, dsn: str) -> None:
        self._client = client
        self.id = project_id
        self.dsn = dsn

    def events(self, count: int | None = None, timeout: float = SECONDS) -> list[dict[str, Any]]:
        """All events, the oldest first, as `GET /events/:id` has them.

        What this process sent by `sentry_sdk` is there. Give `count` when another process sends,
        or another SDK: then it waits until there are as many. Raises AssertionError when there
        are fewer after `timeout` seconds.
        """
        self._wait(self._event_count, count, timeout, "events")
        found = [
            event
            for issue in self._client.all(f"/projects/{self.id}/issues", status="all")
            for event in self._client.all(f"/issues/{issue['id']}/events")
        ]
        return sorted(found, key=lambda event: (event["receivedAt"], event["timestamp"]))

    def issues(self, count: int | None = None, timeout: float = SECONDS) -> list[dict[str, Any]]:
        """All issues, the oldest first, as `GET /issues/:id` has them; waits like `events`."""
        self._wait(lambda: len(self._issues()), count, timeout, "issues")
        return self._issues()

    def outcomes(self) -> dict[tuple[str, str, str], int]:
        """(category, outcome, reason) -> how many: also of what was refused or filtered."""
        found = self._client.send(f"/projects/{self.id}/stats")["totals"]
        return {
            (each["category"], each["outcome"], each["reason"]): each["quantity"] for each in found
        }

    def _issues(self) -> list[dict[str, Any]]:
        found = self._client.all(f"/projects/{self.id}/issues", status="all")
        return sorted(found, key=lambda issue: (issue["firstSeen"], issue["id"]))

    def _event_count(self) -> int:
        return sum(issue["count"] for issue in self._issues())

    def _wait(self, counted: Callable[[], int], count: int | None, timeout: float, of: str) -> None:
        """Events answered 200 are visible, so that what is waited for is the sender."""
        if sdk := sys.modules.get("sentry_sdk"):
            sdk.flush(timeout)
        deadline = time.monotonic() + timeout
        while count is not None and (found := counted()) < count:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{found} of {count} {of} after {timeout} s; outcomes: {self.outcomes()}"
                )
            time.sleep(PAUSE)
