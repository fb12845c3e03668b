"""How many examples a law is tried with: some, or all with `--hypothesis-profile thorough`.

Those tests are marked `hypothesis`: by its plugin, or by us where the law stands inside.
"""

from hypothesis import settings

THOROUGH = "thorough"
SHARE = 4  # one in so many of the examples, others in each run

settings.register_profile(THOROUGH)


def examples(number: int) -> int:
    is_thorough = settings.get_current_profile_name() == THOROUGH
    return number if is_thorough else number // SHARE
