"""Erasing one person: found first, confirmed second, then nothing of them is left in the file.

    records (asked for, shown, confirmed) -> finding (reads everything) -> erasing (step by step)

`person.py` says what is the person's and what only mentions them. How far it is stands in the row
of `erasures`; what was found in `erasure_finds`, from which a row goes with what it names. So it
goes on after kill -9, and any part may be done twice.
"""
