"""Browser, system and device from a User-Agent header: the common ones, by our own rules."""

import re

from jentry.byte_cache import bounded

# The order matters: nearly all of them call themselves Chrome and Safari as well. What has several
# parts is looked for from the start, each part once: `(?>` gives nothing back.
BROWSERS = (
    ("Edge", re.compile(r"(?:Edg|Edge|EdgA|EdgiOS)/([\d.]+)")),
    ("Opera Mini", re.compile(r"Opera Mini/([\d.]+)")),
    ("Opera", re.compile(r"(?:OPR|OPiOS)/([\d.]+)")),
    ("Opera", re.compile(r"\A(?>.*?Opera[/ ])(?>.*?Version/([\d.]+))")),
    ("Opera", re.compile(r"Opera[/ ]([\d.]+)")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/([\d.]+)")),
    ("IE", re.compile(r"MSIE ([\d.]+)")),
    ("IE", re.compile(r"\A(?>.*?Trident/)(?>.*?rv:([\d.]+))")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/([\d.]+)")),
    ("HeadlessChrome", re.compile(r"HeadlessChrome/([\d.]+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS|Chromium)/([\d.]+)")),
    ("Android", re.compile(r"\A(?>.*?Android)(?>.*?Version/([\d.]+))(?>.*?Safari/)")),
    ("Safari", re.compile(r"\A(?>.*?Version/([\d.]+))(?>.*?Safari/)")),
)
SYSTEMS = (
    ("iOS", re.compile(r"(?:iPhone|iPad|iPod)(?>(?:(?!iP(?:hone|ad|od))[^)])*?OS ([\d_]+))")),
    ("Android", re.compile(r"Android(?: ([\d.]+))?")),
    ("Windows Phone", re.compile(r"Windows Phone(?: OS)? ([\d.]+)")),
    ("Windows", re.compile(r"Windows NT ([\d.]+)|Windows ([\w.]+)")),
    ("macOS", re.compile(r"Mac OS X(?: ([\d_.]+))?")),
    ("Chrome OS", re.compile(r"CrOS \S+ ([\d.]+)")),
    ("Linux", re.compile(r"(?:Linux|X11)()")),
)
WINDOWS = {"10.0": "10", "6.3": "8.1", "6.2": "8", "6.1": "7", "6.0": "Vista", "5.1": "XP"}
APPLE_DEVICE = re.compile(r"\((iPhone|iPad|iPod)")
ANDROID_DEVICE = re.compile(
    r"Android(?>(?:(?!Android)[^;)])*); (?:[a-z]{2}[-_][A-Za-z]{2}; )?([^;)]++)[;)]"
)
NO_DEVICES = ("Mobile", "Tablet", "wv", "K")


@bounded(512 * 1024)
def parse(agent: str) -> dict[str, dict[str, str]]:
    """`browser`, `os` and `device`, each if it is known. The result is shared: do not change it."""
    found = {}
    if browser := _first(BROWSERS, agent):
        found["browser"] = browser
    if system := _first(SYSTEMS, agent):
        if system["name"] == "Windows" and "version" in system:
            system["version"] = WINDOWS.get(system["version"], system["version"])
        found["os"] = system
    if device := _device(agent):
        found["device"] = device
    return found


def _first(rules: tuple[tuple[str, re.Pattern[str]], ...], agent: str) -> dict[str, str] | None:
    for name, pattern in rules:
        if match := pattern.search(agent):
            version = next((group for group in match.groups() if group), "")
            version = version.replace("_", ".").strip(".")
            return {"name": name, "version": version} if version else {"name": name}
    return None


def _device(agent: str) -> dict[str, str] | None:
    if match := APPLE_DEVICE.search(agent):
        return {"family": match[1], "model": match[1], "brand": "Apple"}
    if match := ANDROID_DEVICE.search(agent):
        model = match[1].partition(" Build/")[0] or match[1]
        return None if model in NO_DEVICES else {"family": model, "model": model}
    return None
