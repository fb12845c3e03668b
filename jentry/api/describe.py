"""What a view takes and gives, said once beside it: the OpenAPI document is made from this."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Description:
    """Schemas of one operation. `answer` is that of `data`: of each element when it is `many`."""

    answer: Schema | None  # None: not JSON, or no body
    query: Schema | None = None
    body: Schema | None = None
    status: int = 200
    envelope: tuple[str, ...] = ()  # members beside `data`: page, pageSize, total, nextCursor …
    headers: tuple[str, ...] = ()  # that follow from nothing else
    errors: tuple[int, ...] = ()  # statuses besides those that follow from the rest
    in_steps: bool = False  # many transactions; begun anew it goes on where it was
    destroys: str = ""  # one sentence: what is lost, or stops working, for good or at once


def describes(answer: Schema | None, **more: Any) -> Callable[[View], View]:
    """Attach a Description to a view; it changes nothing else."""

    def decorate(view: View) -> View:
        view.description = Description(answer, **more)  # type: ignore[attr-defined]
        return view

    return decorate
