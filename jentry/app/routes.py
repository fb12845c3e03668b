"""Routes whose addresses are rarely built."""

from typing import Any

from werkzeug import routing


class Rule(routing.Rule):
    """werkzeug writes two functions for each route, which build its address: that was most of the
    time that it took to put the application together. Here each is written when it is first used.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        write, written = super()._compile_builder, None

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            nonlocal written
            if written is None:
                written = write(append_unknown)
            return written(rule, **values)

        return build
