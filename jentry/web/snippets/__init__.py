"""How to point an SDK at a project: one TOML file for each platform in this folder.

Each works as pasted into an empty project of its platform, and is named as Sentry names it.
`{dsn}` stands for the project's DSN.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

DSN = "{dsn}"
USUAL = "python"
GROUPS = (
    "Python", "JavaScript", "Java and Kotlin", "PHP", "Ruby", "Go, Rust, .NET, Elixir", "Apps",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """Something to paste."""

    name: str
    code: str
    language: str  # for pygments
    place: str  # where in the file, in words before its name; empty: this is all of it


@dataclass(frozen=True, slots=True)
class Snippet:
    platform: str
    title: str
    group: str
    aliases: tuple[str, ...]
    install: str  # a command; may be empty: what is pasted says it
    files: tuple[File, ...]
    run: str  # a command, or what to do when it `is_said`
    is_said: bool
    visit: str  # where the error is then raised; empty: it is at once


@cache
def snippets() -> dict[str, Snippet]:
    """By platform, in the order of their groups."""
    folder = resources.files(__name__)
    found = [
        _read(file.name.removesuffix(".toml"), file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    ]
    found.sort(key=lambda each: (GROUPS.index(each.group), each.platform))
    return {each.platform: each for each in found}


def choices() -> list[tuple[str, str]]:
    """Platform and title of each."""
    return [(each.platform, each.title) for each in snippets().values()]


def grouped() -> dict[str, list[Snippet]]:
    """By group."""
    groups: dict[str, list[Snippet]] = {}
    for each in snippets().values():
        groups.setdefault(each.group, []).append(each)
    return groups


def find(*wanted: str | None) -> Snippet:
    """Of the first platform that is known: by its name, by a part of it (`flask`,
    `python-tornado`), or by another name; Python's for none.
    """
    for word in filter(None, wanted):
        if found := _named(word):
            return found
    return snippets()[USUAL]


def _named(word: str) -> Snippet | None:
    known = snippets()
    if word in known:
        return known[word]
    for each in known.values():
        if word in each.aliases or each.platform.endswith(f"-{word}"):
            return each
    return known.get(word.partition("-")[0])


def _read(platform: str, text: str) -> Snippet:
    held = tomllib.loads(text)
    files = tuple(
        File(
            name=file["name"],
            code=file["code"].lstrip("\n"),
            language=file.get("language", held["language"]),
            place=file.get("place", ""),
        )
        for file in held["files"]
    )
    return Snippet(
        platform=platform,
        title=held["title"],
        group=held["group"],
        aliases=tuple(held.get("aliases", ())),
        install=held.get("install", ""),
        files=files,
        run=held["run"],
        is_said=held.get("is_said", False),
        visit=held.get("visit", ""),
    )
