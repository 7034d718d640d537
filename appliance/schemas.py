"""The shapes of requests and responses.

Requests are read in strict JSON mode: `false` is no integer, and an unknown name is a fault.
A shape made from a table's row has a class method `of`; nothing here asks the database.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from appliance import models
from appliance.errors import Fault as DomainFault
from appliance.errors import say

T = TypeVar("T")

Language = Literal["en", "ru"]
Role = Literal["member", "operator", "admin"]
ChatStatus = Literal["active", "stopped", "blocked", "left"]
State = Literal["pending", "sending", "sent", "failed", "skipped", "unknown"]
MediaKind = Literal["photo", "document", "video"]
BroadcastStatus = Literal["draft", "scheduled", "running", "paused", "halted", "cancelled", "done"]


def _storable(text: str) -> str:
    """PostgreSQL stores no NUL, and half a surrogate pair is in no encoding."""
    for offset, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            code = f"U+{ord(character):04X}"
            raise ValueError(
                say("the character {code} at {offset} cannot be stored", code=code, offset=offset)
            )
    return text


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[Text, Field(max_length=255)]
Secret = Annotated[Text, Field(min_length=1, max_length=200)]
# Over what Telegram takes, so that its own fault (with the place) is told and not a length alone.
Body = Annotated[Text, Field(max_length=64_000)]


class Request(BaseModel):
    """A body: strict, and a name nobody knows is a fault, for it is most likely a slip."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Query(BaseModel):
    """Parameters of an address: words there are all text, so numbers are read from it."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Page(Answer, Generic[T]):
    """Part of a list; `next_cursor` asks for the next one, null is the end."""

    items: list[T]
    next_cursor: str | None = None


class PageQuery(Query):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200)


# Errors


class Fault(Answer):
    """One place where the input is wrong; the place within a text counts code points."""

    field: str
    message: str
    offset: int | None = None
    line: int | None = None
    column: int | None = None


class Problem(Answer):
    """RFC 9457. `type` tells kinds of errors apart; `detail` says what is wrong and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    faults: list[Fault] | None = None


def faults_of(faults: tuple[DomainFault, ...]) -> list[Fault]:
    return [Fault(**asdict(fault)) for fault in faults]


# Accounts


class ChatBrief(Answer):
    id: int
    type: str
    name: str
    username: str | None
    status: ChatStatus


class User(Answer):
    id: int
    email: str
    name: str
    role: Role
    language: Language
    disabled: bool
    created_at: datetime
    chat: ChatBrief | None


class UserPage(Page[User]):
    pass


class UserQuery(PageQuery):
    q: Line | None = None


class UserPatch(Request):
    role: Role | None = None
    disabled: bool | None = None


class Session(Answer):
    """Who is logged in, and the token that every write must carry in `X-CSRF-Token`."""

    user: User | None
    csrf_token: str


class Registration(Request):
    email: Line
    password: Text = Field(max_length=1000)
    name: Line
    language: Language | None = None


class Credentials(Request):
    email: Line
    password: Secret


class ProfilePatch(Request):
    name: Line | None = None
    language: Language | None = None


class PasswordChange(Request):
    current_password: Secret
    new_password: Text = Field(max_length=1000)


# Telegram


class TelegramState(Answer):
    linked: bool
    chat: ChatBrief | None
    bot_username: str | None


class TelegramCode(Answer):
    """A code to press Start with: as text, as a link, and as a QR picture of the link."""

    code: str
    url: str
    qr_svg: str
    expires_at: datetime


class Claim(Request):
    code: Line


class InboxItem(Answer):
    id: str
    kind: Literal["broadcast", "in", "out"]
    text: str
    html: str
    state: State | None
    at: datetime


class InboxPage(Page[InboxItem]):
    pass


class ChatUser(Answer):
    id: int
    name: str
    email: str


class Chat(Answer):
    id: int
    type: str
    status: ChatStatus
    name: str
    username: str | None
    language: str | None
    user: ChatUser | None
    created_at: datetime


class ChatPage(Page[Chat]):
    pass


class ChatQuery(PageQuery):
    q: Line | None = None
    status: ChatStatus | None = None
    linked: bool | None = None


# Topics

TopicName = Annotated[Text, Field(max_length=32)]


class Topic(Answer):
    """With `default_on` everybody gets it until he opts out, else whoever asks for it."""

    id: int
    name: str
    title: str
    title_ru: str | None
    default_on: bool


class TopicList(Answer):
    items: list[Topic]


class NewTopic(Request):
    name: TopicName
    title: Line | None = None
    title_ru: Line | None = None
    default_on: bool = True


class TopicChoice(Answer):
    name: str
    title: str
    title_ru: str | None
    subscribed: bool


class TopicChoices(Answer):
    """What your chat gets; empty as long as none is linked."""

    linked: bool
    items: list[TopicChoice]


class TopicsChosen(Request):
    """Topics by name; those that are not named stay as they are."""

    topics: dict[TopicName, bool] = Field(max_length=1000)


# Broadcasts


class Button(Request):
    """Leads to `url`, or ends the recipient's subscription of the topic `topic_off`."""

    text: Line
    url: Annotated[Text, Field(max_length=2048)] | None = None
    topic_off: Line | None = None


class Options(Request):
    silent: bool = False
    protected: bool = False
    link_preview: bool = True
    track: bool = False
    buttons: list[Annotated[list[Button], Field(max_length=8)]] = Field([], max_length=20)


class Audience(Request):
    """`all`, `linked`, `unlinked`, `groups`, `channels`, `topic:NAME`, `user:EMAIL`, `chat:ID`,
    `role:ROLE`, `lang:CODE`.
    """

    to: list[Line] = Field(max_length=1000)
    not_: list[Line] = Field([], alias="not", max_length=1000)


class Draft(Request):
    """What a broadcast says, and to whom.

    `variants` are texts by language code, `text` is for everybody else; `media` are ids that
    `POST /media` gave, and with them `text` is a caption. `max_late` is in seconds, `quiet` like
    `22:00-08:00` by the recipients' clocks. `canary` people get it first, the rest only if no
    more than the share `canary_limit` of them fail or block within `canary_wait` seconds.
    """

    text: Body
    format: Literal["plain", "html"] = "plain"
    variants: dict[Line, Body] = Field({}, max_length=50)
    media: list[int] = Field([], max_length=20)
    audience: Audience
    options: Options = Options()
    max_late: int | None = None
    quiet: Line | None = None
    canary: int | None = None
    canary_limit: float | None = None
    canary_wait: int | None = None

    def options_given(self) -> dict[str, Any]:
        """What differs from the default, as it is stored."""
        return self.options.model_dump(exclude_defaults=True)


class NewBroadcast(Draft):
    """`at` is a wall time in `timezone` (the site's own, if not given), or RFC 3339."""

    key: Line | None = None
    at: Line | None = None
    timezone: Line | None = None


class MediaUpload(Request):
    """A form with the part `file`: a photo of up to 10 MB, another file of up to 50 MB."""

    kind: MediaKind


class Media(Answer):
    """A file that broadcasts can carry, by its `id`; the same content and kind has one."""

    id: int
    kind: MediaKind
    name: str
    size: int


class Preview(Answer):
    html: str
    length: int
    limit: int
    faults: list[Fault]
    count: int
    seconds: float


class Author(Answer):
    id: int
    name: str


class AudienceWords(Answer):
    to: list[str]
    not_: list[str] = Field([], serialization_alias="not", validation_alias="not")


class Broadcast(Answer):
    id: int
    key: str | None
    status: BroadcastStatus
    audience: AudienceWords
    total: int
    pending: int
    sending: int
    sent: int
    failed: int
    skipped: int
    unknown: int
    reasons: dict[str, int]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    rate: float | None
    starts_at: datetime | None
    quiet: str | None
    text: str
    format: Literal["plain", "html"]
    html: str
    options: dict[str, Any]
    variants: dict[str, str]
    media: list[dict[str, Any]]
    note: str | None
    created_by: Author | None

    @classmethod
    def of(
        cls,
        broadcast: models.Broadcast,
        document: Mapping[str, Any],
        html: str,
        names: Mapping[int, str],
    ) -> "Broadcast":
        """`document` is the shape scripts rely on, `names` those of the users."""
        author = broadcast.created_by
        name = names.get(author) if author is not None else None
        return cls.model_validate(
            {
                **document,
                "quiet": broadcast.quiet,
                "text": broadcast.text,
                "format": broadcast.format,
                "html": html,
                "options": broadcast.options,
                "variants": broadcast.variants,
                "media": broadcast.media,
                "note": broadcast.note,
                "created_by": {"id": author, "name": name} if name is not None else None,
            }
        )


class BroadcastPage(Page[Broadcast]):
    pass


class Delivery(Answer):
    chat_id: int
    name: str
    username: str | None
    user_id: int | None
    state: State
    reason: str | None
    attempts: int
    message_id: int | None
    updated_at: datetime


class DeliveryPage(Page[Delivery]):
    pass


class DeliveryQuery(PageQuery):
    state: State | None = None


# Schedules


class NewSchedule(Draft):
    """A broadcast that is sent at each slot of a cron expression in a time zone."""

    name: Line
    cron: Line
    timezone: Line | None = None


class SchedulePatch(Request):
    name: Line | None = None
    cron: Line | None = None
    timezone: Line | None = None
    max_late: int | None = None
    enabled: bool | None = None


class Schedule(Answer):
    """`upcoming` are its next slots; `last_result` says what became of the last one."""

    id: int
    name: str
    cron: str
    timezone: str
    enabled: bool
    next_at: datetime | None
    last_at: datetime | None
    last_result: str | None
    max_late: int
    quiet: str | None
    text: str
    format: Literal["plain", "html"]
    audience: AudienceWords
    upcoming: list[datetime]
    created_at: datetime


class SchedulePage(Page[Schedule]):
    pass


# Broadcasts afterwards: decisions and numbers


class Retry(Request):
    """`unknown` recipients may get it twice."""

    which: Literal["failed", "unknown"]


class Edit(Request):
    """What it says from now on; without `options` those it has stay."""

    text: Body
    format: Literal["plain", "html"] = "plain"
    options: Options | None = None


class Operation(Answer):
    """An edit or a recall of what was delivered, message by message."""

    id: int
    kind: Literal["edit", "recall"]
    status: BroadcastStatus
    total: int
    done: int
    failed: int
    too_old: int
    reasons: dict[str, int]
    created_at: datetime
    finished_at: datetime | None


class OperationList(Answer):
    items: list[Operation]


class Changed(Answer):
    """The broadcast, and the operation that has begun; null when there is nothing to change."""

    broadcast: Broadcast
    operation: Operation | None


class Retried(Answer):
    broadcast: Broadcast
    count: int


class Recallable(Answer):
    """`too_old` of the `delivered` ones can no longer be deleted."""

    delivered: int
    too_old: int


class Event(Answer):
    """Who decided what: `actor` is `user:ID`, `cli:LOGIN`, `engine` or `schedule`."""

    id: int
    at: datetime
    actor: str
    name: str | None
    action: str
    details: dict[str, Any]


class EventList(Answer):
    items: list[Event]


class Plan(Answer):
    """`stars` is what it costs; `joined` and `left` since broadcast `last_id` to the same."""

    count: int
    seconds: float
    rate: float
    stars: float
    last_id: int | None
    joined: int | None
    left: int | None


class Bucket(Answer):
    at: datetime
    sent: int
    failed: int
    skipped: int
    unknown: int


class LinkClicks(Answer):
    url: str
    clicks: int
    people: int


class Numbers(Answer):
    """`rate` and `eta_seconds` are of the last seconds, null where nothing moves."""

    status: BroadcastStatus
    rate: float | None
    eta_seconds: float | None
    bucket_seconds: int
    over_time: list[Bucket]
    reasons: dict[str, dict[str, int]]
    links: list[LinkClicks]
    clicks: int
    people: int
    unsubscribed: int


# The system


class Site(Answer):
    name: str
    version: str
    bot_username: str | None
    bot_url: str | None
    sandbox: bool
    languages: list[Language]
    default_language: Language


class Part(Answer):
    state: str
    holder: str | None
    heartbeat_at: datetime | None


class QueueState(Answer):
    pending: int
    oldest_seconds: float


class Status(Answer):
    parts: dict[str, Part]
    queue: QueueState
    flood_until: datetime | None
    version: str
    schema_: str | None = Field(validation_alias="schema", serialization_alias="schema")


class Health(Answer):
    status: Literal["ok"] = "ok"


class Readiness(Answer):
    """Whether requests can be answered, and what each part last said of itself."""

    status: Literal["ready", "unready"]
    database: Literal["ok", "unusable"]
    parts: dict[str, str]
