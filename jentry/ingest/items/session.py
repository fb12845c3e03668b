"""Sessions: single updates and counts made by the client. PROTOCOL section 8."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from jentry import clock
from jentry.errors import BadRequest
from jentry.ingest import jsontext
from jentry.ingest.envelope import Item
from jentry.ingest.job import Job
from jentry.ingest.names import environment_name, release_name
from jentry.ingest.times import corrected, instant
from jentry.store.parcel import SessionCounts, SessionRow
from jentry.vocabulary import SESSION_STATUSES
