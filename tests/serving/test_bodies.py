"""Bodies on their way in."""

import asyncio
import contextlib

import pytest

from jentry.errors import RequestTimeout
from jentry.serving.bodies import Budget, IncomingBody


def test_a_piece_that_comes_as_the_time_is_up_does_not_prolong_it():
    """`asyncio.wait_for` of Python 3.11, by which servers wait, then gives the piece and forgets
    that it was cancelled.
    """

    async def receive():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def read():
        with Budget(1000).hold() as hold:
            await IncomingBody(receive, hold, 1000, seconds=0.01).whole()

    with pytest.raises(RequestTimeout):
        asyncio.run(read())
