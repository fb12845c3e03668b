"""An event as Markdown, complete enough for a ticket or a coding agent.

Texts of the event stand in code, whose fences they cannot close, or with all of Markdown's own
signs escaped: nothing in it is a heading, a link or an instruction of the page.
"""

import re
from collections.abc import Iterator
from typing import Any

from jentry.ingest.grouping.parts import frames, values
from jentry.presentation import crumbs, raw, request, sections
from jentry.presentation.text import FILTERED, count, visible, word
from jentry.presentation.values import plain

SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~&@]|:(?=//)|(?<=\bwww)\.)", re.IGNORECASE)
SOURCE_FRAMES = 8  # the newest, those of the application first
LONGEST_VALUE = 300
NEWEST_CRUMBS = 30


def markdown(event: dict[str, Any], issue: dict[str, Any], permalink: str) -> str:
    """`issue` as `store/issues.get` has it."""
    parts = [
        f"# {escaped(issue['title'])}",
        "\n".join(_facts(event, issue, permalink)),
        _message(event),
        _stack(event),
        _source(event),
        _crumbs(event),
        _request(event),
        _pairs("Tags", sections.tags(event)),
        *(_values(group.heading, group.pairs) for group in _groups(event)),
        _values("Extra", sections.extra_data(event)),
    ]
    return visible("\n\n".join(filter(None, parts))) + "\n"


def escaped(text: str) -> str:
    """One line in which nothing means anything to Markdown."""
    return SIGNS.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """In one line, between as many backticks as it takes."""
    line = " ".join(text.split()) or " "
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(text: str, language: str = "") -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _facts(event: dict[str, Any], issue: dict[str, Any], permalink: str) -> Iterator[str]:
    yield f"- Issue: [#{issue['id']}]({permalink})"
    yield (
        f"- {count(issue['count'], 'event')}, {count(issue['user_count'], 'user')}, "
        f"first seen {issue['first_seen']}, last seen {issue['last_seen']}"
    )
    yield f"- Event: {code(event['id'])} at {event['timestamp']}"
    for label, held in (
        ("Level", event.get("level")),
        ("Culprit", issue.get("culprit")),
        ("Release", event.get("release")),
        ("Environment", event.get("environment")),
        ("Transaction", event.get("transaction")),
        ("Platform", event.get("platform")),
        ("User", sections.who(event)),
    ):
        if held and FILTERED not in held:
            yield f"- {label}: {code(held)}"


def _message(event: dict[str, Any]) -> str:
    if text := sections.message(event):
        return f"## Message\n\n{block(text)}"
    if not values(event, "exception") and "\n" in event["message"].strip():
        return f"## Message\n\n{block(event['message'])}"
    return ""


def _stack(event: dict[str, Any]) -> str:
    text = raw.raw(event)
    return f"## Stack trace\n\n{block(_clean(text))}" if text else ""


def _source(event: dict[str, Any]) -> str:
    """Source lines and variables of the frames that matter."""
    holders = [*reversed(values(event, "exception")), event]
    every = [one for holder in holders for one in reversed(frames(holder))]
    wanted = [one for one in every if one.get("in_app")] or every
    parts: list[str] = []
    for one in wanted:
        text = "\n\n".join(filter(None, (_lines(one, event["platform"]), _variables(one))))
        if text and len(parts) < SOURCE_FRAMES:
            place = word(one.get("filename")) or word(one.get("module")) or "?"
            function = word(one.get("function")) or "?"
            at = code(f"{place}:{one.get('lineno') or '?'}")
            parts.append(f"### {at} in {code(function)}\n\n{text}")
    return "## Source\n\n" + "\n\n".join(parts) if parts else ""


def _lines(one: dict[str, Any], platform: str) -> str:
    hot = one.get("context_line")
    if not isinstance(hot, str):
        return ""
    before = list(one.get("pre_context") or [])
    text = [*before, hot, *(one.get("post_context") or [])]
    first = (one.get("lineno") or len(before) + 1) - len(before)
    numbered = [
        f"{'>' if index == len(before) else ' '} {first + index:>5}  {line}"
        for index, line in enumerate(text)
    ]
    return block(_clean("\n".join(numbered)))


def _variables(one: dict[str, Any]) -> str:
    kept = [
        f"{name} = {_short(held)}"
        for name, held in (one.get("vars") or {}).items()
        if held != FILTERED
    ]
    return "Local variables:\n\n" + block(_clean("\n".join(kept))) if kept else ""


def _crumbs(event: dict[str, Any]) -> str:
    found = crumbs.crumbs(event)
    if not found:
        return ""
    lines = "\n".join(" ".join(line.split()) for line in crumbs.said(found[-NEWEST_CRUMBS:]))
    return f"## Breadcrumbs\n\n{block(_clean(lines))}"


def _request(event: dict[str, Any]) -> str:
    found = request.request(event)
    return f"## Request\n\n{block(_clean(found.curl), 'sh')}" if found else ""


def _groups(event: dict[str, Any]) -> list[sections.Group]:
    return [*filter(None, (sections.user(event), sections.trace(event))), *sections.contexts(event)]


def _values(heading: str, pairs: sections.Pairs) -> str:
    return _pairs(
        heading,
        [
            (name, "".join(piece.text for piece in held.pieces) + ("…" if held.rest else ""))
            for name, held in pairs
            if all(piece.kind != "filtered" for piece in held.pieces)
        ],
    )


def _pairs(heading: str, pairs: list[tuple[str, str]]) -> str:
    lines = [f"- {code(name)}: {code(held)}" for name, held in pairs if FILTERED not in held]
    return f"## {escaped(heading)}\n\n" + "\n".join(lines) if lines else ""


def _short(held: Any) -> str:
    text = " ".join(plain(held).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _clean(text: str) -> str:
    return text.replace(FILTERED, "")
