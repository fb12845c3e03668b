"""`python -m jentry.bench.slow SECONDS serve …`: jentry on a disk whose commits take that long."""

import sys
import time
from typing import Any

from jentry.cli import main
from jentry.store.engines import sqlite


def slow_down(seconds: float) -> None:
    class SlowConnection(sqlite.Connection):
        def execute(self, sql: str, *args: Any) -> Any:
            if sql == "COMMIT":
                time.sleep(seconds)
            return super().execute(sql, *args)

    sqlite.Connection = SlowConnection  # type: ignore[misc]


if __name__ == "__main__":
    slow_down(float(sys.argv.pop(1)))
    main()
