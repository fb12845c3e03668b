"""Packages that npm installs, as a lock file names them; a skip without node or a registry."""

import shutil
import subprocess

import pytest


def install(folder, *options):
    """What the package.json of the folder needs; the folder."""
    return run(folder, "ci", *options)


def add(folder, *packages):
    """Others, or in other versions."""
    return run(folder, "install", "--no-save", *packages)


def run(folder, *words):
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("needs node and npm")
    done = subprocess.run(
        ["npm", *words, "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"npm cannot install the packages: {done.stderr[-300:]}")
    return folder
