"""Frames of minified code become those of its sources. README: Source maps.

`frames`, `names` and `jvm` are pure; `work` is one event; `symbols` knows what a process has looked
up; `remapping` is for stored events, `doctor` for people.
"""
