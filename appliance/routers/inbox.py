"""The shared inbox: what people write to the bot, and the answers of operators."""

from datetime import datetime
from typing import IO

from flask import Blueprint, Response, request, send_file
from werkzeug.datastructures import FileStorage

from appliance.crud.messages import threads as threads_crud
from appliance.crud.messages.threads import Cursor, ThreadFilter
from appliance.database import writing
from appliance.errors import ApplianceError
from appliance.models import MAX_ID, Message
from appliance.routers.api import context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.api.paging import page
from appliance.routers.media import MAX_UPLOAD
from appliance.schemas import PageQuery
from appliance.schemas.inbox import (
    InboxSettings,
    InboxWords,
    NewNote,
    NewReply,
    Note,
    OperatorList,
    ReplyUpload,
    Thread,
    ThreadMessage,
    ThreadMessagePage,
    ThreadPage,
    ThreadPatch,
    ThreadQuery,
    ThreadWithNotes,
    shown_message,
)
from appliance.services.bot_files import BotFiles
from appliance.services.content import media
from appliance.services.inbox import attachments, operators_group, replies, threads
from appliance.services.inbox import settings as inbox_settings
from appliance.services.inbox.threads import ThreadSummary

blueprint = Blueprint("inbox", __name__)

SCOPE = "inbox"
_FILE_SECONDS = 3600  # a browser may keep a file for so long


@blueprint.get("/inbox")
@endpoint(Access.OPERATOR, scope=SCOPE, query=ThreadQuery, response=ThreadPage)
def list_threads(query: ThreadQuery) -> ThreadPage:
    """Threads, the latest news first."""
    session, filter = context.session(), _filter(query)
    rows, cursor = page(
        f"inbox:{query.status}",
        query,
        lambda limit, after: threads.list_summaries(session, filter, limit, _cursor(after)),
        _key_of,
    )
    return ThreadPage(
        items=[Thread.model_validate(summary) for summary in rows], next_cursor=cursor
    )


@blueprint.get("/inbox/operators")
@endpoint(Access.OPERATOR, scope=SCOPE, response=OperatorList)
def list_operators() -> OperatorList:
    """Whom a thread can be given to."""
    return OperatorList.model_validate({"items": threads.operators(context.session())})


@blueprint.get("/inbox/settings")
@endpoint(Access.OPERATOR, scope=SCOPE, response=InboxSettings)
def show_inbox_settings() -> InboxSettings:
    """Opening hours, what is said outside them, and the operators' group."""
    return _settings()


@blueprint.put("/inbox/settings")
@endpoint(Access.ADMIN, scope=SCOPE, body=InboxSettings, response=InboxSettings)
def change_inbox_settings(body: InboxSettings) -> InboxSettings:
    """Change them. Whether the group has topics is asked of Telegram, or learnt from it later."""
    group = _group(body.operators_chat_id)  # asks Telegram: before the transaction, never in it
    chosen = inbox_settings.Options(body.hours, body.auto_reply.model_dump())
    with writing(context.session()) as session:
        inbox_settings.set_options(session, chosen)
        operators_group.set_group(session, group)
    return _settings()


@blueprint.get("/inbox/<chat:chat_id>")
@endpoint(Access.OPERATOR, scope=SCOPE, response=ThreadWithNotes, errors=(404,))
def show_thread(chat_id: int) -> ThreadWithNotes:
    """One thread with its notes; an empty one for a person who has not written yet."""
    session = context.session()
    thread = Thread.model_validate(threads.get_summary(session, chat_id))
    notes = [Note.model_validate(note) for note in threads.list_notes(session, chat_id)]
    return ThreadWithNotes.model_validate({**dict(thread), "notes": notes})


@blueprint.patch("/inbox/<chat:chat_id>")
@endpoint(Access.OPERATOR, scope=SCOPE, body=ThreadPatch, response=Thread, errors=(404, 409))
def change_thread(chat_id: int, body: ThreadPatch) -> Thread:
    """Close or reopen, assign, label, ban."""
    with writing(context.session()) as session:
        if body.status is not None:
            threads.set_status(session, chat_id, body.status)
        # Null is a value here: it takes the thread from whoever has it.
        if "assigned_to" in body.model_fields_set:
            threads.assign(session, chat_id, body.assigned_to)
        if body.labels is not None:
            threads.set_labels(session, chat_id, body.labels)
        if body.banned is not None:
            threads.ban(session, chat_id, body.banned)
        return Thread.model_validate(threads.get_summary(session, chat_id))


@blueprint.get("/inbox/<chat:chat_id>/messages")
@endpoint(Access.OPERATOR, scope=SCOPE, query=PageQuery, response=ThreadMessagePage, errors=(404,))
def list_thread_messages(chat_id: int, query: PageQuery) -> ThreadMessagePage:
    """What was said, newest first."""
    session = context.session()
    rows, cursor = page(
        f"inbox:{chat_id}",
        query,
        lambda limit, before: threads.list_messages(session, chat_id, limit, before),
        lambda line: line.id,
    )
    return ThreadMessagePage(items=[_shown(chat_id, line) for line in rows], next_cursor=cursor)


@blueprint.post("/inbox/<chat:chat_id>/reply")
@endpoint(
    Access.OPERATOR,
    scope=SCOPE,
    body=NewReply,
    response=ThreadMessage,
    status=201,
    errors=(404, 409),
    headers=("Idempotency-Key",),
)
def reply_to_thread(chat_id: int, body: NewReply) -> ThreadMessage:
    """Answer. A key that was used for this person before gives the first answer again."""
    author_id, key = credentials.caller().id, request.headers.get("Idempotency-Key")
    with writing(context.session()) as session:
        message = replies.answer(
            session, chat_id, body.text, format=body.format, author_id=author_id, key=key
        )
        return _answered(message)


@blueprint.post("/inbox/<chat:chat_id>/files")
@endpoint(
    Access.OPERATOR,
    scope=SCOPE,
    upload=ReplyUpload,
    response=ThreadMessage,
    status=201,
    errors=(404, 409, 503),
    headers=("Idempotency-Key",),
    max_body=MAX_UPLOAD,
)
def reply_with_file(chat_id: int, form: ReplyUpload, file: FileStorage) -> ThreadMessage:
    """Answer with a file."""
    author_id, key = credentials.caller().id, request.headers.get("Idempotency-Key")
    # Before the upload is kept: up to 50 MB would be hashed and written for a refusal.
    replies.check_reachable(threads.person_chat(context.session(), chat_id))
    kind = form.kind or media.guess_kind(file.stream, file.filename)
    stored = media.keep(context.settings().data, kind, file.stream, file.filename)
    with writing(context.session()) as session:
        message = replies.answer_file(
            session, chat_id, stored, caption=form.caption, author_id=author_id, key=key
        )
        return _answered(message)


@blueprint.get("/inbox/<chat:chat_id>/files/<id:message_id>/<int:index>")
@endpoint(
    Access.OPERATOR, scope=SCOPE, response_media_type="application/octet-stream", errors=(404, 503)
)
def download_thread_file(chat_id: int, message_id: int, index: int) -> Response:
    """A file of a message, fetched from Telegram: pictures to be shown, all else to be saved."""
    data = context.settings().data
    file = attachments.find(context.session(), data, chat_id, message_id, index)
    opened = file.path.open("rb") if file.path else _open(file.file_id or "")
    response = send_file(
        opened,
        mimetype=file.mime,
        as_attachment=not file.inline,
        download_name=file.name,
        max_age=_FILE_SECONDS,
    )
    response.cache_control.public = False
    response.cache_control.private = True
    # A stranger's file, served by this site: a browser must not take it for a page of ours
    # (`nosniff`), nor run anything in it should it be opened as one (the policy).
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@blueprint.post("/inbox/<chat:chat_id>/read")
@endpoint(Access.OPERATOR, scope=SCOPE, status=204, errors=(404,))
def mark_thread_read(chat_id: int) -> None:
    """Nothing in it is new any more."""
    with writing(context.session()) as session:
        threads.mark_read(session, chat_id)


@blueprint.post("/inbox/<chat:chat_id>/notes")
@endpoint(Access.OPERATOR, scope=SCOPE, body=NewNote, response=Note, status=201, errors=(404,))
def add_note(chat_id: int, body: NewNote) -> Note:
    """Note something about the person, for operators only."""
    author_id = credentials.caller().id
    with writing(context.session()) as session:
        return Note.model_validate(threads.add_note(session, chat_id, body.text, author_id))


@blueprint.delete("/inbox/<chat:chat_id>/notes/<id:note_id>")
@endpoint(Access.OPERATOR, scope=SCOPE, status=204, errors=(404,))
def delete_note(chat_id: int, note_id: int) -> None:
    """Delete a note."""
    with writing(context.session()) as session:
        threads_crud.delete_note(session, chat_id, note_id)


def _settings() -> InboxSettings:
    chosen, group = (
        inbox_settings.options(context.session()),
        operators_group.chosen_group(context.session()),
    )
    return InboxSettings(
        hours=chosen.hours,
        auto_reply=InboxWords.model_validate(chosen.auto_reply),
        operators_chat_id=group.chat_id if group else None,
    )


def _filter(query: ThreadQuery) -> ThreadFilter:
    me = credentials.caller().id
    number = me if query.assigned == "me" else query.assigned
    return ThreadFilter(
        status=None if query.status == "all" else query.status,
        assigned_to=int(number) if number not in (None, "none") else None,
        unassigned=query.assigned == "none",
        label=query.label,
        query=query.q,
    )


def _key_of(summary: ThreadSummary) -> str:
    return f"{summary.cursor.last_at.isoformat()} {summary.cursor.chat_id}"


def _cursor(key: str | None) -> Cursor | None:
    if key is None:
        return None
    at, _, chat_id = key.partition(" ")
    return Cursor(datetime.fromisoformat(at), int(chat_id))


def _answered(message: Message) -> ThreadMessage:
    (line,) = threads.messages_of(context.session(), [message])
    return _shown(message.chat_id, line)


def _shown(chat_id: int, line: threads.ThreadMessage) -> ThreadMessage:
    urls = [f"/api/v1/inbox/{chat_id}/files/{line.id}/{file.index}" for file in line.files]
    return shown_message(line, urls)


def _open(file_id: str) -> IO[bytes]:
    """A file at Telegram. Raises NotFound, Unavailable, TryLater."""
    with context.context().telegram:
        return _bot_files().open(file_id)


def _bot_files() -> BotFiles:
    url = context.bot_api_url()
    context.session().rollback()  # no transaction is held while Telegram is asked
    return BotFiles(url, context.settings().bot_token or "")


def _group(chat_id: int | None) -> operators_group.Group | None:
    """The group as it was, or a new one, which speaks the language of whoever chose it."""
    before, language = (
        operators_group.chosen_group(context.session()),
        credentials.caller().language,
    )
    if chat_id is None or (before is not None and before.chat_id == chat_id):
        return before if chat_id is not None else None
    return operators_group.Group(chat_id, _has_topics(chat_id), language)


def _has_topics(chat_id: int) -> bool:
    if abs(chat_id) > MAX_ID:
        return False
    try:
        with context.context().telegram:
            return bool(_bot_files().call("getChat", {"chat_id": chat_id}).get("is_forum"))
    except ApplianceError:
        return False
