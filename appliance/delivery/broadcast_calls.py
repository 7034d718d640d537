"""The calls of one broadcast: the same for all or one for each person, with files or without.

Who chose quiet hours gets the same call, told to make no sound.

A file that Telegram does not have yet goes along with one recipient's message; the others get it
by the `file_id` in the answer.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.broadcasts import albums, recipients
from appliance.crud.broadcasts.recipients import Person
from appliance.delivery import uploads
from appliance.delivery.answers.classify import Kind
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.jobs import Job, Moment, Result, Source, prepared
from appliance.delivery.silent_hours import SilentHours
from appliance.models import Broadcast
from appliance.services import content
from appliance.services.broadcasts import click_tracking


class BroadcastCalls:
    """Makes the jobs of a broadcast; sees what the answers say of its files."""

    def __init__(self, session: Session, broadcast: Broadcast, config: EngineConfig) -> None:
        self._broadcast = broadcast
        self._tracker = click_tracking.tracker_for(
            session, config.site_url, config.secret, broadcast
        )
        self._folder: Path = config.media
        self._extra = {"allow_paid_broadcast": True} if config.paid else {}
        # silent anyway, or (False) a notification of high priority: no need to ask who wants it
        self._silent_hours = None if "silent" in broadcast.options else SilentHours(config.timezone)
        self._uploading = False
        self._renewed = False
        self._load(session)

    def room(self, limit: int) -> int:
        """How many jobs may be made now: one while a file has to be uploaded, then none."""
        if not self._composer.needs_upload:
            return limit
        return 0 if self._uploading else min(limit, 1)

    def jobs(
        self,
        session: Session,
        source: Source,
        row: int,
        tries: Sequence[tuple[int, int]],
        now: Moment,
    ) -> list[Job]:
        """For each (chat id, tries before) the call."""
        chat_ids = [chat_id for chat_id, _ in tries]
        people: dict[int, Person] = {}
        # Asked for a whole claim at once, and only where the text names somebody.
        if self._composer.needs_person:
            people = recipients.people_of(session, chat_ids)
        silent = (
            self._silent_hours.wanted(session, chat_ids, now) if self._silent_hours else frozenset()
        )

        def job(chat: int, before: int) -> Job:
            return self._job(source, row, chat, before, people.get(chat), chat in silent)

        return [
            prepared(partial(job, chat, before), source, row, chat, before)
            for chat, before in tries
        ]

    def learn(self, session: Session, results: Sequence[Result]) -> None:
        """See whether files were uploaded or have to be again; keep an album's ids where needed."""
        for result in results:
            if result.verdict.kind == Kind.SENT and result.job.method == albums.METHOD:
                self._remember_gaps(session, result)
            if result.job.upload is not None:
                self._uploading = False
        if any(result.verdict.reason == uploads.STALE for result in results):
            self._renewed = True
            self._load(session)
        elif any(result.job.upload is not None for result in results):
            self._load(session)

    def _load(self, session: Session) -> None:
        self._files = uploads.load(session, [item["id"] for item in self._broadcast.media or ()])
        # An id that is refused right after an upload is the file's fault: that is not asked again,
        # or a file that is accepted and never found would be uploaded for one recipient after
        # the other.
        self._renewable = () if self._renewed else self._files
        self._composer = self._make_composer(self._extra)
        self._silent_made: content.Composer | None = None

    def _make_composer(self, extra: dict[str, Any]) -> content.Composer:
        message = self._tracker.message(self._broadcast) if self._tracker else self._broadcast
        return content.Composer(message, self._files, extra)

    @property
    def _silent_composer(self) -> content.Composer:
        """The same without a sound; made when the first who wants none is met."""
        if self._silent_made is None:
            self._silent_made = self._make_composer({**self._extra, "disable_notification": True})
        return self._silent_made

    def _remember_gaps(self, session: Session, result: Result) -> None:
        """Keep the message ids of an album that do not follow one another."""
        ids = content.message_ids_from(result.verdict.result)
        # Telegram numbers them one after the other and does not promise it (decision 34).
        if ids and ids != list(range(ids[0], ids[0] + len(ids))):
            albums.remember(session, self._broadcast.id, result.job.chat_id, ids)

    def _job(
        self,
        source: Source,
        row: int,
        chat_id: int,
        tries: int,
        person: Person | None,
        silent: bool,
    ) -> Job:
        composer = self._silent_composer if silent else self._composer
        if composer.needs_upload:
            upload = composer.upload(chat_id, person, self._folder)
            if self._tracker:
                upload = replace(upload, fields=self._tracker.fill_fields(upload.fields, chat_id))
            self._uploading = True
            return Job(source, row, chat_id, upload.method, b"", tries, upload, self._files)
        body = composer.body_for(chat_id, person)
        if self._tracker:
            body = self._tracker.fill(body, chat_id)
        return Job(source, row, chat_id, composer.method, body, tries, files=self._renewable)
