"""Pages of a list: by number, or after a row, which rows that arrive meanwhile do not shift."""

from dataclasses import dataclass
from typing import Any

from jentry.store.connection import Connection, Row
from jentry.vocabulary import MAX_ID

Key = tuple[str | int, int]  # of a row: what the list is sorted by, and the id


@dataclass(frozen=True)
class Paging:
    """Which rows of a list are wanted."""

    limit: int = 25
    page: int = 1
    after: Key | None = None  # then without a number: the rows that follow this one
    may_end_early: bool = False  # large rows: the next page begins where this one ends

    @property
    def offset(self) -> int:
        return 0 if self.after else min((self.page - 1) * self.limit, MAX_ID)

    @property
    def after_params(self) -> dict[str, Any]:
        """`:after` and `:after_id`, for a condition of the query when there is `after`."""
        return dict(zip(("after", "after_id"), self.after, strict=True)) if self.after else {}


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    total: int | None  # over all pages; None after a row, where every page costs the same
    last: Key | None  # the row that the next page follows; None on the last page
    scanned: int | None = None  # rows that were looked at, where no index knows which are wanted


def read(
    db: Connection, ordered: str, source: str, params: dict[str, Any], wanted: Paging
) -> tuple[list[Row], int | None, Key | None]:
    """The rows of a page, and `total` and `last` of Page.

    `ordered` is a query, in the order of the list, that has the columns `sorted` and `id`;
    `source` is its FROM and WHERE, without the condition of `after`.
    """
    bounds = {"limit": wanted.limit + 1, "offset": wanted.offset}
    rows = db.execute(
        f"{ordered} LIMIT :limit OFFSET :offset", params | wanted.after_params | bounds
    ).fetchall()
    last = None
    if len(rows) > wanted.limit:
        rows.pop()
        last = (rows[-1]["sorted"], rows[-1]["id"])
    return rows, _total(db, source, params, wanted, rows, last), last


def _total(
    db: Connection,
    source: str,
    params: dict[str, Any],
    wanted: Paging,
    rows: list[Row],
    last: Key | None,
) -> int | None:
    if wanted.after:
        return None
    if last is None and (rows or wanted.page == 1):  # the end is in sight: no need to count
        return wanted.offset + len(rows)
    total: int = db.execute(f"SELECT count(*) {source}", params).fetchone()[0]
    return total
