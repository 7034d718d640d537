"""What the control API answers. The site declares these models for the requests it forwards.

Left out of an answer is what nobody set, as the Bot API leaves it out; see `http.answer`.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from appliance.sandbox.control.requests import GroupType
from appliance.sandbox.people.command_menu import Command
from appliance.sandbox.world.faults import FaultKind, InjectedFault
from appliance.sandbox.world.flood_control import Flood
from appliance.sandbox.world.model import Callback, ChatMessage, Group, Person, Sent
from appliance.sandbox.world.world import World
from appliance.telegram.entities import Entity
from appliance.telegram.html import render

MemberStatus = Literal["creator", "administrator", "member", "left", "kicked"]

_ELSEWHERE = frozenset(
    {
        "reply_to_message",
        "media_group_id",
        "has_protected_content",
        "has_media_spoiler",
        "link_preview_options",
        "show_caption_above_media",
    }
)
"""Of a message's other fields those that have a place of their own, or that nobody looks at."""


class View(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class ApiObject(View):
    """An object of the Bot API: the fields that a phone shows, and all others as they are."""

    model_config = ConfigDict(extra="allow")


class SimulatedPerson(View):
    id: int
    first_name: str
    last_name: str | None
    username: str | None
    language_code: str
    started: bool
    blocked: bool
    deactivated: bool
    latency_ms: int
    messages: int
    """How many there are in the chat with the bot."""
    last_text: str | None

    @classmethod
    def of(cls, person: Person, **more: Any) -> Self:
        last = person.last()
        return cls(
            id=person.id,
            first_name=person.first_name,
            last_name=person.last_name,
            username=person.username,
            language_code=person.language_code,
            started=person.started,
            blocked=person.blocked,
            deactivated=person.deactivated,
            latency_ms=person.latency_ms,
            messages=len(person.messages),
            last_text=(last.text or None) if last else None,
            **more,
        )


class ActingPerson(SimulatedPerson):
    wrote: list[int]
    """The ids of the messages that the act wrote."""


class SimulatedCrowd(View):
    people: list[SimulatedPerson]

    @classmethod
    def of(cls, people: Iterable[Person]) -> Self:
        return cls(people=[SimulatedPerson.of(person) for person in people])


class AddedPeople(RootModel[SimulatedPerson | SimulatedCrowd]):
    """One person, or several where there was a `count`."""


class SimulatedPeople(SimulatedCrowd):
    total: int


class SimulatedMember(View):
    id: int
    status: MemberStatus


class SimulatedTopic(View):
    id: int
    name: str
    closed: bool


class SimulatedChat(View):
    """A group, supergroup or channel."""

    id: int
    type: GroupType
    title: str
    username: str | None
    is_forum: bool
    migrated_to: int | None
    bot: MemberStatus
    members: list[SimulatedMember]
    """People; the bot stands apart."""
    topics: list[SimulatedTopic]
    messages: int
    last_text: str | None

    @classmethod
    def of(cls, world: World, group: Group) -> Self:
        last = group.last()
        return cls.model_validate(
            {
                "id": group.id,
                "type": group.type,
                "title": group.title,
                "username": group.username,
                "is_forum": group.is_forum,
                "migrated_to": group.migrated_to,
                "bot": group.status_of(world.bot_id),
                "members": [
                    {"id": user, "status": member.status}
                    for user, member in group.members.items()
                    if user != world.bot_id
                ],
                "topics": [
                    {"id": topic.id, "name": topic.name, "closed": topic.closed}
                    for topic in group.topics.values()
                    if not topic.deleted
                ],
                "messages": len(group.messages),
                "last_text": (last.text or None) if last else None,
            }
        )


class SimulatedChats(View):
    chats: list[SimulatedChat]

    @classmethod
    def of(cls, world: World) -> Self:
        groups = world.state.groups.values()
        return cls(chats=[SimulatedChat.of(world, group) for group in groups])


class PhoneEntity(ApiObject):
    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None


class PhoneFile(ApiObject):
    file_name: str | None = None


class InlineButton(ApiObject):
    text: str
    callback_data: str | None = None
    url: str | None = None


class KeyboardButton(ApiObject):
    text: str


class ReplyMarkup(ApiObject):
    inline_keyboard: list[list[InlineButton]] | None = None
    keyboard: list[list[KeyboardButton]] | None = None
    # A bot may send anything that is true for it.
    remove_keyboard: Annotated[bool, BeforeValidator(bool)] = False


class PhoneReaction(View):
    by: int
    emoji: str


class PhoneMessage(View):
    message_id: int
    sender: Literal["bot", "person"] = Field(alias="from")
    author: int | None
    date: int
    edit_date: int | None
    deleted: bool
    text: str | None
    caption: str | None
    html: str | None
    """The text or caption; safe to show."""
    entities: list[PhoneEntity]
    reply_markup: ReplyMarkup | None
    photo: list[PhoneFile] | None
    """The same picture in several sizes."""
    document: PhoneFile | None
    video: PhoneFile | None
    voice: PhoneFile | None
    audio: PhoneFile | None
    animation: PhoneFile | None
    video_note: PhoneFile | None
    sticker: PhoneFile | None
    location: dict[str, Any] | None
    contact: dict[str, Any] | None
    dice: dict[str, Any] | None
    media_group_id: str | None
    reply_to: int | None
    thread: int | None
    reactions: list[PhoneReaction]
    other: dict[str, Any]
    """What else the Bot API says of it, such as who joined."""
    protected: bool
    silent: bool

    @classmethod
    def of(cls, message: ChatMessage) -> Self:
        media = message.media or {}
        extra = message.extra or {}
        replied = extra.get("reply_to_message") or {}
        entities = tuple(_entity(document) for document in message.entities)
        return cls.model_validate(
            {
                **{kind: media.get(kind) for kind in _MEDIA},
                "message_id": message.message_id,
                "from": "bot" if message.from_bot else "person",
                "author": message.author,
                "date": message.date,
                "edit_date": message.edit_date,
                "deleted": message.deleted,
                "text": None if message.media else message.text,
                "caption": (message.text or None) if message.media else None,
                "html": render(message.text, entities) if message.text else None,
                "entities": message.entities,
                "reply_markup": message.reply_markup,
                "media_group_id": extra.get("media_group_id"),
                "reply_to": replied.get("message_id"),
                "thread": message.thread,
                "reactions": [
                    {"by": user, "emoji": emoji}
                    for user, emoji in (message.reactions or {}).items()
                ],
                "other": {k: v for k, v in extra.items() if k not in _ELSEWHERE},
                "protected": bool(extra.get("has_protected_content")),
                "silent": message.silent,
            }
        )


_MEDIA = (
    "photo",
    "document",
    "video",
    "voice",
    "audio",
    "animation",
    "video_note",
    "sticker",
    "location",
    "contact",
    "dice",
)


class PhoneMessages(View):
    messages: list[PhoneMessage]

    @classmethod
    def of(cls, messages: Iterable[ChatMessage]) -> Self:
        return cls(messages=[PhoneMessage.of(message) for message in messages])


class MenuCommand(View):
    command: str
    description: str


class CommandMenu(View):
    commands: list[MenuCommand]

    @classmethod
    def of(cls, commands: Iterable[Command]) -> Self:
        return cls(commands=[MenuCommand.model_validate(command) for command in commands])


class CallbackAnswer(View):
    """A pressed button, and what the bot answered to that."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    data: str
    text: str | None
    show_alert: bool
    url: str | None
    answered: bool


class CallbackAnswers(View):
    answers: list[CallbackAnswer]

    @classmethod
    def of(cls, callbacks: Iterable[Callback]) -> Self:
        return cls(answers=[CallbackAnswer.model_validate(callback) for callback in callbacks])


class AcceptedMessage(View):
    model_config = ConfigDict(from_attributes=True)

    seq: int
    at: float
    method: str
    chat_id: int
    message_id: int
    text: str


class SandboxRecord(View):
    record: list[AcceptedMessage]
    next: int | None
    """What to pass as `after` for the rest; null at the end."""

    @classmethod
    def of(cls, page: list[Sent], total: int) -> Self:
        following = page[-1].seq if page and page[-1].seq < total else None
        return cls(record=[AcceptedMessage.model_validate(sent) for sent in page], next=following)


class SandboxStats(View):
    calls: dict[str, int]
    errors: dict[str, int]
    peak_per_second: int


class SimulatedFault(View):
    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: FaultKind
    method: str | None
    chat_id: int | None
    count: int | None
    probability: float | None
    retry_after: int | None
    seconds: float | None
    description: str | None
    migrate_to_chat_id: int | None

    @classmethod
    def of(cls, fault: InjectedFault) -> Self:
        return cls.model_validate(fault)


class SimulatedFaults(View):
    faults: list[SimulatedFault]


class FloodState(View):
    enabled: bool
    per_second: int | None = None
    chat_per_second: float | None = None
    chat_burst: int | None = None
    group_per_minute: int | None = None
    penalty: int | None = None
    refused: int
    waits: dict[str, int]
    """Seconds that `bot` or a chat still waits, by its id."""

    @classmethod
    def of(cls, flood: Flood) -> Self:
        return cls.model_validate(flood.as_dict())


class NextUpdate(View):
    next_id: int


class BotAsOwned(View):
    """The bot as its owner sees it."""

    id: int
    is_bot: bool
    first_name: str
    username: str
    privacy: bool


def _entity(document: dict[str, Any]) -> Entity:
    fields = {name: value for name, value in document.items() if name != "user"}
    user = document.get("user")
    return Entity(**fields, user_id=user["id"] if user else None)
