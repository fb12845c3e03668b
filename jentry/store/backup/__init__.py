"""Backups: a database copied while others write to it, verified on the spot, and brought back.

    freeze -> parts, streams -> verify -> make | restore

A backup is the database file itself, in rollback mode and as a rule packed as one zstd stream.
"""
