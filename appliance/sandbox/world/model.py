"""What the simulator keeps: people, groups and channels, their members, topics and messages."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

CREATOR, ADMINISTRATOR, MEMBER = "creator", "administrator", "member"
LEFT, KICKED = "left", "kicked"
PRESENT = frozenset({CREATOR, ADMINISTRATOR, MEMBER})
GROUP, SUPERGROUP, CHANNEL = "group", "supergroup", "channel"


@dataclass(slots=True)
class ChatMessage:
    message_id: int
    from_bot: bool
    date: int
    text: str
    """The caption where there is media."""
    entities: list[dict[str, Any]]
    reply_markup: dict[str, Any] | None = None
    media: dict[str, Any] | None = None
    """{"photo": [sizes]}, {"document": {…}}, {"voice": {…}} … as the Bot API writes them."""
    extra: dict[str, Any] | None = None
    """Other fields of the Bot API's message; all there is of a service message."""
    silent: bool = False
    edit_date: int | None = None
    deleted: bool = False
    author: int | None = None
    """Who wrote it in a group; None: the bot, the person of a private chat, or the channel."""
    thread: int | None = None
    """The topic it stands in."""
    reactions: dict[int, str] | None = None
    """The emoji, by who reacted."""

    @property
    def is_service(self) -> bool:
        return not self.text and not self.media


@dataclass(slots=True)
class Person:
    id: int
    first_name: str
    last_name: str | None
    username: str | None
    language_code: str
    started: bool = False
    blocked: bool = False
    latency_ms: int = 0
    deactivated: bool = False
    """The account was deleted."""
    pinned: tuple[int, ...] = ()
    messages: dict[int, ChatMessage] = field(default_factory=dict)

    def last(self) -> ChatMessage | None:
        return last_of(self.messages)


@dataclass(slots=True)
class Member:
    status: str
    rights: list[str] = field(default_factory=list)
    """Those of an administrator."""


@dataclass(slots=True)
class Topic:
    id: int
    name: str
    icon_color: int
    icon_custom_emoji_id: str | None = None
    closed: bool = False
    deleted: bool = False


@dataclass(slots=True)
class Group:
    """A group, supergroup or channel. The bot and the people are its members alike."""

    id: int
    type: str
    title: str
    username: str | None = None
    description: str | None = None
    is_forum: bool = False
    migrated_to: int | None = None
    """A group that became a supergroup takes no more calls."""
    latency_ms: int = 0
    last_message_id: int = 0
    """Supergroups and channels count for themselves."""
    pinned: tuple[int, ...] = ()
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, ChatMessage] = field(default_factory=dict)

    @property
    def counts_alone(self) -> bool:
        return self.type != GROUP

    def last(self) -> ChatMessage | None:
        return last_of(self.messages)

    def status_of(self, user: int) -> str:
        return self.members[user].status if user in self.members else LEFT

    def is_present(self, user: int) -> bool:
        return self.status_of(user) in PRESENT

    def allows(self, user: int, right: str) -> bool:
        """Whether somebody is an administrator with this right, or the creator."""
        member = self.members.get(user)
        if member is None:
            return False
        return member.status == CREATOR or (
            member.status == ADMINISTRATOR and right in member.rights
        )


Chat = Person | Group


@dataclass(slots=True)
class Callback:
    id: str
    person: int
    data: str
    at: float = 0.0
    text: str | None = None
    show_alert: bool = False
    url: str | None = None
    answered: bool = False


class Sent(NamedTuple):
    """A message accepted for delivery."""

    seq: int
    at: float
    method: str
    chat_id: int
    message_id: int
    text: str


def last_of(messages: dict[int, ChatMessage]) -> ChatMessage | None:
    """The last that is not deleted."""
    return next((m for m in reversed(messages.values()) if not m.deleted), None)


_PERSON = (
    "id",
    "first_name",
    "last_name",
    "username",
    "language_code",
    "started",
    "blocked",
    "latency_ms",
    "deactivated",
)
_GROUP = (
    "id",
    "type",
    "title",
    "username",
    "description",
    "is_forum",
    "migrated_to",
    "latency_ms",
    "last_message_id",
)
_TOPIC = ("id", "name", "icon_color", "icon_custom_emoji_id", "closed", "deleted")


def person_fields(person: Person) -> dict[str, Any]:
    """What is stored of a person besides the messages."""
    return {name: getattr(person, name) for name in _PERSON}


def group_fields(group: Group) -> dict[str, Any]:
    """What is stored of a group besides members, topics and messages."""
    return {name: getattr(group, name) for name in _GROUP}


def topic_fields(topic: Topic) -> dict[str, Any]:
    return {name: getattr(topic, name) for name in _TOPIC}
