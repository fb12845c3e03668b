"""What an import did about people, keys and ids, of a file and of another tracker alike."""

from typing import Any

from jentry.store.transfer.load import Report


def members(report: Report) -> dict[str, Any]:
    return {
        "invited": report.invited,
        "newKeys": [{"project": slug, "publicKey": key} for slug, key in report.new_keys],
        "newIds": [{"project": slug, "id": number} for slug, number in report.moved_ids],
    }


def without_password(report: Report) -> list[str]:
    return [
        f"{email} has no password yet: `jentry user reset {email}` makes a link."
        for email in report.invited
    ]


def in_use(report: Report) -> list[str]:
    keys = [
        f"The key of {slug} is in use here; its new one is {key}." for slug, key in report.new_keys
    ]
    return keys + [
        f"The id of {slug} is in use here; it is {number} now: its DSN changes."
        for slug, number in report.moved_ids
    ]
