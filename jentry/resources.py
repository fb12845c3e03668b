"""Files kept at the top of the repository, found both in a checkout and in an installed wheel."""

from importlib import resources
from pathlib import Path


def resource(name: str) -> Path:
    """`schema.sql` or `seed`: inside the package once installed, beside it in a checkout."""
    packaged = Path(str(resources.files("jentry"))) / name
    return packaged if packaged.exists() else packaged.parents[1] / name
