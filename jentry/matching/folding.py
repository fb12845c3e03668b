"""Text without regard to case."""

import unicodedata


def fold(text: str) -> str:
    """Composed, and without case in any script."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
