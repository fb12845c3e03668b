"""Pages before events, but not for ever."""

import asyncio
import contextlib
import gc
import weakref
from contextlib import ExitStack

import pytest

from jentry.serving import callers, scheduler
from jentry.serving.callers import Callers, Rank
from jentry.serving.scheduler import Scheduler


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    monkeypatch.setattr(scheduler, "COURTESY", 30.0)


async def turns(times=5):
    for _ in range(times):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("was_asked", "counts"),
    [
        pytest.param(False, {3}, id="nobody asked"),
        pytest.param(True, {1, 2, 3}, id="somebody asked a moment ago"),
    ],
)
def test_events_pass_in_shorter_runs_when_pages_are_asked_for(monkeypatch, was_asked, counts):
    monkeypatch.setattr(scheduler, "TURN", 30.0)
    monkeypatch.setattr(scheduler, "SHORT_TURN", 0.0)

    async def main():
        gate, seen, found = Scheduler(), [], set()
        if was_asked:
            async with gate.request(Rank.FIRST):
                pass
        events = [asyncio.ensure_future(gate.event(lambda n=n: seen.append(n))) for n in range(3)]
        while not all(event.done() for event in events):
            await asyncio.sleep(0)
            found.add(len(seen))
        assert seen == [0, 1, 2]
        assert found - {0} == counts

    asyncio.run(main())


def test_projects_have_turns(monkeypatch):
    """A flood of one project's events delays an event of another by one of them."""
    monkeypatch.setattr(scheduler, "TURN", 30.0)

    async def main():
        gate, seen = Scheduler(), []
        sent = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]
        await asyncio.gather(*(gate.event(lambda n=n: seen.append(n), n[0]) for n in sent))
        assert seen == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
        await gate.event(lambda: seen.append("d"), "a")
        assert seen[-1] == "d"

    asyncio.run(main())


def test_events_wait_until_the_last_request_is_answered():
    async def main():
        gate, seen = Scheduler(), []
        async with gate.request(Rank.FIRST):
            async with gate.request(Rank.FIRST):
                event = asyncio.ensure_future(gate.event(lambda: seen.append("event")))
                await turns()
            await turns()
            assert seen == []
        await event
        assert seen == ["event"]
        assert await gate.event(lambda: 7) == 7

    asyncio.run(main())


def test_a_request_that_takes_long_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(scheduler, "COURTESY", 0.01)

    async def main():
        gate = Scheduler()
        async with gate.request(Rank.FIRST):
            assert [await gate.event(lambda: 1), await gate.event(lambda: 2)] == [1, 2]

    asyncio.run(main())


def test_events_pass_even_if_requests_never_cease(monkeypatch):
    monkeypatch.setattr(scheduler, "COURTESY", 0.01)

    async def main():
        gate, is_over = Scheduler(), asyncio.Event()

        async def requests():
            while not is_over.is_set():
                async with gate.request(Rank.FIRST):
                    await asyncio.sleep(0.002)

        crowd = [asyncio.ensure_future(requests()) for _ in range(8)]
        for number in range(5):
            assert await gate.event(lambda n=number: n) == number
        is_over.set()
        await asyncio.gather(*crowd)

    asyncio.run(main())


def test_work_that_fails_lets_the_next_pass():
    async def main():
        gate = Scheduler()
        with pytest.raises(ZeroDivisionError):
            await gate.event(lambda: 1 / 0)
        assert await gate.event(lambda: "next") == "next"

    asyncio.run(main())


def test_what_failed_work_held_is_free_at_once():
    """A large body is refused so, in the loop: megabytes that nothing but a collection found."""

    class Body:
        pass

    async def main():
        bodies = []

        def work():
            body = Body()
            bodies.append(weakref.ref(body))
            raise ValueError

        gate = Scheduler()
        for _ in range(3):
            with contextlib.suppress(ValueError):
                await gate.event(work)
        await asyncio.sleep(0)
        assert [body() for body in bodies] == [None] * 3

    gc.disable()
    try:
        asyncio.run(main())
    finally:
        gc.enable()


@pytest.mark.parametrize("rank", [Rank.BUSY, Rank.STRANGER])
def test_events_do_not_wait_for_strangers_nor_for_who_asks_for_much(rank):
    async def main():
        gate = Scheduler()
        async with gate.request(rank):
            assert await gate.event(lambda: 7) == 7

    asyncio.run(main())


def test_strangers_keep_nobody_from_asking_for_much():
    async def main():
        gate = Scheduler()
        async with asyncio.timeout(10), gate.request(Rank.STRANGER), gate.request(Rank.BUSY):
            pass

    asyncio.run(main())


def test_who_asks_for_much_goes_first_only_with_one_thing_after_the_other(monkeypatch):
    """And with all again after a while; what others ask for does not count."""
    now = [100.0]
    monkeypatch.setattr(callers, "monotonic", lambda: now[0])
    known = Callers()
    known.add(b"a")
    known.add(b"b")

    def ranks(credentials, requests=3):
        with ExitStack() as stack:
            return [stack.enter_context(known.rank(credentials)) for _ in range(requests)]

    first, busy = Rank.FIRST, Rank.BUSY
    assert ranks(b"a") == [first] * 3
    for _ in range(10):
        with known.rank(b"a") as rank:
            now[0] += callers.MUCH
        assert rank is first
    assert ranks(b"a") == [first, busy, busy]
    with known.rank(b"a") as rank:
        assert (rank, ranks(b"a")) == (first, [busy] * 3)
    known.add(b"a")
    assert (ranks(b"a"), ranks(b"b")) == ([first, busy, busy], [first] * 3)
    now[0] += callers.MOST / callers.SHARE
    assert ranks(b"a") == [first] * 3
    known.discard(b"a")
    assert ranks(b"a") == ranks(b"") == [Rank.STRANGER] * 3
    assert ranks(b"b", requests=6) == [first] * callers.AT_ONCE + [busy] * 2


def test_few_callers_are_remembered(monkeypatch):
    monkeypatch.setattr(callers, "KNOWN", 2)
    known = Callers()
    for credentials in (b"a", b"b", b"a", b"c"):
        known.add(credentials)
    for credentials, expected in ((b"a", Rank.FIRST), (b"b", Rank.STRANGER), (b"c", Rank.FIRST)):
        with known.rank(credentials) as rank:
            assert rank is expected
