"""What the control API takes: the bodies and queries of its addresses.

The site forwards the same requests and declares these models for them, so nothing here may load
the HTTP server.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticKnownError

from appliance.sandbox.world.faults import FaultKind

MAX_COUNT = 1_000_000
_LARGEST_FILE = 60 * 1024 * 1024  # over what a bot may upload, so that this can be tried, too
_LARGEST_LIMIT = 1_000_000

Language = Literal["en", "ru"]
GroupType = Literal["group", "supergroup", "channel"]
MediaKind = Literal[
    "photo", "document", "video", "animation", "audio", "voice", "video_note", "sticker"
]
AdminRight = Literal[
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
    "can_post_messages",
    "can_edit_messages",
    "can_pin_messages",
    "can_manage_topics",
]

# The Bot API promises ids of at most 52 significant bits.
ChatId = Annotated[int, Field(ge=-(2**52), le=2**52)]
PersonId = Annotated[int, Field(ge=0, le=2**52)]
Position = Annotated[int, Field(ge=0, le=2**52)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]


def _text_of_number(kind: object) -> object:
    """`429` is meant as `"429"`: most kinds look like numbers."""
    return str(kind) if isinstance(kind, int) and not isinstance(kind, bool) else kind


class Body(BaseModel):
    """Strict: `false` is no number, and a name nobody knows is most likely a slip."""

    model_config = ConfigDict(
        strict=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class Query(BaseModel):
    """Parameters of an address are all text, so numbers are read from it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class PeopleQuery(Query):
    after: Position = 0
    limit: Position = 100


class MessagesQuery(Query):
    after: Position = 0


class ChatMessagesQuery(MessagesQuery):
    thread: Position = 0
    """Only of this topic; 0 is all."""


class CommandsQuery(Query):
    chat_id: ChatId | None = None
    """The chat whose menu is shown; without it the chat with the bot."""


class CallbacksQuery(Query):
    person: PersonId = 0
    """Only theirs; 0 is everybody's."""


class RecordQuery(Query):
    after: Position = 0
    limit: Position = 1000


class NewPerson(Body):
    """What is not given is made up."""

    first_name: str | None = None
    last_name: str | None = None
    username: str | None = None
    language_code: Language | None = None


class NewCrowd(Body):
    """Several people at once; those who block and those who are slow are different ones."""

    count: int = Field(ge=0, le=MAX_COUNT)
    blocked: int = Field(0, ge=0)
    slow: int = Field(0, ge=0)
    latency_ms: int = Field(2000, ge=0, le=600_000)
    start: bool = False
    seed: int | None = Field(None, ge=0)
    """The same seed makes the same people."""

    @field_validator("blocked", "slow")
    @classmethod
    def _are_among_them(cls, number: int, info: ValidationInfo) -> int:
        left = info.data.get("count", MAX_COUNT) - info.data.get("blocked", 0)
        if number > left:
            raise PydanticKnownError("less_than_equal", {"le": left})
        return number


class NewPeople(RootModel[NewPerson | NewCrowd]):
    """One person, or a crowd where there is a `count`."""

    @staticmethod
    def kind_of(body: bytes) -> type[NewPerson] | type[NewCrowd]:
        """Which of the two a body means, so that errors speak of that one only."""
        try:
            document = json.loads(body)
        except ValueError:
            return NewPerson
        return NewCrowd if isinstance(document, dict) and "count" in document else NewPerson


class Nothing(Body):
    """The body of an action that needs none."""


class Start(Body):
    payload: str = ""


class Block(Body):
    silent: bool = False
    """Without an update, which Telegram drops after a day."""


class InChat(Body):
    """Where the person acts; without `chat_id` in the chat with the bot."""

    chat_id: ChatId | None = None
    thread: Position | None = None
    reply_to: Position | None = None


class SendText(InChat):
    text: str


class FileFields(Body):
    """A file in base64; without `content` one is made up, of `size` bytes."""

    content: str = ""
    size: int = Field(0, ge=0, le=_LARGEST_FILE)
    name: str = ""
    mime: str = ""
    duration: Position | None = None
    width: Position | None = None
    height: Position | None = None
    length: Position | None = None
    performer: str | None = None
    title: str | None = None


class SendFile(FileFields, InChat):
    caption: str = ""


class AlbumFile(FileFields):
    kind: MediaKind


class SendAlbum(InChat):
    files: list[AlbumFile]
    caption: str = ""


class EditText(InChat):
    message_id: Position
    text: str


class DeleteMessage(InChat):
    message_id: Position


class React(InChat):
    message_id: Position
    emoji: str = Field("", max_length=16)
    """Without one the reaction is taken away."""


class PressButton(InChat):
    message_id: Position
    data: str


class NewSimulatedChat(Body):
    """Without a `creator` somebody new is made for it."""

    type: GroupType = "group"
    title: Title = "Club"
    creator: PersonId | None = None
    username: str | None = None
    is_forum: bool = False
    bot: Literal["member", "administrator", "left"] | None = None
    """Without it a member, and in a channel an administrator."""
    members: list[PersonId] = []


class ByMember(Body):
    by: PersonId | None = None
    """Who does it; without it the creator."""


class BotStatus(ByMember):
    status: Literal["member", "administrator", "left", "kicked"] = "member"
    rights: list[AdminRight] | None = None
    """Those of an administrator; without it the usual ones."""


class MembersStatus(BotStatus):
    people: list[PersonId] = []


class ChatTitle(ByMember):
    title: str


class TopicName(ByMember):
    name: str


class TopicChange(ByMember):
    name: str | None = None
    closed: bool | None = None


class NewSimulatedFault(Body):
    kind: Annotated[FaultKind, BeforeValidator(_text_of_number)]
    method: str | None = None
    chat_id: ChatId | None = None
    count: int | None = Field(None, ge=1)
    probability: float | None = Field(None, ge=0, le=1)
    retry_after: int | None = Field(None, ge=0)
    seconds: float | None = Field(None, ge=0, le=3600)
    description: str | None = None
    migrate_to_chat_id: ChatId | None = None


class FloodLimits(Body):
    """What is not given is as with Telegram; 0 is no limit."""

    enabled: bool = True
    per_second: int | None = Field(None, ge=0, le=_LARGEST_LIMIT)
    chat_per_second: float | None = Field(None, ge=0, le=_LARGEST_LIMIT)
    chat_burst: int | None = Field(None, ge=0, le=_LARGEST_LIMIT)
    group_per_minute: int | None = Field(None, ge=0, le=_LARGEST_LIMIT)
    penalty: int | None = Field(None, ge=0, le=_LARGEST_LIMIT)


class RawUpdate(Body):
    kind: str | None = None
    content: Any = None
    next_id: int | None = Field(None, ge=0, le=2**31 - 1)


class BotOwnerSettings(Body):
    privacy: bool = True
