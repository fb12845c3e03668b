"""Names of sources as bundlers write them into maps -> the file a person knows."""

import re

SCHEME = re.compile(
    r"turbopack:///\[project\]/|(?:webpack|vite|rollup|ng|app|file)://[^/]*+/*+|https?://[^/]*+/++"
)
DOTS = re.compile(r"(?>(?:\.{0,2}/++)+)")
HASH = re.compile(r"\?[0-9a-f]{4,}$")
EXTENSION = re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte)$")
FOREIGN = ("node_modules/", "(webpack)", "~/")
FOREIGN_ROOTS = ("webpack/", "vite/")
BUNDLER = re.compile(r"[^/]*+/webpack/(?:bootstrap|runtime)")


def filename(source: str) -> str:
    """`webpack://shop/./src/a.ts?3f2a` -> `src/a.ts`; some plugins take the scheme away before."""
    found = SCHEME.match(source)
    rest = (source[found.end() :] if found else source).rpartition("/./")[2]
    dots = DOTS.match(rest)
    return HASH.sub("", rest[dots.end() :] if dots else rest) or source


def module(name: str) -> str:
    """Of a file name: without its extension."""
    return EXTENSION.sub("", name)


def is_own(name: str) -> bool:
    """Whether a file name is that of the application's own code."""
    is_bundler = name.startswith(FOREIGN_ROOTS) or BUNDLER.match(name)
    return not (is_bundler or any(part in name for part in FOREIGN))
