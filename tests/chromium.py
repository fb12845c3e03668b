"""Where Chromium is, and how it is started."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-proxy-server",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
MISSING = "needs Chromium: apt-get install chromium"


def find():
    """Its path; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright):
    return playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
