"""Bodies on their way in."""

import asyncio
import contextlib

import pytest

from jentry.errors import Refusal, RequestTimeout
from jentry.serving import bodies as module
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


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Nobody waits longer because a body is large, nor ends others unless a test says when."""
    monkeypatch.setattr(module, "RATE", 10**9)
    monkeypatch.setattr(module, "ENDED_SECONDS", 60)


def bodies(most, *pieces, **parameters):
    """What becomes of bodies that arrive together: their sizes, or statuses.

    Each is said by the sizes of its pieces; 0 is its end, and a float seconds without any.
    """
    return asyncio.run(_bodies(most, pieces, **parameters))


async def _bodies(most, pieces, seconds=30.0):
    budget = Budget(most)

    async def read(sizes):
        waiting = iter(sizes)

        async def receive():
            await asyncio.sleep(0)
            while (piece := next(waiting, 60.0)) and isinstance(piece, float):
                await asyncio.sleep(piece)
            return {"body": bytes(piece), "more_body": piece > 0, "type": "http.request"}

        with budget.hold() as hold:
            try:
                body = await IncomingBody(receive, hold, 10**8, seconds).whole()
            except Refusal as refusal:
                return refusal.status
            assert budget.used <= most
            await asyncio.sleep(0.01)
            return len(body)

    found = await asyncio.gather(*map(read, pieces))
    assert budget.used == 0
    return found


K100 = 100_000


def test_large_bodies_wait_for_one_another():
    assert bodies(10 * K100, *[[*[K100] * 4, 0]] * 3) == [4 * K100] * 3


def test_the_largest_is_ended_for_those_that_wait(monkeypatch):
    monkeypatch.setattr(module, "ENDED_SECONDS", 0.05)
    slow, whole = [*[K100] * 5, 60.0], [0.05, *[K100] * 3, 0]
    assert bodies(10 * K100, slow, slow, whole, whole, seconds=0.5)[2:] == [3 * K100] * 2


def test_a_little_body_never_waits():
    slow = [*[K100] * 5, 60.0]
    assert bodies(10 * K100, slow, slow, [0.05, K100, 0], seconds=0.3)[2] == K100


@pytest.mark.parametrize("pieces", [[3 * K100, 0], [K100, K100, K100, 0]])
def test_a_body_larger_than_the_budget_is_refused(pieces):
    assert bodies(2 * K100, pieces, [K100, 0]) == [503, K100]


def test_only_so_many_wait(monkeypatch):
    """What they have just received is kept beside the budget."""
    monkeypatch.setattr(module, "WAITING", 3)
    found = bodies(10 * K100, *[[*[K100] * 5, 60.0]] * 8, seconds=1.0)
    assert found.count(503) >= 5


def test_a_wait_that_is_too_long_is_not_the_senders_fault():
    slow = [*[K100] * 5, 60.0]
    found = bodies(10 * K100, slow, slow, [0.05, K100 + K100 // 2, 0], seconds=0.3)
    assert found == [408, 408, 503]
