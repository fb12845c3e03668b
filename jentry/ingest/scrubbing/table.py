"""The one table of rules: what code, tests and the page `/docs/scrubbing` are made of."""

from jentry.ingest.scrubbing import commands, looks, names, shapes, tokens
from jentry.ingest.scrubbing.rows import Row

TABLE: dict[str, tuple[Row, ...]] = {
    "Names": names.NAMES,
    "Shapes in text": (*shapes.ROWS, *commands.ROWS, *looks.ROWS, *tokens.WEB_TOKENS),
    "Tokens of well-known services": (*tokens.TOKENS, *tokens.INNER),
}
