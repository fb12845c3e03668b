"""Any JSON object -> an event in canonical form: pure functions. README: Event attributes."""

from jentry.ingest.normalise.context import Context
from jentry.ingest.normalise.event import normalise
from jentry.ingest.normalise.names import environment_name, release_name
from jentry.ingest.normalise.user import identity

__all__ = ["Context", "environment_name", "identity", "normalise", "release_name"]
