"""Files of ours as Telegram knows them: uploaded with one message, then sent by their `file_id`.

What an answer says of them is the same for a broadcast and for a row of the outbox.
"""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from appliance.crud import media as media_crud
from appliance.delivery.answers.classify import Kind
from appliance.delivery.jobs import Result
from appliance.services import bot_identity
from appliance.services.content import File, file_ids_from

NOT_THERE = "wrong file identifier"
"""Telegram's words for a `file_id` it does not take (any more)."""

STALE = "stale_file"
"""The reason of a call that is tried again because of that."""


def load(session: Session, media_ids: Iterable[int]) -> tuple[File, ...]:
    """The files, each with the id by which this bot may send it again, if any. Raises NotFound."""
    rows = media_crud.get_all(session, media_ids)
    ids = media_crud.file_ids(session, rows, _bot_id(session))
    return tuple(
        File(row.id, row.kind, row.sha256, row.name, file_id)
        for row, file_id in zip(rows, ids, strict=True)
    )


def remember(session: Session, result: Result) -> None:
    """Keep the file ids in the answer to an upload, where it tells one for each file."""
    files, ids = result.job.files, file_ids_from(result.verdict.result)
    # Else it cannot be known which id is which file's: the next call uploads them again.
    if len(ids) == len(files):
        uploaded = {file.id: file_id for file, file_id in zip(files, ids, strict=True)}
        media_crud.remember(session, _bot_id(session), uploaded)


def is_stale(result: Result) -> bool:
    """Whether a `file_id` was refused, which another upload mends."""
    # Of an upload it says nothing about an id: the file itself was refused.
    if result.verdict.kind != Kind.CONTENT or result.job.upload is not None:
        return False
    return bool(result.job.files) and NOT_THERE in (result.verdict.description or "").lower()


def forget(session: Session, result: Result) -> None:
    """Forget the ids that were refused, and none that came in meanwhile: the next try uploads."""
    media_crud.forget(session, [file.file_id for file in result.job.files if file.file_id])


def _bot_id(session: Session) -> int:
    return bot_identity.current(session).id
