"""What keeps a database from being used, whatever its engine: raised, and put into words."""

UNREACHABLE = "the database file is missing, or cannot be reached"
DISK_FULL = "the disk is full"
BUDGET_FULL = "the disk budget is full"
READ_ONLY = "the disk or the file is read-only"
DAMAGED = "the database file is damaged"
BROKEN = "the disk does not work"
BUSY = "another program holds the database"
NO_MEMORY = "the server has no memory left"
SILENT = "the database server does not answer"
STANDBY = "the database is a standby"
LOST = (SILENT, STANDBY)


class Unusable(Exception):
    """The database cannot be used just now. The text says why, without paths, for anybody."""


class Busy(Unusable):
    """The write lock could not be had in the time allowed."""


class Lost(Unusable):
    """The server does not answer: what was asked for is not done, or nobody knows. It may pass."""


class Replaced(Unusable):
    """What was written went to a file that the path does not name any more, or would have."""


class Full(Unusable):
    """Nothing can be stored until there is room again."""
