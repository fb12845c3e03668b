"""Fields of a form as the JSON that the API takes, so that both are checked by one schema.

A field is named by the path of its member: `settings.allowedOrigins`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import request

Readers = Mapping[str, Callable[[str | None], Any]]  # of fields as they were sent; None: it was not


def text(given: str | None) -> str:
    return given or ""


def optional(given: str | None) -> str | None:
    return (given or "").strip() or None


def lines(given: str | None) -> list[str]:
    """One entry a line."""
    return [line.strip() for line in (given or "").splitlines() if line.strip()]


def flag(given: str | None) -> bool:
    return given is not None


def number(given: str | None) -> int | str | None:
    """What is no whole number stays text, for the schema to refuse."""
    found = (given or "").strip()
    return int(found) if found.isascii() and found.isdigit() and len(found) < 20 else found or None


def sent(readers: Readers) -> dict[str, Any]:
    """The body that the form stands for."""
    body: dict[str, Any] = {}
    for path, reader in readers.items():
        *outer, name = path.split(".")
        place = body
        for step in outer:
            place = place.setdefault(step, {})
        place[name] = reader(request.form.get(path))
    return body


def shown(body: Mapping[str, Any], readers: Readers) -> dict[str, Any]:
    """The values of the fields, by their names."""
    found = {}
    for path in readers:
        held: Any = body
        for step in path.split("."):
            held = held[step]
        found[path] = "\n".join(held) if isinstance(held, list) else "" if held is None else held
    return found


def by_field(errors: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by the names of the fields; of a list with the line."""
    found: dict[str, str] = {}
    for path, sentence in errors.items():
        field, _, place = path.rpartition(".")
        if place.isdigit():
            found.setdefault(field, f"Line {int(place) + 1}: {sentence}")
        else:
            found.setdefault(path, sentence)
    return found
