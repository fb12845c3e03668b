"""Hand-written SQL, one file a table or what belongs to it. It knows sqlite3, not Flask.

A function takes the connection first and never commits; the Actor is its second argument, and the
Actor's organization a condition of every statement. What changes something writes its audit row.

One text is to run on SQLite and PostgreSQL alike; `tests/test_sql_rules.py` looks for what does
not. Only `engines/`, `checks.py` and migrations may say what one engine understands.

- A generated id comes from RETURNING and is never given as NULL. A conflict names its target, and
  in DO UPDATE each column says whose it is: `issue_hours.events + excluded.events`.
- A condition is a comparison (`is_demo = 1`); after IS stands NULL or NOT NULL. A value whose place
  gives it no type gets a CAST: `? IS NULL`, `THEN ?`, a NULL in the first part of a UNION.
- A list has an ORDER BY that ends in a unique column; of columns that may be NULL, sort `x IS NULL`
  first. LIMIT is not negative.
- A SELECT in a FROM has a name. Every column that is selected is grouped or aggregated. Times,
  folding, division, joining of text and the larger of two values are worked out in Python. LIKE is
  for folded columns, with ESCAPE.
- Stored text has no NUL and no lone surrogate; what an index holds is shorter than 2,700 bytes.
- Many rows are written with `executemany`, in the order of their keys.
- Nothing read before the write lock decides on what is written after it. No statement is tried to
  see whether it fails.
"""
