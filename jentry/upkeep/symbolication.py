"""Events that came before their artifacts, or whose map was not read in time, are mapped again."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from jentry.ingest.symbolication.remapping import changes
from jentry.ingest.symbolication.symbols import Symbols
from jentry.mapper.master import Mapper, is_there
from jentry.store import regrouping, remapping, scopes
from jentry.store.kept import KeptReader
from jentry.store.remapping import CHUNK
from jentry.upkeep.job import Work


def run(work: Work) -> None:
    """From where it was; each chunk says in its own transaction that it is done."""
    if not is_there():
        return
    waiting = remapping.pending(work.reading())
    if not waiting and remapping.next_remapping(work.reading()) is None:
        return
    with _symbols(work) as symbols:
        for project_id, ids in waiting:
            found = changes(work.reading(), symbols, project_id, ids)
            with work.writing(scopes.of_projects([project_id])) as (db, at):
                regrouping.write(db, project_id, found, at)
        while (task := remapping.next_remapping(work.reading())) is not None:
            symbols.forget()
            _heal(work, symbols, task)


def _heal(work: Work, symbols: Symbols, task: remapping.Remapping) -> None:
    about = scopes.of_projects([task.project_id])
    ids = remapping.waiting_for(work.reading(), task)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        found = changes(work.reading(), symbols, task.project_id, part)
        with work.writing(about) as (db, at):
            counts = regrouping.write(db, task.project_id, found, at)
            remapping.advance(db, task, part, counts)
    if not ids:
        with work.writing(about) as (db, at):
            remapping.finish(db, task, at)


@contextmanager
def _symbols(work: Work) -> Iterator[Symbols]:
    path = work.settings.db
    with closing(KeptReader(path)) as keys, closing(Symbols(path, keys, Mapper())) as symbols:
        yield symbols
