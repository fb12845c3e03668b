"""Docstrings cite sections of the READMEs inside the package: each of them exists."""

import re
from pathlib import Path

import pytest

import jentry

ROOT = Path(jentry.__file__).parent
CITATION = re.compile(
    r"(?:`(?P<path>[\w/]+/README\.md)`|README): (?P<names>[A-Z][\w -]*(?:, [A-Z][\w -]*)*)\."
)


def headings(readme):
    return set(re.findall(r"^## (.+)$", readme.read_text("utf-8"), re.MULTILINE))


def readme_of(module):
    return next(readme for folder in module.parents if (readme := folder / "README.md").exists())


def citations():
    for module in sorted(ROOT.rglob("*.py")):
        for found in CITATION.finditer(module.read_text("utf-8")):
            readme = ROOT / found["path"] if found["path"] else readme_of(module)
            name = ".".join(module.relative_to(ROOT).with_suffix("").parts)
            yield pytest.param(readme, found["names"].split(", "), id=name)


@pytest.mark.parametrize(("readme", "names"), list(citations()))
def test_a_cited_section_exists(readme, names):
    assert set(names) <= headings(readme)


def test_each_section_of_the_protocol_is_cited_where_it_is_followed():
    readme = ROOT / "ingest" / "README.md"
    cited = {name for found in citations() if found.values[0] == readme for name in found.values[1]}
    assert headings(readme) - cited == {"Glossary"}
