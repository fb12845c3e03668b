"""Filters of templates: numbers, names and texts as people read them."""

import re
from typing import Any

from markupsafe import Markup, escape

from jentry.presentation import activity, health, sections, text, times

BREAKS = re.compile(r"(?<=[/\\.])(?=[^/\\.])")


def shown(value: Any) -> Any:
    """Of every text that a template puts into a page: what no eye could see becomes an escape."""
    return text.visible(value) if type(value) is str else value


def breakable(value: str) -> Markup:
    """A path or name that may go on in the next line after each of its parts."""
    return Markup("<wbr>").join(escape(text.visible(part)) for part in BREAKS.split(value))


def title_parts(issue: dict[str, Any]) -> tuple[str, str]:
    """The type of an error, and what it says; a message is all title."""
    kind, separator, rest = issue["title"].partition(": ")
    if issue["type"] != "error" or not separator or " " in kind:
        return issue["title"], ""
    return kind, rest


def percent(share: float) -> str:
    return f"{share:.0f}%" if share >= 1 or share == 0 else "<1%"


def first_word(value: str) -> str:
    return value.split("@")[0].split()[0] if value.strip() else value


def short_version(version: str) -> str:
    """`shop@1.4.2` -> `1.4.2`."""
    return version.rpartition("@")[2] or version


FILTERS = {
    "bytes": text.size,
    "breakable": breakable,
    "capitalize_first": lambda value: value[:1].upper() + value[1:],
    "first_word": first_word,
    "lasting": times.until,
    "linked": activity.linked,
    "grade": health.grade,
    "percent": percent,
    "quantity": text.count,
    "title_parts": title_parts,
    "short_version": short_version,
    "web_address": text.web_address,
    "who": sections.who,
}
