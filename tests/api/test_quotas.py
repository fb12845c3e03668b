"""GET /projects/:id/quotas"""

import pytest

from jentry.quotas import QUOTAS


@pytest.fixture
def quotas(api, world):
    def read():
        found = api.get(f"/projects/{world.project}/quotas").json["data"]
        return {row.pop("quota"): row for row in found}

    return read


def test_every_quota_is_there_with_what_is_used_up(db, world, quotas):
    db.execute(
        "INSERT INTO quota_windows VALUES (?, 'quota_hour', '2026-11-20T12:00:00.000Z', 812)",
        (world.project,),
    )
    found = quotas()
    assert found.keys() == QUOTAS.keys()
    assert found["quota_hour"] == {
        "counts": "events",
        "seconds": 3600,
        "categories": ["error", "default", "security", "attachment"],
        "limit": 5000,
        "isOwn": False,
        "used": 812,
        "startsAt": "2026-11-20T12:00:00.000Z",
        "endsAt": "2026-11-20T13:00:00.000Z",
    }


def test_an_earlier_window_and_another_project_use_up_nothing(db, world, quotas):
    for project, begin in (
        (world.project, "2026-11-20T11:00:00.000Z"),
        (world.foreign_project, "2026-11-20T12:00:00.000Z"),
    ):
        db.execute("INSERT INTO quota_windows VALUES (?, 'quota_hour', ?, 9)", (project, begin))
    assert quotas()["quota_hour"]["used"] == 0


@pytest.mark.parametrize(("own", "limit"), [(7, 7), (0, 0)])
def test_a_quota_of_the_project_takes_the_place_of_the_servers(api, world, quotas, own, limit):
    api.patch(f"/projects/{world.project}", {"settings": {"quotaHour": own}})
    found = quotas()["quota_hour"]
    assert (found["limit"], found["isOwn"]) == (limit, True)
