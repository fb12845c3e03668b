"""What runs besides requests: one process for a database, one clock, jobs in small steps.

    serving/server or `jentry upkeep` -> process -> keeper -> jobs -> store

The process is elected by the lock on `<db>.upkeep` (`store/upkeep.py`). `jentry serve` has it as a
child of its own, so that no job's work stands in the way of the event loop; beside a plain WSGI
server `jentry upkeep` is started by hand.

To add a job, write `def run(work: Work) -> None` in a module of this package (or of the package
that owns the matter) and a line in `jobs.py`. Each run has a thread; the next begins `every` so
many seconds after it ended, or once a day. What is to be done is written in the database, never
remembered: after kill -9 the next run goes on where this one was.

- Choose by `work.reading()`, outside every lock, in queries of at most half a second: while one
  reads, the log of what is written only grows.
- Write by `with work.writing(scope) as (db, at):`, a chunk each time that takes a few milliseconds
  (50 events). On a server the scope, of `store/scopes.py`, says whom it keeps waiting; without one
  that is everybody. It may raise, and must guard what was chosen before it had the lock
  (SQL-RULES 12: `DELETE … WHERE id = ? AND event_id = ?`). Afterwards it rests as long as it held
  the lock, and so do all other jobs; SQLite overwrites what it deletes with zeros.
- `work.pause(seconds)` waits, and `work.check()` asks in loops that do neither: all four raise
  Stopped when the process ends; let it pass.
- Whatever else a run raises is logged in one line with the job's name, and it is tried again
  after 10 seconds, 20, 40 … up to 10 minutes. Other jobs go on. A run may wait for the network as
  long as it likes, but never within `work.writing()`.
- Instants come from `at` or `clock.now()`; they may jump either way. An instant in the future is
  no reason to wait for it longer than usual.
"""
