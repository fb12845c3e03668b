"""Fingerprint rules of a project: saved, and tried on events that are stored."""
