"""One client's connection: gunicorn's, with an end to every way of keeping it without using it.

gunicorn limits how long a kept connection may be idle, and nothing else: neither silence, nor a
head that drips, nor an answer that is not read. What it calls when is that of version 27; the
tests in `tests/serving/test_connections.py` go over real sockets, so that another one shows.
"""

import asyncio
import re
from typing import Any

from gunicorn.asgi.parser import InvalidChunkSize, LimitRequestHeaders, ParseError
from gunicorn.asgi.protocol import ASGIProtocol

from jentry.serving.connections import Connections, State

ABSOLUTE = re.compile(rb"https?://([^/?#]{1,4096})", re.IGNORECASE)
MAX_HEAD = 32 * 1024  # bytes of request line and headers
MAX_HELD = 64 * 1024  # bytes of one client that the application has not taken, then it must wait
LINGER_BYTES = 32 * 1024 * 1024  # thrown away after an answer: more than any body that is taken
MANY_CHUNKS = 1024  # of a body; from then on
SMALL_CHUNK = 32  # bytes is the least that they may hold on average: each costs some microseconds
JOINED = 16 * 1024  # bytes; smaller pieces of a body are put together
READ_SECONDS = 30.0  # for a client to read something, and before it must keep up with
READ_RATE = 16 * 1024  # bytes a second
# Attributes of a connection that know it.
REFERRING = (
    "_callback_parser", "_body_receiver", "_current_request", "_flow_control", "_task", "transport"
)  # fmt: skip
GRACE = 0.05  # seconds: what has arrived before a time-out is read before it counts


class HttpConnection(ASGIProtocol):  # type: ignore[misc]
    def __init__(self, worker: Any) -> None:
        super().__init__(worker)
        self._max_buffer_size = MAX_HELD
        self.connections: Connections = worker.connections
        self._closed = False
        self.state = State.HEAD
        self._entered = 0.0
        self._head_bytes = 0
        self._chunks = self._body_bytes = 0  # of the request's body
        self._sent = 0  # bytes of its answer
        self._unread_since = 0.0
        self._discarded = 0
        self._has_ended = False  # the client sends no more, but may still read

    # From the transport -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:
        if self.worker.has_room():
            self._enter(State.HEAD)
            super().connection_made(transport)
        else:
            self._conn_lost_handled = True  # it was never counted
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.state is State.LINGERING:
            self._discarded += len(data)
            if self._discarded > LINGER_BYTES:
                self.transport.abort()
            return
        if self.state is State.IDLE:
            self._enter(State.HEAD)
        super().data_received(data)
        if self.state is State.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD:
                self._send_error_response(431, "The headers are too large.")
                self._close_transport()
        self._note_held()

    def eof_received(self) -> bool:
        """Whether the transport stays open. A client that has said all it wants to say may still
        wait for its answer; one that ends in the middle of a body is told so.
        """
        self._has_ended = True
        receiver = self._body_receiver
        if self.state is not State.BUSY or receiver is None:
            return False
        if not receiver._complete:
            receiver.signal_disconnect()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.connections.leave(self)
        super().connection_lost(error)
        if self._request_ready is not None:
            self._request_ready.set()  # ends the task that waits for the next request
        if self._flow_control is not None:
            self._flow_control.resume_writing()
        if self._task is not None:
            self._task.add_done_callback(self._let_go)

    def _let_go(self, _: Any) -> None:
        """Of all that refers back to this connection: else only a collection would find it, and
        one of 10,000 such objects keeps everybody waiting.
        """
        for name in REFERRING:
            setattr(self, name, None)

    def pause_writing(self) -> None:
        super().pause_writing()
        now = self.worker.loop.time()
        self._unread_since = self._unread_since or now
        keeps_up_until = self._unread_since + READ_SECONDS + self._sent / READ_RATE
        self.connections.unread(self, min(now + READ_SECONDS, keeps_up_until))

    def resume_writing(self) -> None:
        super().resume_writing()
        self.connections.read(self)

    # From the list of connections ---------------------------------------------------------------

    def expire(self, state: State) -> None:
        if state is State.LINGERING:
            self.transport.abort()
        else:  # a byte may be waiting in the socket while the loop was busy: it is read first
            self.worker.loop.call_later(GRACE, self._end, self._entered)

    def abort(self) -> None:
        self.connections.leave(self)
        self.transport.abort()

    def _end(self, entered: float) -> None:
        if self._entered != entered or self._closed:
            return
        if self._head_bytes:
            self._send_error_response(408, "The headers did not arrive in time.")
        self._close_transport()

    # Between requests ---------------------------------------------------------------------------

    def _enter(self, state: State) -> None:
        self.state = state
        self._entered = self.worker.loop.time()
        self.connections.enter(self, state, self._entered)

    def _on_headers_complete(self) -> bool:
        self._take_host_of_target()
        headers = self._callback_parser.headers
        if sum(len(name) + len(value) for name, value in headers) > MAX_HEAD:
            raise LimitRequestHeaders("The headers are too large.")
        if self._callback_parser.http_version >= (1, 1) and b"host" not in dict(headers):
            raise ParseError("The Host header is missing.")
        self._enter(State.BUSY)
        self._chunks = self._body_bytes = self._sent = 0
        self._unread_since = 0.0
        skips_body: bool = super()._on_headers_complete()
        return skips_body

    def _take_host_of_target(self) -> None:
        """`GET http://host/path`, as it is said to proxies: the host counts, not the header."""
        parser = self._callback_parser
        found = ABSOLUTE.match(parser.path)
        if found:
            rest = parser.path[found.end() :]
            parser.path = rest if rest.startswith(b"/") else b"/" + rest
            parser.headers[:] = [
                (name, found[1] if name == b"host" else value) for name, value in parser.headers
            ]

    def _feed_callback_parser(self, data: bytes) -> bool:
        """Whatever the parser cannot read is answered: Python makes no number of 5,000 digits."""
        try:
            goes_on: bool = super()._feed_callback_parser(data)
        except ValueError:
            self._send_error_response(400, "The request cannot be read.")
            self._close_transport()
            return False
        return goes_on

    def _on_body(self, chunk: bytes) -> None:
        receiver = self._body_receiver
        if receiver is None:
            return
        self._chunks += 1
        self._body_bytes += len(chunk)
        if self._chunks > MANY_CHUNKS and self._body_bytes < self._chunks * SMALL_CHUNK:
            raise InvalidChunkSize("The chunks are too small.")
        waiting = receiver._chunks
        if waiting and len(waiting[-1]) < JOINED:
            if type(waiting[-1]) is bytes:
                waiting[-1] = bytearray(waiting[-1])
            waiting[-1] += chunk
            receiver._buffered += len(chunk)
        else:
            receiver.feed(chunk)

    def _maybe_resume_reading(self) -> None:
        super()._maybe_resume_reading()
        self._note_held()

    def _arm_keepalive_timer(self) -> None:
        """The next request is awaited; part of it may be there already."""
        if self._has_ended:
            self._close_transport()
            return
        parser = self._callback_parser
        self._head_bytes = len(parser._buffer) + (parser.method is not None)
        self._enter(State.HEAD if self._head_bytes else State.IDLE)
        self._note_held()

    def _cancel_keepalive_timer(self) -> None:
        pass

    def _note_held(self) -> None:
        if self._callback_parser is not None and self.state is not State.LINGERING:
            held = self._head_bytes if self.state is State.HEAD else self._http1_buffered()
            self.connections.hold(self, held)

    # The end ------------------------------------------------------------------------------------

    def _will_close(self, request: Any, response_requires_close: bool) -> bool:
        """gunicorn then says so in the answer."""
        receiver = self._body_receiver
        is_cut_short = receiver is not None and not receiver._complete
        leaves: bool = self.worker.is_leaving or self._has_ended or is_cut_short
        return leaves or super()._will_close(request, response_requires_close)

    def _send_body(self, body: bytes, *args: Any, **kwargs: Any) -> None:
        self._sent += len(body)
        super()._send_body(body, *args, **kwargs)

    def _close_transport(self) -> None:
        """Send what waits and say that it is the end. The client closes: if we did while it still
        sends, its system would throw away the answer.
        """
        if self.transport is None or self._closed:
            return
        self._closed = True
        if self.transport.is_closing():
            return
        if self._has_ended:
            self.transport.close()
            return
        self._enter(State.LINGERING)
        self.connections.hold(self, 0)
        if self._body_receiver is not None:
            self._body_receiver._chunks.clear()
            self._body_receiver.signal_disconnect()
        self._resume_reading()
        self.transport.write_eof()
        self._request_ready.set()
