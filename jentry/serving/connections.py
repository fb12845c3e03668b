"""All connections of a worker: what each waits for, since when, and for how long it may."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Protocol

MOST = 2000  # connections, whatever the system allows: an idle one takes 12 KB
MOST_UNREAD = 256  # answers that nobody takes: each keeps up to 128 KB waiting
HELD_BYTES = 16 * 1024 * 1024  # received by all connections and not taken by the application
SMALL = 4096  # bytes held that are not worth counting
YOUNG = 1.0  # seconds in which a silent connection may still say something


class State(Enum):
    HEAD = auto()  # the head of a request is awaited: its first byte or the rest
    BUSY = auto()  # the application has the request
    IDLE = auto()  # kept after an answer, nothing has come since
    LINGERING = auto()  # answered; what the client still sends is thrown away, so that it can read


SECONDS = {State.HEAD: 10.0, State.IDLE: 75.0, State.LINGERING: 10.0}
LEAVING_SECONDS = 1.0  # for a lingering connection when the server stops


class Connection(Protocol):
    def expire(self, state: State) -> None:
        """End in an orderly way what has been in this state for too long."""

    def abort(self) -> None:
        """End at once."""


class Connections:
    """In each state the connections stand in the order in which they came into it, so that the
    one that has waited longest is the first. `most` is how many there may be.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.seconds = dict(SECONDS)
        self._states: dict[Connection, State] = {}
        self._since: dict[State, dict[Connection, float]] = {state: {} for state in State}
        self._unread: dict[Connection, float] = {}  # until when something must have been read
        self._held: dict[Connection, int] = {}
        self._held_bytes = 0

    def __len__(self) -> int:
        return len(self._states)

    def enter(self, connection: Connection, state: State, now: float) -> None:
        before = self._states.get(connection)
        if before is not None:
            del self._since[before][connection]
        self._states[connection] = state
        self._since[state][connection] = now

    def leave(self, connection: Connection) -> None:
        state = self._states.pop(connection, None)
        if state is not None:
            del self._since[state][connection]
        self._unread.pop(connection, None)
        self.hold(connection, 0)

    def has_room(self, now: float) -> bool:
        """For one more; if need be the one goes that has been silent or idle longest."""
        if len(self) < self.most:
            return True
        for state, least in ((State.LINGERING, 0.0), (State.HEAD, YOUNG), (State.IDLE, 0.0)):
            oldest, since = next(iter(self._since[state].items()), (None, now))
            if oldest is not None and now - since >= least:
                oldest.abort()
                return True
        return False

    def unread(self, connection: Connection, until: float) -> None:
        """The client does not take its answer as fast as it is made."""
        self._unread[connection] = until
        if len(self._unread) > MOST_UNREAD:
            next(iter(self._unread)).abort()

    def read(self, connection: Connection) -> None:
        self._unread.pop(connection, None)

    def hold(self, connection: Connection, size: int) -> None:
        """How many bytes a connection has received that nobody has taken yet."""
        before = self._held.pop(connection, 0)
        if size > SMALL:
            self._held[connection] = size
        self._held_bytes += self._held.get(connection, 0) - before
        if self._held_bytes > HELD_BYTES:
            max(self._held, key=self._held.__getitem__).abort()

    def expire(self, now: float) -> None:
        """End what has waited for too long."""
        for state, seconds in self.seconds.items():
            for connection in list(self._overdue(state, now - seconds)):
                if state is not State.LINGERING or connection not in self._unread:
                    connection.expire(state)
        for connection in [each for each, until in self._unread.items() if until < now]:
            connection.abort()

    def end_idle(self) -> None:
        """The server stops: nobody may wait for anything that has not begun."""
        self.seconds[State.LINGERING] = LEAVING_SECONDS
        self.seconds[State.IDLE] = 0.0
        for connection in list(self._since[State.IDLE]):
            connection.expire(State.IDLE)

    def _overdue(self, state: State, before: float) -> Iterator[Connection]:
        for connection, since in self._since[state].items():
            if since > before:
                return
            yield connection
