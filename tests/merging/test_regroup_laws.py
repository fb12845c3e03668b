"""Whatever rules stored events are grouped by again: undone, all is as it was. While others send,
and the process is killed, no event is lost, and figures equal their rows at each pause.
"""

import subprocess
import sys
import threading
import time
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jentry.settings import Settings
from jentry.store import checks, regroup_tasks
from jentry.upkeep import regroups, splits
from jentry.upkeep.job import Turn, Work

KINDS = range(4)
LEVELS = ("error", "warning")

VALUES = ("x{n}", "y{n}", "{{{{ default }}}}, z{n}", "{{{{ error.type }}}}, {{{{ level }}}}, {n}")

events = st.lists(
    st.tuples(
        st.sampled_from(KINDS), st.sampled_from(LEVELS), st.integers(0, 3), st.integers(0, 59)
    ),
    min_size=4,
    max_size=10,
)
lines = st.lists(
    st.builds(
        lambda kind, level, value: f"error.type:kind{{n}}x{kind} level:{level} -> {value}",
        st.sampled_from([*map(str, KINDS), "*"]),
        st.sampled_from([*LEVELS, "*"]),
        st.sampled_from(VALUES),
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture
def work(database):
    work = Work(Settings(db=database), Turn())
    yield work
    work.close()


def settle(shop, work):
    """Until it has ended."""
    while True:
        regroups.run(work)
        splits.run(work)
        assert checks.counters(shop.db) == []
        if not regroup_tasks.tasks(shop.db):
            return


def shown(shop, number):
    rows = shop.listed(f"status=all&query=kind{number}x&limit=100").values()
    return {
        row["id"]: (row["title"], row["level"], row["count"], row["userCount"], row["firstSeen"],
                    row["lastSeen"], row["status"], row["substatus"], row["parts"])
        for row in rows
    }  # fmt: skip


def found(shop, number):
    searches = [f"error.type:kind{number}x{kind}" for kind in KINDS]
    searches += [f"kind{number}x user:{user}" for user in range(1, 4)]
    return {text: set(shop.listed(f"status=all&search={text}&limit=100")) for text in searches}


def begin(shop, rules=None):
    if rules is not None:
        shop.open("PUT", f"/projects/{shop.shop}/fingerprint-rules", {"rules": rules})
    answer = shop.open("POST", f"/projects/{shop.shop}/regroup")
    assert answer.status_code == 202, answer.json
    return answer.json["data"]["operationId"]


def send(shop, number, kind, level, user, minute):
    who = {"user": {"id": str(user)}} if user else {}
    moment = f"2026-11-20T10:{minute:02d}:00.000Z"
    return shop.send(f"kind{number}x{kind}", level=level, timestamp=moment, **who)


def test_undone_all_is_as_it_was(shop, work):
    numbers = count()

    @settings(
        max_examples=4, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )  # fmt: skip
    @given(events=events, rules=lines, others=lines)
    def follow(events, rules, others):
        number = next(numbers)
        shop.open("PUT", f"/projects/{shop.shop}/fingerprint-rules", {"rules": ""})
        for event in events:
            send(shop, number, *event)
        before, searched = shown(shop, number), found(shop, number)
        operations = []
        for text in (rules, others):
            operations.append(begin(shop, "\n".join(text).format(n=number)))
            settle(shop, work)
            assert sum(row[2] for row in shown(shop, number).values()) == len(events)
        for operation in reversed(operations):
            shop.undo(operation)
            settle(shop, work)
        assert shown(shop, number) == before
        assert found(shop, number) == searched

    follow()


def test_senders_race_with_it(shop, work):
    """Each event that was answered is there, once, and counted; nobody is told of a new issue."""
    for number in range(40):
        send(shop, 0, number % 4, LEVELS[number % 2], number % 3, number)
    sent, failed, stop = [40], [], threading.Event()
    (key,) = shop.db.execute(
        "SELECT public_key FROM client_keys WHERE project_id = ?", (shop.shop,)
    ).fetchone()

    def go_on(kind):
        client = shop.client.application.test_client()
        while not stop.is_set():
            error = {"exception": {"values": [{"type": f"kind0x{kind}", "value": "it broke"}]}}
            answer = client.post(f"/api/{shop.shop}/store/", json=error,
                                 headers={"X-Sentry-Auth": f"Sentry sentry_key={key}"})  # fmt: skip
            (sent if answer.status_code == 200 else failed).append(1)

    threads = [threading.Thread(target=go_on, args=(kind,)) for kind in (0, 1)]
    for thread in threads:
        thread.start()
    try:
        for rules in ("error.type:kind0x* -> together", "level:warning -> apart", ""):
            operation = begin(shop, rules)
            settle(shop, work)
            shop.undo(operation)
            settle(shop, work)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    settle(shop, work)
    assert failed == []
    assert sum(row["count"] for row in shop.listed("status=all&limit=100").values()) == sum(sent)


CHILD = """
import sys
from jentry.database_name import database_path
from jentry.settings import Settings
from jentry.store import regroup_reading, regroup_steps, splitting
from jentry.upkeep import regroups, splits
from jentry.upkeep.job import Turn, Work
regroup_reading.CHUNK = regroups.ROWS = regroup_steps.ROWS = splitting.CHUNK = 2
regroup_steps.HASHES = 1
work = Work(Settings(db=database_path(sys.argv[1])), Turn())
for _ in range(4):
    regroups.run(work)
    splits.run(work)
"""


@pytest.mark.sqlite(reason="it tells steps by the file's version")
@pytest.mark.slow
def test_killed_anywhere_it_goes_on_where_it_was(shop, database, work):
    for number in range(60):
        send(shop, 0, number % 4, LEVELS[number % 2], number % 3, number)
    before, searched = shown(shop, 0), found(shop, 0)
    operation = begin(shop, "level:warning -> apart\nerror.type:*0 -> {{ default }}, 0")
    kills = _kill_until_it_ends(shop, database)
    settle(shop, work)
    apart = shown(shop, 0)
    assert sorted(row[2] for row in apart.values()) == [15, 15, 30]
    shop.undo(operation)
    kills += _kill_until_it_ends(shop, database)
    settle(shop, work)
    assert shown(shop, 0) == before
    assert found(shop, 0) == searched
    assert kills > 2


def _kill_until_it_ends(shop, database):
    """After each time more steps, until one run ends by itself: how often it was killed."""

    def version():
        return shop.db.execute("PRAGMA data_version").fetchone()[0]

    for steps in range(1, 400, 6):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(database)])
        last, seen = version(), 0
        while seen < steps and child.poll() is None:
            now = version()
            seen, last = seen + (now != last), now
            time.sleep(0.001)
        ended = child.poll() is not None
        child.kill()
        child.wait()
        assert checks.counters(shop.db) == []
        if ended:
            return steps // 6
    raise AssertionError("it never ends")
