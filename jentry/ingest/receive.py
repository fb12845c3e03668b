"""One request, from opening it to its answer: the same for threads and for an event loop."""

from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import wait
from typing import Any

from jentry.errors import TooManyRequests
from jentry.ingest import answers
from jentry.ingest.answers import Answer
from jentry.ingest.processor import ATTEMPTS, IngestRequest, Processed, Processor
from jentry.ingest.symbolication.symbols import Unmapped
from jentry.ingest.writer import Writer
from jentry.store import trouble
from jentry.store.rows import StoreResult, Submission


async def exchange(
    processor: Processor,
    process: Callable[[], Awaitable[Processed]],
    store: Callable[[Submission], Awaitable[StoreResult]],
) -> Answer:
    """Process, store, answer; again when the project's settings changed in between.

    `process` and `store` are the interface's ways of doing so; `store` raises TooManyRequests
    when too much waits, and anything else when the submission cannot be stored.
    """
    for _ in range(ATTEMPTS):
        processed = await process()
        if processed.submission is None:
            return processed.reply
        try:
            result = await store(processed.submission)
        except TooManyRequests:
            return answers.busy()
        except Exception as error:  # logged by the writer
            return answers.unstorable(trouble.reason(error))
        if not result.is_stale:
            processor.stored.learn(processed.submission, result)
            return processed.answer(result)
        processor.forget()
    return answers.unsettled()


def receive(
    processor: Processor, writer: Writer, incoming: IngestRequest, body: bytes | None
) -> Answer:
    """Where each request has a thread, which may be blocked."""

    async def process() -> Processed:
        try:
            return processor.process(incoming, body)
        except Unmapped as unmapped:
            wait(processor.symbols.start(unmapped.places), processor.settings.map_seconds)
            return processor.process(incoming, body, is_final=True)

    async def store(submission: Submission) -> StoreResult:
        return writer.store(submission)

    return _at_once(exchange(processor, process, store))


def _at_once(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    coroutine.close()
    raise RuntimeError("it waits for an event loop")
