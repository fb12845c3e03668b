-- In which blocks of the ids of events a trace occurs.

CREATE TABLE trace_blocks (
    block  INTEGER NOT NULL,
    trace  BLOB NOT NULL,
    PRIMARY KEY (block, trace)
) STRICT, WITHOUT ROWID;
