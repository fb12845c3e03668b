"""Templates: an engine's frames are all alike, so their files count, or what the message names."""

import re
from typing import Any

from jentry.byte_cache import bounded
from jentry.ingest.grouping.names import MANY_DIGITS, MAX_NAME, clean_file
from jentry.ingest.grouping.parts import frames, text
from jentry.ingest.grouping.words import words

Raised = dict[str, Any]

TEMPLATES = words(
    """
    cfm cfc html htm xhtml j2 jinja jinja2 erb haml slim twig ejs hbs pug mustache liquid jsp ftl vm
    mako tpl phtml ep eex heex leex cshtml razor tt tt2 lua vue svelte astro
    """
)


def clean_template(path: str) -> str:
    """A template's folder and name: all of an engine's have the same functions, many one name."""
    if path.rpartition(".")[2].lower() not in TEMPLATES and not path.endswith(".blade.php"):
        return ""
    path = path[-MAX_NAME:].lower().replace("\\", "/")
    folder, _, name = path.rpartition("/")
    folder = folder.rpartition("/")[2]
    is_stable = folder and not MANY_DIGITS.search(folder)
    return f"{folder}/{clean_file(name)}" if is_stable else clean_file(name)


def is_a_view(module: str, template: str) -> bool:
    """Whether .NET named the class after it: `Shop.Views_Cart_Row`, `Shop.Row` of `Row.razor`."""
    name, _, kind = template.rpartition("/")[2].rpartition(".")
    return kind in ("cshtml", "razor") and module.lower().endswith((f"_{name}", f".{name}"))


MAX_TEXT = 1000  # characters at the beginning, and as many at the end, that are looked at
NAMED = re.compile(
    r'^"?([^"\n]{1,300}\.\w{2,8}):\d+"?\n *(?:>> )?\d+\|'  # EJS, Pug: lines of it follow
    r"|^\(([^()\n]{1,300})\) \[Line \d+, Column \d+\]"  # Nunjucks
    r'|\bin "([^"\n]{1,300}\.twig)"'
    r"|\(View: ([^()\n]{1,300}\.blade\.php)\)"
    r"|^template: ([\w./-]{1,300}):\d+"  # Go
    r"|^Liquid error \(([^()\n]{1,300}) line \d+\)"
    r'|[ (]template:? "([^"\n]{1,300})" (?:at|-) line'  # FreeMarker, Thymeleaf
    r"|^file error - ([^\s:]{1,300}): not found"  # Template Toolkit
    r"|^[\w.]{1,40} error - [^\n]{1,300}\n at ([^\s:]{1,300}\.tt2?) line \d"
    r"| at template ([\w./-]{1,300}) line \d"  # Mojolicious
    r"| at ([\w./-]{1,300}\.vm)\[line \d"  # Velocity
    r"|^An exception occurred processing \[([^\]\n]{1,300})\] at line"  # JSP
)
HINT = re.compile(
    r"\.\w{2,8}:\d+\"?\n|\[Line |\.twig\"|\(View: |[Tt]emplate|Liquid|processing \[|^file error - "
    r"|\.tt2? line |\.vm\[line "
)


def named(value: str) -> str:
    """`cart/show.html.twig` of `... in "cart/show.html.twig" at line 4`; empty without any."""
    return _named(value[:MAX_TEXT] + value[MAX_TEXT:][-MAX_TEXT:])


@bounded(256 * 1024)
def _named(value: str) -> str:
    found = NAMED.search(value) if HINT.search(value) else None
    if found is None:
        return ""
    path = next(filter(None, found.groups())).replace("\\", "/")
    folder = path.rpartition("/")[0].rpartition("/")[2].lower()
    name = clean_file(path)
    return f"{folder}/{name}" if folder and not any(map(str.isdigit, folder)) else name


def is_of(trace: list[Raised], template: str) -> bool:
    """Whether the crash frame is of this template: not all versions of an engine name it, too."""
    name = clean_template(text(trace[0].get("filename"))) if trace else ""
    return bool(name) and name.endswith(template.rpartition("/")[2])


# What Laravel compiles one to; not all of its versions tell PHP where it comes from.
VIEW = re.compile(r"/framework/views/[0-9a-f]{16,64}\.php$")


def named_views(chain: list[Raised]) -> list[Raised]:
    """The exceptions with the template, which one of them names, for the file that ran."""
    template = next(filter(None, (named(text(raised.get("value"))) for raised in chain)), "")
    return [_named_view(raised, template) for raised in chain] if template else chain


def _named_view(raised: Raised, template: str) -> Raised:
    found = [
        frame | {"filename": template, "abs_path": template, "function": None}
        if VIEW.search(text(frame.get("filename")))
        else frame
        for frame in frames(raised)
    ]
    return raised | {"stacktrace": {"frames": found}} if found else raised
