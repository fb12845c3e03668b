"""Drills: attempts to lose events, break the file or stop the server.

Each runs as a program, `python -m tests.drills.kill --help`, and small in the suite.
"""
