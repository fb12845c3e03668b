"""How many events an issue got in a window of time, for many issues, in bounded memory."""

from collections import deque

SPAN = 10  # seconds: what is read of the time of an event
PARTS = 60  # of a window: it moves in such steps


class Window:
    """Counts of one condition. Times are in seconds; they only nearly rise."""

    def __init__(self, seconds: int, most: int) -> None:
        self.seconds = seconds
        self.most = most  # issues that are counted at once
        self.width = max(SPAN, seconds // PARTS)
        self._counts: dict[int, deque[list[int]]] = {}

    def add(self, issue_id: int, time: int, events: int) -> None:
        start = time - time % self.width
        counts = self._counts.get(issue_id)
        if counts is None:
            self._make_room()
            counts = self._counts[issue_id] = deque()
        if counts and counts[-1][0] >= start:
            counts[-1][1] += events
        else:
            counts.append([start, events])

    def total(self, issue_id: int, now: int) -> int:
        """Events in the window that ends now; what is older is forgotten."""
        counts = self._counts.get(issue_id)
        if counts is None:
            return 0
        while counts and counts[0][0] <= now - self.seconds - self.width:
            counts.popleft()
        if not counts:
            del self._counts[issue_id]
        return sum(events for _, events in counts)

    def forget(self, issue_id: int) -> None:
        """Count anew."""
        self._counts.pop(issue_id, None)

    def _make_room(self) -> None:
        """The issues that were quiet for longest go."""
        if len(self._counts) < self.most:
            return
        ages = sorted(self._counts, key=lambda issue_id: self._counts[issue_id][-1][0])
        for issue_id in ages[: self.most // 4 + 1]:
            del self._counts[issue_id]
