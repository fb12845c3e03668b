"""One incoming, from opening it to its answer, where each request has a thread."""

from jentry.errors import TooManyRequests
from jentry.ingest import answers
from jentry.ingest.answers import Answer
from jentry.ingest.processor import ATTEMPTS, IngestRequest, Processor
from jentry.ingest.writer import Writer


def receive(
    processor: Processor, writer: Writer, incoming: IngestRequest, body: bytes | None
) -> Answer:
    """Open, store, answer; again when the project's settings changed in between."""
    for _ in range(ATTEMPTS):
        processed = processor.process(incoming, body)
        if processed.submission is None:
            return processed.reply
        try:
            result = writer.store(processed.submission)
        except TooManyRequests:
            return answers.busy()
        except Exception:  # logged by the writer
            return answers.unstorable()
        if not result.is_stale:
            return processed.answer(result)
        processor.forget()
    return answers.unsettled()
