"""`JENTRY_LOG`: lines for people, or JSON; with the id of the request that they are about."""

import io
import json
import logging
import signal
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest
from refusals import refuse
from servers import serving

from jentry.app import logs


@pytest.fixture
def lines(database):
    """A logger that writes as `kind` says, and what it wrote."""

    def make(kind):
        logger = logging.Logger("jentry.test")
        out = io.StringIO()
        logger.addHandler(logging.StreamHandler(out))
        logs.shape(logger, kind)
        return logger, lambda: out.getvalue().splitlines()

    return make


def test_a_json_line_has_its_request_and_its_traceback_in_one(app, lines):
    logger, written = lines("json")
    with app.test_request_context(headers={"X-Request-Id": "abc-1"}):
        try:
            raise RuntimeError("two\nlines")
        except RuntimeError:
            logger.exception("it failed for %s", "kim")
    (line,) = map(json.loads, written())
    assert line.pop("time").endswith("Z")
    assert line.pop("exception").endswith("RuntimeError: two\nlines")
    assert line == {
        "level": "error", "logger": "jentry.test", "message": "it failed for kim",
        "request_id": "abc-1",
    }  # fmt: skip


def test_outside_of_requests_there_is_no_id(lines):
    for kind, words in (("json", '"message": "hello"}'), ("text", "WARNING in test_logs: hello")):
        logger, written = lines(kind)
        logger.warning("hello")
        (line,) = written()
        assert line.endswith(words)


def test_a_text_line_names_its_request_once(app, lines):
    logger, written = lines("text")
    with app.test_request_context(headers={"X-Request-Id": "abc-1"}):
        logger.warning("hello")
        logger.warning("request=abc-1 said it already")
    assert [line.count("request=abc-1") for line in written()] == [1, 1]


def test_lines_are_bounded_in_both(lines):
    for kind in ("text", "json"):
        logger, written = lines(kind)
        for _ in range(100):
            logger.warning("x" * 100_000)
        assert len(written()) <= 20
        assert max(map(len, written())) < 10_000


def test_a_server_writes_as_its_settings_say(database, db):
    with serving(database, env={"JENTRY_LOG": "json"}) as (process, address, _):
        opened = build_opener(ProxyHandler({})).open
        opened(f"{address}/healthz", timeout=20).close()
        refuse(db, "UPDATE", "instance")
        with pytest.raises(HTTPError) as refused:
            opened(f"{address}/readyz", timeout=20)
        refused.value.close()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        lines = [json.loads(line) for line in process.stderr.read().splitlines()]
    assert any(line["message"].startswith("events cannot be stored: ") for line in lines)
