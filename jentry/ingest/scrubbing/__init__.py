"""Secrets are taken out of everything that is stored. README.md beside this file."""

from jentry.ingest.scrubbing.event import scrub, scrub_value
from jentry.ingest.scrubbing.policy import Policy

__all__ = ["Policy", "scrub", "scrub_value"]
