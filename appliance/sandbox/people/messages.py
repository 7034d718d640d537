"""What people write in private, in groups and in channels, and which of it the bot receives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.errors import Conflict, Forbidden, Invalid, NotFound
from appliance.sandbox.api_types.entity_detection import add_detected
from appliance.sandbox.api_types.serialize import (
    chat_document,
    message_document,
    user_document,
    without_reply,
)
from appliance.sandbox.api_types.text import CAPTION_LIMIT, TEXT_LIMIT, Content
from appliance.sandbox.people.attachments import Attachment
from appliance.sandbox.world.model import (
    ADMINISTRATOR,
    CHANNEL,
    Chat,
    ChatMessage,
    Group,
    Person,
    person_fields,
)
from appliance.sandbox.world.state import now
from appliance.sandbox.world.world import BOT_USERNAME, World
from appliance.telegram.entities import canonical, to_utf16

_ALBUM = range(2, 11)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where somebody writes, and which message they reply to."""

    chat: Chat
    thread: int | None = None
    reply_to: int | None = None

    @property
    def is_channel(self) -> bool:
        return isinstance(self.chat, Group) and self.chat.type == CHANNEL


def find_destination(
    world: World,
    person: Person,
    chat_id: int | None = None,
    thread: int | None = None,
    reply_to: int | None = None,
) -> Destination:
    """Raises NotFound, Forbidden, Conflict where this person cannot write there."""
    chat = person if chat_id in (None, person.id) else world.state.groups.get(chat_id or 0)
    if chat is None:
        raise NotFound(f"there is no chat {chat_id}")
    if isinstance(chat, Group):
        _check_membership(chat, person)
        if thread is not None and thread not in chat.topics:
            raise NotFound(f"there is no topic {thread} in this chat")
    if reply_to is not None:
        replied = find_message(chat, reply_to)
        thread = thread if thread is not None else replied.thread
    return Destination(chat, thread, reply_to)


def write_text(world: World, person: Person, destination: Destination, text: str) -> ChatMessage:
    """Type a text. To press a button of a reply keyboard is the same."""
    return post_message(world, person, destination, _checked_content(text, TEXT_LIMIT, "text"))


def send_file(
    world: World, person: Person, destination: Destination, file: Attachment, caption: str = ""
) -> ChatMessage:
    return post_message(world, person, destination, _caption(caption), file.media(world.files))


def send_album(
    world: World,
    person: Person,
    destination: Destination,
    files: Sequence[Attachment],
    caption: str = "",
) -> list[ChatMessage]:
    """One message for each file, with a `media_group_id` in common; the first has the caption."""
    if len(files) not in _ALBUM:
        raise Invalid(f"invalid files: expected 2 to 10 in an album, got {len(files)}")
    kinds = {file.kind for file in files}
    alone = kinds & {"document", "audio"}
    if not kinds <= {"photo", "video", "document", "audio"} or (alone and len(kinds) > 1):
        raise Invalid("invalid files: expected photos and videos, or only documents, or only audio")
    group = {"media_group_id": str(world.state.next_message_id(destination.chat))}
    captions = [caption, *[""] * (len(files) - 1)]
    return [
        post_message(
            world, person, destination, _caption(text), file.media(world.files), dict(group)
        )
        for file, text in zip(files, captions, strict=True)
    ]


def edit_text(
    world: World, person: Person, destination: Destination, message_id: int, text: str
) -> ChatMessage:
    """Change what this person wrote: the text, or the caption of a file."""
    message = find_message(destination.chat, message_id)
    if not _is_theirs(person, destination, message):
        raise Forbidden(f"message {message_id} is not this person's")
    content = _caption(text) if message.media else _checked_content(text, TEXT_LIMIT, "text")
    changes = {"text": content.text, "entities": content.entities, "edit_date": now()}
    edited: ChatMessage = world.state.commit(
        "edit", chat_id=destination.chat.id, message_id=message_id, changes=changes
    )
    kind = "edited_channel_post" if destination.is_channel else "edited_message"
    _notify_bot(world, destination.chat, edited, kind)
    return edited


def delete(world: World, destination: Destination, message_id: int) -> None:
    """Delete it for everybody. The bot gets no update of that, as with Telegram."""
    find_message(destination.chat, message_id)
    world.state.commit("delete", chat_id=destination.chat.id, message_id=message_id)


def react(
    world: World, person: Person, destination: Destination, message_id: int, emoji: str | None
) -> None:
    """Put an emoji to a message, or take it away. Only a bot that asked for it gets an update."""
    message = find_message(destination.chat, message_id)
    before = _reactions((message.reactions or {}).get(person.id))
    world.state.commit(
        "react", chat_id=destination.chat.id, message_id=message_id, user=person.id, emoji=emoji
    )
    if not _may_see_reactions(world, destination.chat):
        return
    about = {"chat": chat_document(destination.chat), "message_id": message_id, "date": now()}
    if destination.is_channel:
        counted = {**about, "reactions": _reaction_counts(message)}
        world.state.add_update("message_reaction_count", counted)
        return
    change = {"old_reaction": before, "new_reaction": _reactions(emoji)}
    update = {**about, "user": user_document(person), **change}
    world.state.add_update("message_reaction", update)


def find_message(chat: Chat, message_id: int) -> ChatMessage:
    """A message of this chat. Raises NotFound."""
    message = chat.messages.get(message_id)
    if message is None or message.deleted:
        raise NotFound(f"there is no message {message_id} in this chat")
    return message


def post_message(
    world: World,
    person: Person,
    destination: Destination,
    content: Content,
    media: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
) -> ChatMessage:
    if destination.chat is person:
        if person.deactivated:
            raise Conflict("this person has deleted the account")
        if person.blocked:
            raise Conflict("this person has blocked the bot: unblock it first")
        if not person.started:
            world.state.commit("person", person={**person_fields(person), "started": True})
    message: ChatMessage = world.state.commit(
        "message",
        chat_id=destination.chat.id,
        message={
            "message_id": world.state.next_message_id(destination.chat),
            "from_bot": False,
            "date": now(),
            "text": content.text,
            "entities": content.entities,
            "media": media,
            "extra": {**(extra or {}), **_reply(world, destination)} or None,
            "author": None if destination.chat is person or destination.is_channel else person.id,
            "thread": destination.thread,
        },
    )
    _notify_bot(
        world, destination.chat, message, "channel_post" if destination.is_channel else "message"
    )
    return message


def _notify_bot(world: World, chat: Chat, message: ChatMessage, kind: str) -> None:
    if reaches_bot(world, chat, message):
        world.state.add_update(kind, message_document(world, chat, message))


def reaches_bot(world: World, chat: Chat, message: ChatMessage) -> bool:
    """Whether the bot gets this: in groups its privacy mode holds back what is not for the bot."""
    if isinstance(chat, Person):
        return True
    if not chat.is_present(world.bot_id):
        return False
    if chat.type == CHANNEL or world.reads_everything or message.is_service:
        return True
    if chat.status_of(world.bot_id) == ADMINISTRATOR:
        return True
    replied = (message.extra or {}).get("reply_to_message", {}).get("from", {}).get("id")
    return replied == world.bot_id or _addresses_bot(message)


def _addresses_bot(message: ChatMessage) -> bool:
    """A command for every bot or for this one, or its name."""
    text = message.text.encode("utf-16-le")
    for entity in message.entities:
        start = entity["offset"] * 2
        part = text[start : start + entity["length"] * 2].decode("utf-16-le", "replace").lower()
        _, at, name = part.partition("@")
        if entity["type"] == "bot_command" and (not at or name == BOT_USERNAME):
            return True
        if entity["type"] == "mention" and name == BOT_USERNAME:
            return True
    return False


def _reply(world: World, destination: Destination) -> dict[str, Any]:
    """The message replied to; in a topic, without one, the service message that opened it."""
    message_id = destination.reply_to if destination.reply_to is not None else destination.thread
    message = destination.chat.messages.get(message_id) if message_id is not None else None
    if message is None:
        return {}
    return {"reply_to_message": without_reply(message_document(world, destination.chat, message))}


def _check_membership(group: Group, person: Person) -> None:
    if group.migrated_to:
        raise Conflict(f"this group became the supergroup {group.migrated_to}")
    if not group.is_present(person.id):
        raise Forbidden("this person is not a member of the chat: add them first")
    if group.type == CHANNEL and not group.allows(person.id, "can_post_messages"):
        raise Forbidden("only the channel's administrators write in it")


def _is_theirs(person: Person, destination: Destination, message: ChatMessage) -> bool:
    if message.from_bot or message.is_service:
        return False
    return destination.chat is person or destination.is_channel or message.author == person.id


def _may_see_reactions(world: World, chat: Chat) -> bool:
    return isinstance(chat, Person) or chat.status_of(world.bot_id) == ADMINISTRATOR


def _reactions(emoji: str | None) -> list[dict[str, str]]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []


def _reaction_counts(message: ChatMessage) -> list[dict[str, Any]]:
    emojis = list((message.reactions or {}).values())
    return [
        {"type": {"type": "emoji", "emoji": emoji}, "total_count": emojis.count(emoji)}
        for emoji in dict.fromkeys(emojis)
    ]


def _caption(text: str) -> Content:
    return _checked_content(text, CAPTION_LIMIT, "caption") if text else Content("", [])


def _checked_content(text: str, limit: int, name: str) -> Content:
    text, entities = canonical(text, ())
    if not text or len(text) > limit:
        raise Invalid(f"invalid {name}: expected 1 to {limit} characters")
    detected = to_utf16(text, add_detected(text, entities))
    return Content(text, [entity.as_dict() for entity in detected])
