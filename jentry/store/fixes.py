"""Issues that the message of a commit says it fixes: `Fixes SHOP-42`. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST = 50  # issues of a message
REVERT = 'Revert "'  # how a message begins that quotes another one

VERB = re.compile(r"\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?)\b:?(?=\s)", re.IGNORECASE)
BLANK = re.compile(r"\s{1,8}")
BETWEEN = re.compile(r"\s{0,8}(?:,|&|and\b){1,2}\s{1,8}|\s{1,8}(?:and\s{1,8})?", re.IGNORECASE)
SHORT = r"(?P<slug>[a-z0-9][a-z0-9-]{0,49})-(?P<of_slug>[0-9]{1,16})(?![\w-])"
NAME = re.compile(
    rf"jentry\#(?P<number>[0-9]{{1,16}})(?!\w)|(?P<link>https?://[^\s<>()\"']{{1,2000}})|{SHORT}"
    r"|[\w./-]{0,100}\#[0-9]{1,16}(?!\w)",  # of the code host, whose numbers mean others
    re.IGNORECASE,
)
PAGE = re.compile(
    r"/projects/(?P<project>[0-9]{1,16})/issues/(?P<number>[0-9]{1,16})(?:/.*)?"
    rf"|/organizations/[^/]{{1,50}}/issues/(?:(?P<only>[0-9]{{1,16}})|{SHORT})(?:/.*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """An issue by its number; `slug` and `project_id` are those of its project, if they are
    told.
    """

    issue_id: int
    slug: str | None = None
    project_id: int | None = None


def named(message: str, site: str) -> list[Named]:
    """In their order, at most MOST. `site` is the address of this server: links to another one
    are none.
    """
    if message.startswith(REVERT):
        message = message.partition("\n")[2]
    found: list[Named] = []
    place = 0
    while len(found) < MOST and (verb := VERB.search(message, place)):
        place = verb.end()
        gap = BLANK.match(message, place)
        while gap and len(found) < MOST and (name := NAME.match(message, gap.end())):
            place = name.end()
            found += _named(name, site)
            gap = BETWEEN.match(message, place)
    return found


def _named(name: re.Match[str], site: str) -> list[Named]:
    if name["number"]:
        return [Named(int(name["number"]))]
    if name["slug"]:
        return [Named(int(name["of_slug"]), slug=name["slug"].lower())]
    if not name["link"] or not name["link"].startswith(f"{site}/"):
        return []
    page = PAGE.fullmatch(urlsplit(name["link"][len(site) :].rstrip(".,;:!?")).path)
    if page is None:
        return []
    if page["number"]:
        return [Named(int(page["number"]), project_id=int(page["project"]))]
    if page["only"]:
        return [Named(int(page["only"]))]
    return [Named(int(page["of_slug"]), slug=page["slug"].lower())]
