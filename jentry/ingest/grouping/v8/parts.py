"""What language an event is of, as these rules know it."""

from jentry.ingest.grouping.parts import DART, Event, text


def language(event: Event) -> str:
    """The platform; the client of Dart says `other` for it, but in browsers."""
    platform = text(event.get("platform"))
    if platform == "other" and isinstance(sdk := event.get("sdk"), dict):
        return DART if text(sdk.get("name")).startswith("sentry.dart") else platform
    return platform
