"""What a row of the outbox has besides its parameters: files of ours, and a topic of the group.

A file that Telegram does not have yet goes along with the call; its answer tells the `file_id` by
which it is sent from then on.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.messages import threads
from appliance.crud.messages.messages import Waiting
from appliance.delivery import uploads
from appliance.delivery.jobs import Job, Source, encode
from appliance.errors import NotFound
from appliance.services.content import File, Upload
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
        uploading = attached.parameters(files, params, uploading=True)
        fields = {name: _field(value) for name, value in uploading.items()}
        upload = Upload(row.method, fields, attached.parts(files, folder))
        return Job(source, row.id, row.chat_id, row.method, b"", row.attempts, upload, files)
    if files:
        params = attached.parameters(files, params)
    body = encode(params)
    return Job(source, row.id, row.chat_id, row.method, body, row.attempts, files=files)


def _files(session: Session, row: Waiting) -> tuple[File, ...]:
    """Without a file whose row is gone: Telegram then says what is missing, for this call only."""
    try:
        return uploads.load(session, [item["id"] for item in row.media])
    except NotFound:
        return ()


def _field(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
