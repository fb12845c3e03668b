"""One delivery, from opening it to its answer, where each request has a thread."""

from jentry.errors import TooManyRequests
from jentry.ingest import answers
from jentry.ingest.answers import Answer
from jentry.ingest.door import ATTEMPTS, Delivery, Door
from jentry.ingest.writer import Writer


def receive(door: Door, writer: Writer, delivery: Delivery, body: bytes | None) -> Answer:
    """Open, store, answer; again when the project's settings changed in between."""
    for _ in range(ATTEMPTS):
        opened = door.open(delivery, body)
        if opened.parcel is None:
            return opened.reply
        try:
            receipt = writer.store(opened.parcel)
        except TooManyRequests:
            return answers.busy()
        except Exception:  # logged by the writer
            return answers.unstorable()
        if not receipt.is_stale:
            return opened.answer(receipt)
        door.forget()
    return answers.unsettled()
