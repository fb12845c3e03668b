"""What every process that answers requests does first."""

import logging

from flask.logging import default_handler

from jentry.app import logs
from jentry.settings import Settings, mistyped
from jentry.store import migrations

log = logging.getLogger(__name__)


def prepare(settings: Settings | None) -> Settings:
    """The settings to serve by, with the log as they want it and the file of this version.

    Raises SettingsError or CannotOpen when it could never serve. Who is given the settings is one
    of several, begins anew and has served before: it does not end while a database server is away.
    """
    is_given = settings is not None
    if settings is None:
        settings = Settings.from_env()
        for line in mistyped():
            log.warning(line)
    logger = logging.getLogger("jentry")
    if not logger.hasHandlers():
        logger.addHandler(default_handler)
    logs.shape(logger, settings.log)
    try:
        prepared = migrations.prepare(settings.db, log.warning)
    except migrations.CannotReach as error:
        if not is_given:
            raise
        logger.warning("%s Requests are answered with 503 until it can.", error)
        return settings
    if prepared.note:
        logger.warning(prepared.note)
    return settings
