"""How large a database of PostgreSQL is, and how it grows; its disk is another machine's."""

from contextlib import closing

import factories

from jentry.settings import Settings
from jentry.store import connection, forecast
from jentry.store.audit import Actor
from jentry.store.connection import transaction
from jentry.upkeep import jobs
from jentry.upkeep.job import Turn, Work


def noted(address):
    """After the job that writes it down."""
    settings = Settings(db=address)
    (job,) = [job for job in jobs.jobs(settings) if job.name == "usage"]
    with closing(Work(settings, Turn())) as work:
        job.run(work)


def test_its_size_is_told_and_its_growth(address):
    noted(address)
    with closing(connection.connect(address, write=True)) as db:
        with transaction(db):
            org = factories.org(db)
        ((size,),) = db.execute("SELECT used_bytes FROM usage_hours").fetchall()
        rows = [(f"2026-01-{day}T11", size - (20 - day) * 1000) for day in range(13, 20)]
        db.executemany("INSERT INTO usage_hours VALUES (?, ?, 1, 0)", rows)
        at = "2026-01-20T12:00:00.000Z"
        found = forecast.usage_of(db, Actor(org, None, "api"), "80%", 0, at)
    disk = found["disk"]
    assert (found["full_in_days"], found["full_at"]) == (None, None)
    assert disk["used_bytes"] >= size > 1_000_000
    assert disk == {
        "budget_bytes": None, "files_bytes": disk["used_bytes"], "used_bytes": disk["used_bytes"],
        "reusable_bytes": None, "reserve_bytes": 0, "free_disk_bytes": None,
        "growth_bytes_per_day": 1000, "state": None,
    }  # fmt: skip
