"""Whatever requests do, the log grows by a bounded number of lines a minute."""

import logging

import pytest

from jentry.app.log_limit import LONGEST, LogLimit, limit


@pytest.fixture
def log(caplog):
    def make(most=3, window=60.0):
        logger = logging.getLogger("test.log_limit")
        caplog.handler.filters[:] = [LogLimit(most, window)]
        return logger

    yield make
    caplog.handler.filters.clear()


def test_lines_of_one_kind_end_and_say_so(log, caplog):
    logger = log()
    for number in range(10):
        logger.warning("refused %d", number)
    logger.warning("another kind")
    assert caplog.messages == [
        "refused 0", "refused 1", "refused 2 (more like it are left out for 60 s)", "another kind",
    ]  # fmt: skip


def test_the_next_window_says_how_many_were_left_out(log, caplog):
    logger = log(most=1, window=0.0)
    for _ in range(2):
        logger.warning("refused")
    assert len(caplog.messages) == 2
    logger = log(most=2, window=0.05)
    for number in range(20_000):
        logger.warning("line %d", number)
    kept = [line for line in caplog.messages if line.startswith("line")]
    assert len(kept) < 1000
    assert any("more like it were left out" in line for line in kept)


def test_one_record_is_bounded(log, caplog):
    log().warning("x" * 10 * LONGEST)
    assert len(caplog.messages[0]) < 1.1 * LONGEST


def test_a_handler_is_limited_once():
    logger = logging.Logger("x")
    logger.addHandler(logging.NullHandler())
    for _ in range(3):
        limit(logger)
    assert len(logger.handlers[0].filters) == 1
