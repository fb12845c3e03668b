"""A project of 100,000 events in 2,000 issues: its pages against those of one event."""

import pytest
from issue_pages import CHAINED, path_of

from jentry.store import connection

ISSUES, EVENTS = 2_000, 100_000
HALF = EVENTS // 2  # of one issue
MOST_BYTES = 200_000
TIMES = "performance.getEntriesByType('navigation')[0]"


@pytest.fixture(scope="module")
def two(site):
    """The same issue in a small project and in a large one."""
    made = []
    for name in ("Little", "Large"):
        project_id, dsn = site.project(name, "--platform", "python")
        site.send(dsn, CHAINED.replace("{times}", "1"))
        made.append(site.issue(project_id, "ReservationFailed"))
    multiply(site.folder / "jentry.db", made[1]["id"])
    return made


def multiply(database, issue_id):
    """Copies of an issue with 25 events each, and half of all events for itself."""
    db = connection.connect(database, write=True)
    with connection.transaction(db):
        each = (EVENTS - HALF) // (ISSUES - 1)
        copied = copy(db, "issues", "id = ?", issue_id, ISSUES - 1, event_count=each, last_seen=
                      "strftime('%Y-%m-%dT%H:%M:%fZ', c.last_seen, '-' || n.i || ' minutes')",
                      first_seen="'2026-01-01T00:00:00.000Z'")  # fmt: skip
        moved = "strftime('%Y-%m-%dT%H:%M:%fZ', c.timestamp, '-' || n.i || ' minutes')"
        copy(db, "events", "issue_id = ?", issue_id, HALF - 1, event_id="randomblob(16)",
             timestamp=moved)  # fmt: skip
        copy(db, "events", "id = (SELECT max(id) FROM events WHERE issue_id = ?)", issue_id,
             each * (ISSUES - 1), event_id="randomblob(16)", timestamp=moved,
             issue_id=f"{copied - ISSUES + 2} + (n.i - 1) / {each}")  # fmt: skip
        db.execute(
            "INSERT INTO issue_hours SELECT id, substr(last_seen, 1, 13), event_count FROM issues"
            f" WHERE id > {copied - ISSUES + 1} AND id <= {copied}"
        )
        db.execute("UPDATE issues SET event_count = ? WHERE id = ?", (HALF, issue_id))
        db.execute("UPDATE issue_hours SET events = ? WHERE issue_id = ?", (HALF, issue_id))
    db.close()


def copy(db, table, which, key, times, **changed):
    """So many copies of a row; the id of the last one."""
    names = [
        row["name"] for row in db.execute(f"PRAGMA table_info({table})") if row["name"] != "id"
    ]
    values = ", ".join(str(changed.get(name, f"c.{name}")) for name in names)
    db.execute(
        f"""
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})
        INSERT INTO {table} ({", ".join(names)})
        SELECT {values} FROM n CROSS JOIN (SELECT * FROM {table} WHERE {which} LIMIT 1) c
        """,
        (key,),
    )
    return db.execute(f"SELECT max(id) FROM {table}").fetchone()[0]


def test_its_pages_are_as_quick_and_short(opened, two, record_property):
    """The best of five answers, in milliseconds until the first byte; of the same run."""
    page = opened()
    little, large = (
        {
            name: fastest(page, address.format(project=issue["projectId"], path=path_of(issue)))
            for name, address in PAGES.items()
        }
        for issue in two
    )
    assert page.goto(f"{path_of(two[1])}/events/first").status == 200
    assert "Event 1 of 50,000" in " ".join(page.locator(".evwho").inner_text().split())
    print(f"\nmilliseconds and bytes, one event: {little}\n{EVENTS:,} events: {large}")
    record_property("large", large)
    for name, (took, size) in large.items():
        assert size < MOST_BYTES, name
        assert took < 10 * max(little[name][0], 10), (name, little[name], large[name])


PAGES = {
    "list": "/projects/{project}/issues?period=14d",
    "list, all": "/projects/{project}/issues?period=all&status=all&sort=events",
    "detail": "{path}",
    "events": "{path}/events",
    "projects": "/projects",
}


def fastest(page, address):
    taken = []
    for _ in range(5):
        size = len(page.goto(address).body())
        taken.append(page.evaluate(f"{TIMES}.responseStart - {TIMES}.requestStart"))
    return round(min(taken), 1), size
