"""Files of ours that are no modules, found both in a checkout and in an installed wheel."""

from importlib import resources
from pathlib import Path


def resource(name: str) -> Path:
    """A file or folder of the package; `schema.sql` and `seed` stand beside it in a checkout."""
    packaged = Path(str(resources.files("jentry"))) / name
    return packaged if packaged.exists() else packaged.parents[1] / name
