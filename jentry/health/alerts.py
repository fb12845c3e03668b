"""Whether anybody would hear of an error."""

from collections.abc import Iterator
from contextlib import closing

from jentry.health.findings import Finding
from jentry.settings import Settings
from jentry.store import alert_channels, connection

NOBODY = "no mail server is set (JENTRY_SMTP_URL): nobody will hear of errors"


def alerts(settings: Settings) -> Iterator[Finding]:
    """An organization that is only invented needs nobody."""
    if not settings.alerts:
        yield Finding("alerts", "warning", "JENTRY_ALERTS is off: nobody will hear of errors")
        return
    has_mail = settings.smtp_url is not None
    with closing(connection.connect(settings.db)) as db:
        silent = alert_channels.silent_organizations(db, has_mail=has_mail)
        failing = alert_channels.failing(db)
    if silent:
        who = f"in {', '.join(silent[:5])} nobody will hear of errors: no rule leads to a channel"
        yield Finding("alerts", "warning", who if has_mail else NOBODY)
    for name, organization in failing:
        yield Finding("alerts", "warning", f"the alert channel {name} of {organization} fails")
    if not silent and not failing:
        yield Finding("alerts", "ok", "Alerts have somewhere to go.")
