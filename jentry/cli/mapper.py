"""`jentry _child mapper`"""

import click


@click.command()
def in_child() -> None:
    """Read source maps: questions on standard input, answers on standard output."""
    from jentry.mapper import reading  # noqa: PLC0415 - the library must not be loaded elsewhere

    reading.main()
