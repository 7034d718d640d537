"""Deleting files that nothing needs any more.

The row goes first, then the file: a crash in between leaves a file without a row, which nobody
uses and the next round deletes; the other way round a broadcast would find its file missing. What
`media.keep` has just written has no row yet, so a file must be old itself.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from appliance.crud import media as media_crud
from appliance.database import Database
from appliance.services.content import media

log = logging.getLogger(__name__)

KEEP = timedelta(days=7)
"""From the last upload: for as long a file may wait for the broadcast it was uploaded for."""


def tidy(database: Database, data: Path, now: datetime) -> int:
    """Delete rows and files nothing has needed for KEEP; `data` as for `media.folder`.

    Returns how many files are gone.
    """
    before = now - KEEP
    _forget(database, before)
    with database.reading() as session:
        in_database = media_crud.kept(session)
    gone = 0
    for path in _old_files(media.folder(data), before):
        if path.name not in in_database:
            with suppress(OSError):
                path.unlink()
                gone += 1
    if gone:
        log.info("deleted %d files that nothing needed", gone)
    return gone


def _forget(database: Database, before: datetime) -> None:
    """Read all there is without the write lock, then only what came meanwhile with it."""
    with database.reading() as session:
        old = media_crud.older_than(session, before)
        if not old:
            return
        newest = media_crud.newest(session)
        unused = old - media_crud.in_use(session, media_crud.Seen())
    if unused:
        with database.writing() as session:
            unused -= media_crud.in_use(session, newest)
            media_crud.remove(session, unused, before)


def _old_files(folder: Path, before: datetime) -> Iterator[Path]:
    """Also what a crash left of a file that was being written."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime < before.timestamp():
                yield path
