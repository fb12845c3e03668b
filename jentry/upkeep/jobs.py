"""All jobs. `Job` and the package's docstring say how to add one."""

from jentry.settings import Settings
from jentry.upkeep import conditions
from jentry.upkeep.job import Job


def jobs(settings: Settings) -> tuple[Job, ...]:
    """Those that the settings ask for."""
    return (Job("conditions", conditions.run, every=60),)
