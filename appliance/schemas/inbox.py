"""The shared inbox: threads, their messages, notes, and how it is set up."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model

from appliance.errors import localized
from appliance.languages import LANGUAGES
from appliance.schemas.accounts import ChatBrief
from appliance.schemas.base import (
    Answer,
    Body,
    Line,
    MediaKind,
    Page,
    PageQuery,
    Request,
    State,
    Text,
)
from appliance.schemas.broadcasts import Author
from appliance.schemas.telegram import ChatUser

ThreadStatus = Literal["open", "closed"]
NoteText = Annotated[Text, Field(min_length=1, max_length=4000)]


def _assignee(text: str) -> str:
    if text in {"me", "none"} or re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        return text
    raise ValueError(localized("expected me, none or the id of a user"))


class ThreadQuery(PageQuery):
    """`assigned` is `me`, `none` or a user's id; `q` a part of a name or of what was said."""

    status: Literal["open", "closed", "all"] = "open"
    assigned: Annotated[str, AfterValidator(_assignee)] | None = None
    label: Line | None = None
    q: Line | None = None


class Thread(Answer):
    """What a person and the operators say to each other, in short."""

    chat: ChatBrief
    user: ChatUser | None
    status: ThreadStatus
    assigned: Author | None
    labels: list[str]
    unread: int
    last_text: str | None
    last_direction: Literal["in", "out"] | None
    last_at: datetime
    banned: bool


class ThreadPage(Page[Thread]):
    pass


class Note(Answer):
    id: int
    text: str
    author: Author | None
    created_at: datetime


class ThreadWithNotes(Thread):
    notes: list[Note]


class NewNote(Request):
    text: NoteText


class ThreadPatch(Request):
    """What is not named stays; `assigned_to` null gives the thread to nobody."""

    status: ThreadStatus | None = None
    assigned_to: int | None = None
    labels: Annotated[list[Line], Field(max_length=50)] | None = None
    banned: bool | None = None


class ThreadFile(Answer):
    """`kind` is Telegram's: photo, voice, video, audio, document, sticker, …"""

    kind: str
    name: str | None
    size: int | None
    mime: str | None
    url: str


class ThreadEdit(Answer):
    """What a message said before, and until when."""

    text: str
    at: datetime


class ThreadMessage(Answer):
    """`state` and `reason` tell what became of an answer; `author` None: the bot, or unknown.

    Of what came in `forwarded_from` is who wrote it, `in_answer_to` the beginning of what it
    answers.
    """

    id: int
    direction: Literal["in", "out"]
    text: str
    html: str
    state: State | None
    reason: str | None
    author: Author | None
    files: list[ThreadFile]
    edits: list[ThreadEdit]
    edited_at: datetime | None
    at: datetime
    forwarded_from: str | None
    in_answer_to: str | None


class ThreadMessagePage(Page[ThreadMessage]):
    pass


class NewReply(Request):
    text: Body
    format: Literal["plain", "html"] = "plain"


class ReplyUpload(Request):
    """A form with the part `file`; without `kind` the file decides: photo, video or document."""

    kind: MediaKind | None = None
    caption: Body = ""


if TYPE_CHECKING:
    InboxWords = Request
else:
    # The languages are found, so the fields are not written out.
    InboxWords = create_model(
        "InboxWords",
        __base__=Request,
        __module__=__name__,
        __doc__="What is said outside the hours, by language; empty: the program's own words.",
        **dict.fromkeys(LANGUAGES, (Annotated[Text, Field(max_length=1000)], "")),
    )


class InboxSettings(Request):
    """`hours` like `Mon-Fri 09:00-18:00, Sat 10:00-14:00` by the site's clock; null: always."""

    hours: Line | None
    auto_reply: InboxWords
    operators_chat_id: int | None


class OperatorList(Answer):
    """To whom a thread can be given."""

    items: list[Author]


def shown_message(line: Any, urls: list[str]) -> ThreadMessage:
    """A line of `services/inbox/threads.py`, with the addresses of its files."""
    files = [
        ThreadFile(kind=file.kind, name=file.name, size=file.size, mime=file.mime, url=url)
        for file, url in zip(line.files, urls, strict=True)
    ]
    names = (
        *("id", "direction", "text", "html", "state", "reason", "author", "edited_at", "at"),
        *("forwarded_from", "in_answer_to"),
    )
    values = {name: getattr(line, name) for name in names}
    return ThreadMessage.model_validate({**values, "files": files, "edits": line.edits})
