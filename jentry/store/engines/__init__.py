"""What is particular to an engine: how it is opened, locked, committed to, and how it refuses.

The words that all of jentry says to a database are in `connection.py`; nothing else imports from
here but what works on the file itself: `database.py`, `checks.py`, `disk.py`, backups, migrations.
"""
