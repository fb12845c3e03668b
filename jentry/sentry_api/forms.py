"""Forms with files, as release tools send them: read in memory, within a limit."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from jentry.app.body import read
from jentry.errors import BadRequest, TooLarge

# Bytes of a part that is no file; of files the parser keeps some, and adds 64 KiB at a time.
MOST_FIELD = 1024 * 1024


def files_of_form(most: int, parts: int) -> Iterator[tuple[str, FileStorage]]:
    """Name and file of each part. Raises TooLarge, BadRequest."""
    if request.mimetype != "multipart/form-data":
        raise BadRequest("Send a multipart/form-data body.")
    data = read(most)
    parser = FormDataParser(
        stream_factory=_in_memory,
        max_form_memory_size=MOST_FIELD,
        max_form_parts=parts,
        silent=False,
    )
    try:
        _, _, files = parser.parse(
            BytesIO(data), request.mimetype, len(data), request.mimetype_params
        )
    except RequestEntityTooLarge:
        raise TooLarge(
            f"The form has more than {parts} parts, or one that is no file and too large."
        ) from None
    except ValueError as error:
        raise BadRequest(f"The form cannot be read: {error}.") from None
    yield from files.items(multi=True)


def _in_memory(*_: Any, **__: Any) -> BytesIO:
    return BytesIO()
