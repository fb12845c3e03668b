"""How far a long command has come: a line a second on a terminal, one each 10 % in a log."""

import sys
import time
from collections.abc import Callable

import click

from jentry.store.backup.space import shown

SECONDS = 1.0
TENTHS = 10


class OnTerminal:
    """Rewrites one line of stderr; silent when that is no terminal."""

    def __init__(self, words: str, of: Callable[[int], str] = shown) -> None:
        self._words = words
        self._of = of
        self._is_silent = not sys.stderr.isatty()
        self._next = time.monotonic() + SECONDS
        self._has_shown = False

    def __call__(self, done: int, total: int) -> None:
        if self._is_silent or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + SECONDS
        self._has_shown = True
        share = done / max(total, 1)
        click.echo(f"\r{self._words}: {share:4.0%} of {self._of(total)} ", err=True, nl=False)

    def __enter__(self) -> "OnTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self._has_shown:
            click.echo("\r\x1b[K", err=True, nl=False)


class InLog:
    """A line on stdout for each tenth."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._tenths = 0

    def __call__(self, done: int, total: int) -> None:
        tenths = TENTHS * done // max(total, 1)
        if tenths > self._tenths:
            self._tenths = tenths
            click.echo(f"{self._words}: {tenths * 100 // TENTHS} % of {shown(total)}")
