"""What the disk has spoiled is shown as such, and hides nothing else."""

import factories
import pytest

from jentry.store.payloads import pack

UNREADABLE = {"type": "unreadable_payload", "name": "payload"}

DAMAGE = {
    "a flipped byte": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "cut off": lambda data: data[:20],
    "nothing": lambda data: b"",
    "an unknown codec": lambda data: b"\x09" + data,
    "a dictionary that is gone": lambda data: b"\x02\x00\x00\x00\x63" + data,
    "no JSON": lambda data: pack(b"{"),
    "no object": lambda data: pack(b"[1]"),
    "no row": None,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_unreadable_event_hides_no_other(api, db, world, damage):
    issue = factories.issue(db, world.project, title="ValueError: bad")
    ids = [factories.event(db, issue, {"logger": f"shop.{n}"}, environment="e") for n in range(3)]
    spoil = DAMAGE[damage]
    if spoil is None:
        db.execute("DELETE FROM event_payloads WHERE id = ?", (ids[1],))
    else:
        (data,) = db.execute("SELECT data FROM event_payloads WHERE id = ?", (ids[1],)).fetchone()
        db.execute("UPDATE event_payloads SET data = ? WHERE id = ?", (spoil(data), ids[1]))
    answer = api.get(f"/issues/{issue}/events")
    assert answer.status_code == 200
    newest, bad, oldest = answer.json["data"]
    assert (newest["logger"], oldest["logger"]) == ("shop.2", "shop.0")
    assert (newest["errors"], bad["errors"]) == ([], [UNREADABLE])
    assert set(bad) == set(newest)
    kept = ("environment", "message", "level", "type", "issueId")
    assert [bad[name] for name in kept] == ["e", "ValueError: bad", "error", "error", issue]
    assert [bad[name] for name in ("logger", "exception", "user", "extra")] == [None] * 4
    single = api.get(f"/events/{bad['id']}")
    assert (single.status_code, single.json["data"]["errors"]) == (200, [UNREADABLE])
    assert single.json["data"]["previousEventId"] == oldest["id"]


def test_a_damaged_attachment_is_a_sentence(api, db, world):
    found = factories.attachment(db, world.project, b"hello " * 50)
    db.execute("UPDATE attachment_payloads SET data = substr(data, 1, 10)")
    answer = api.get(f"/attachments/{found}/content")
    assert (answer.status_code, answer.json) == (
        404,
        {"error": "The stored content of this attachment is damaged."},
    )
