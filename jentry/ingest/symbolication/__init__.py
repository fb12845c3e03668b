"""Frames of minified code become those of its sources. README: Source maps.

`frames` and `names` are pure; `symbols` knows what a process has looked up.
"""
