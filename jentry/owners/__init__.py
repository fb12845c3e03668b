"""Whom an error belongs to: ownership rules of a project, and the commits that are suspected."""
