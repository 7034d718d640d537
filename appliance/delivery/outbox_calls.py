"""What a row of the outbox has besides its parameters: files of ours, and a topic of the group.

A file that Telegram does not have yet goes along with the call; its answer tells the `file_id` by
which it is sent from then on.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud import media as media_crud
from appliance.crud.messages import threads
from appliance.crud.messages.messages import Waiting
from appliance.crud.settings import BOT, get_setting
from appliance.delivery.broadcast_calls import NOT_THERE
from appliance.delivery.classify import Kind
from appliance.delivery.jobs import Job, Result, Source, encode
from appliance.errors import NotFound
from appliance.models import Message
from appliance.services.content import File, Upload, file_ids_from
from appliance.services.content import files as attached


def topics(session: Session, rows: Sequence[Waiting]) -> dict[int, int]:
    """By person the topic into which copies for the operators' group go, where there is one."""
    people = [row.about_chat_id for row in rows if row.about_chat_id is not None]
    return threads.topics_of(session, people) if people else {}


def job(
    session: Session, source: Source, row: Waiting, params: dict[str, Any], folder: Path
) -> Job:
    """The call of a row; `folder` keeps files by their SHA-256."""
    files = _files(session, row) if row.media else ()
    if any(file.file_id is None for file in files):
        said = attached.parameters(files, params, uploading=True)
        fields = {name: _field(value) for name, value in said.items()}
        upload = Upload(row.method, fields, attached.parts(files, folder))
        return Job(source, row.id, row.chat_id, row.method, b"", row.attempts, upload)
    if files:
        params = attached.parameters(files, params)
    return Job(source, row.id, row.chat_id, row.method, encode(params), row.attempts)


def learn(session: Session, result: Result) -> None:
    """Take the file ids out of the answer to an upload."""
    if result.job.upload is None or result.verdict.kind != Kind.SENT:
        return
    ids, media_ids = file_ids_from(result.verdict.result), _media_ids(session, result.job)
    bot_id = int((get_setting(session, BOT) or {}).get("id", 0))
    if len(ids) == len(media_ids):
        media_crud.remember(session, bot_id, dict(zip(media_ids, ids, strict=True)))


def renew(session: Session, result: Result) -> bool:
    """Whether a `file_id` of ours was refused: it is forgotten, and another try uploads again."""
    words = (result.verdict.words or "").lower()
    if result.verdict.kind != Kind.CONTENT or result.job.upload is not None:
        return False
    media_ids = _media_ids(session, result.job) if NOT_THERE in words else []
    media_crud.forget(session, media_ids)
    return bool(media_ids)


def _files(session: Session, row: Waiting) -> tuple[File, ...]:
    """Without a file whose row is gone: Telegram then says what is missing, for this call only."""
    try:
        rows = media_crud.get_all(session, [item["id"] for item in row.media])
    except NotFound:
        return ()
    bot_id = int((get_setting(session, BOT) or {}).get("id", 0))
    ids = media_crud.file_ids(session, rows, bot_id)
    return tuple(
        File(one.id, one.kind, one.sha256, one.name, file_id)
        for one, file_id in zip(rows, ids, strict=True)
    )


def _media_ids(session: Session, job: Job) -> list[int]:
    message = session.get(Message, job.row)
    return [item["id"] for item in (message.media if message else None) or ()]


def _field(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
