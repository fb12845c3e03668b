"""What all schemas share: names in camelCase, fields that read strictly, errors in one sentence."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from jentry import clock
from jentry.errors import BadRequest
from jentry.vocabulary import MAX_ID

LONGEST_URL = 2048
LONGEST_SHA = 64  # of a commit
_IN_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*"
ONE_LINE = rf"^\s*{_IN_LINE}\S{_IN_LINE}\s*$"  # of a name


class WireSchema(Schema):
    """snake_case inside, camelCase on the wire. Members that are not known are ignored."""

    class Meta:
        unknown = EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        if field_obj.data_key is None:
            field_obj.data_key = camel(field_name)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def sentence(messages: Any) -> str:
    """The first error, with its place: `commits.0.sha: Missing data for required field.`"""
    path = []
    while not isinstance(messages, str):
        if isinstance(messages, Mapping):
            key, messages = next(iter(messages.items()))
            if key != "_schema":
                path.append(str(key))
        else:
            messages = messages[0]
    return f"{'.'.join(path)}: {messages}" if path else messages


def load(schema: Schema, data: Mapping[str, Any]) -> Any:
    """Raises BadRequest."""
    try:
        return schema.load(data)
    except ValidationError as error:
        raise BadRequest(sentence(error.messages)) from None


def load_or_tell(schema: Schema, data: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    """What is loaded, or None and what is wrong with each member: `settings.codeLink` -> sentence.

    Of an entry of a list the path ends in its place: `settings.allowedOrigins.2`.
    """
    try:
        return schema.load(data), {}
    except ValidationError as error:
        return None, dict(_wrong(error.messages))


def _wrong(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _wrong(inner, path if key == "_schema" else f"{path}.{key}".lstrip("."))
    else:
        yield path, messages[0]


def load_leniently(schema: Schema, data: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """What is loaded with the defaults in place of members that are wrong, and their names."""
    left = dict(data)
    while True:
        try:
            return schema.load(left), [name for name in data if name not in left]
        except ValidationError as error:
            bad = set(error.messages) if isinstance(error.messages, dict) else set()
            wrong = [name for name in left if name in bad or name.partition("[")[0] in bad]
            if not left:
                raise
            for name in wrong or list(left):
                del left[name]


class Count(fields.Integer):
    """A number in a query string: decimal digits, nothing else."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,4000}", value):
            raise self.make_error("invalid")
        return int(value)


class Limit(Count):
    def __init__(self, default: int | None) -> None:
        super().__init__(load_default=default, validate=validate.Range(1, 100))


class Whole(fields.Integer):
    """A whole number in a body. `true`, `"3"`, `3.0` and `1e3` are none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)


class Id(Whole):
    """An id in a body."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(1, MAX_ID), **kwargs)


class Text(fields.String):
    """A string that can be stored: trimmed, and without NUL or half a surrogate pair.

    `longest` counts characters, blanks around them too, so that a schema can say it. With `cut`
    what is longer is cut, not refused. `pattern` is what the store demands of the text besides,
    for the OpenAPI document to say.
    """

    def __init__(
        self,
        longest: int,
        *,
        shortest: int = 0,
        cut: bool = False,
        pattern: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.longest = longest
        self.cut = cut
        self.pattern = pattern
        self.bounds = validate.Length(shortest or None, None if cut else longest)
        rules = [self.bounds, *kwargs.pop("rules", [])]
        super().__init__(validate=rules, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, *args, **kwargs)
        self.bounds(text)
        text = text.strip()
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValidationError("Must not contain NUL characters or half a surrogate pair.")
        return text[: self.longest] if self.cut else text


class Url(Text):
    """An address that can be shown as a link."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LONGEST_URL, rules=[_require_web_address], **kwargs)


class Instant(fields.DateTime):
    """ISO 8601 in, with any offset or none (UTC); fixed-width UTC text inside and out."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            moment = datetime.fromisoformat(value)
            return clock.timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except (TypeError, ValueError, OverflowError):
            raise ValidationError(
                "Must be a time in ISO 8601, such as 2026-06-29T12:30:00Z."
            ) from None

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return value


def _require_web_address(text: str) -> None:
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web or not text.isprintable() or " " in text:
        raise ValidationError("Must be an address that begins with http:// or https://.")
