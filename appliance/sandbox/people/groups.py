"""Groups and channels: members who come, go and lead; topics; migration to a supergroup."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.errors import Conflict, Forbidden, Invalid, NotFound
from appliance.sandbox.api_types.serialize import (
    all_rights,
    chat_document,
    member_document,
    message_document,
    somebody,
)
from appliance.sandbox.world.model import (
    ADMINISTRATOR,
    CHANNEL,
    CREATOR,
    GROUP,
    KICKED,
    LEFT,
    MEMBER,
    PRESENT,
    SUPERGROUP,
    ChatMessage,
    Group,
    Topic,
    group_fields,
    topic_fields,
)
from appliance.sandbox.world.state import now
from appliance.sandbox.world.world import World

_SUPERGROUP_BASE = -1_000_000_000_000
TOPIC_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


@dataclass(frozen=True, slots=True)
class NewGroup:
    type: str
    title: str
    creator: int
    username: str | None = None
    is_forum: bool = False
    bot: str = MEMBER
    members: Sequence[int] = ()


def create_group(world: World, new: NewGroup) -> Group:
    """Make a group with these members, the bot among them if its status says so."""
    if new.is_forum and new.type != SUPERGROUP:
        raise Invalid("is_forum: only supergroups have topics")
    if new.type == CHANNEL and new.bot == MEMBER:
        raise Invalid("bot: in a channel a bot is an administrator or absent")
    fields = {
        "id": _free_id(world, new.type),
        "type": new.type,
        "title": new.title,
        "username": new.username,
        "is_forum": new.is_forum,
    }
    group: Group = world.state.commit("group", group=fields)
    _commit_member(world, group, new.creator, CREATOR)
    for user in new.members:
        if user != new.creator:
            _commit_member(world, group, user, MEMBER)
    if new.bot in PRESENT:
        created = new.type == GROUP and new.bot == MEMBER
        service = {"group_chat_created": True} if created else None
        set_status(world, group, world.bot_id, new.bot, by=new.creator, service=service)
    return group


def set_status(
    world: World,
    group: Group,
    user: int,
    status: str,
    *,
    by: int,
    rights: Sequence[str] | None = None,
    service: dict[str, Any] | None = None,
) -> None:
    """Add, remove, promote or demote somebody, with the updates that the bot is entitled to."""
    _check_not_migrated(group)
    was_there = group.is_present(user)
    if status == LEFT and was_there and user != by and group.type != GROUP:
        status = KICKED  # whoever is taken out of these cannot come back alone
    before = member_document(world, group, user)
    _commit_member(world, group, user, status, rights)
    after = member_document(world, group, user)
    if before == after:
        return
    kind = "my_chat_member" if user == world.bot_id else "chat_member"
    if kind == "my_chat_member" or group.status_of(world.bot_id) == ADMINISTRATOR:
        change = {"chat": chat_document(group), "from": somebody(world, by), "date": now()}
        members = {"old_chat_member": before, "new_chat_member": after}
        world.state.add_update(kind, {**change, **members})
    _announce_presence(world, group, user, by, was_there, service)


def announce(
    world: World, group: Group, by: int, extra: dict[str, Any], *, thread: int | None = None
) -> ChatMessage:
    """Put a service message into the chat. The bot gets an update if somebody else acted."""
    from_bot = by == world.bot_id
    fields = {
        "message_id": world.state.next_message_id(group),
        "from_bot": from_bot,
        "date": now(),
        "text": "",
        "entities": [],
        "extra": extra,
        "author": None if from_bot or group.type == CHANNEL else by,
        "thread": thread,
    }
    message: ChatMessage = world.state.commit("message", chat_id=group.id, message=fields)
    about_bot = extra.get("left_chat_member", {}).get("id") == world.bot_id
    if not from_bot and (about_bot or group.is_present(world.bot_id)):
        kind = "channel_post" if group.type == CHANNEL else "message"
        world.state.add_update(kind, message_document(world, group, message))
    return message


def rename(world: World, group: Group, title: str, *, by: int) -> None:
    _check_not_migrated(group)
    _change(world, group, title=title)
    announce(world, group, by, {"new_chat_title": title})


def migrate(world: World, group: Group, *, by: int) -> Group:
    """The group becomes a supergroup with another id; a service message in each names the other."""
    _check_not_migrated(group)
    if group.type != GROUP:
        raise Conflict("only a group becomes a supergroup")
    fields = group_fields(group)
    changed = {"id": _free_id(world, SUPERGROUP), "type": SUPERGROUP, "last_message_id": 0}
    new: Group = world.state.commit("group", group={**fields, **changed})
    for user, member in group.members.items():
        _commit_member(world, new, user, member.status, member.rights)
    announce(world, group, by, {"migrate_to_chat_id": new.id})
    _change(world, group, migrated_to=new.id)
    announce(world, new, by, {"migrate_from_chat_id": group.id})
    return new


def open_topic(
    world: World, group: Group, name: str, *, by: int, color: int = 0, emoji_id: str | None = None
) -> Topic:
    """The topic's id is that of the service message that opens it."""
    if not group.is_forum:
        raise Conflict("this chat has no topics: make a supergroup with is_forum")
    color = color or TOPIC_COLORS[0]
    number = world.state.next_message_id(group)
    topic = {
        "id": number,
        "name": name,
        "icon_color": color,
        "icon_custom_emoji_id": emoji_id,
    }
    created = {"name": name, "icon_color": color}
    made: Topic = world.state.commit("topic", chat_id=group.id, topic=topic)
    icon = {"icon_custom_emoji_id": emoji_id} if emoji_id else {}
    announce(world, group, by, {"forum_topic_created": {**created, **icon}}, thread=number)
    return made


def change_topic(world: World, group: Group, topic: Topic, *, by: int, **fields: Any) -> Topic:
    """Another name or icon, closed, opened again or deleted."""
    before = topic_fields(topic)
    changed: Topic = world.state.commit("topic", chat_id=group.id, topic={**before, **fields})
    if changed.deleted:
        _empty_topic(world, group, topic.id)
        return changed
    for service in _topic_announcements(before, changed):
        announce(world, group, by, service, thread=topic.id)
    return changed


def acting_member(world: World, group: Group, by: int | None) -> int:
    """Who acts: the member `by`, or the creator where it is None. Raises NotFound, Forbidden."""
    if by is None:
        creators = [user for user, member in group.members.items() if member.status == CREATOR]
        return creators[0]
    if by not in world.state.people:
        raise NotFound(f"there is no simulated person {by}")
    if not group.is_present(by):
        raise Forbidden(f"{by} is not a member of this chat")
    return by


def _topic_announcements(before: dict[str, Any], topic: Topic) -> list[dict[str, Any]]:
    announcements: list[dict[str, Any]] = []
    edited = {}
    if topic.name != before["name"]:
        edited["name"] = topic.name
    if topic.icon_custom_emoji_id != before["icon_custom_emoji_id"]:
        edited["icon_custom_emoji_id"] = topic.icon_custom_emoji_id or ""
    if edited:
        announcements.append({"forum_topic_edited": edited})
    if topic.closed != before["closed"]:
        state = "forum_topic_closed" if topic.closed else "forum_topic_reopened"
        announcements.append({state: {}})
    return announcements


def _empty_topic(world: World, group: Group, thread: int) -> None:
    for message in group.messages.values():
        if message.thread == thread and not message.deleted:
            world.state.commit("delete", chat_id=group.id, message_id=message.message_id)


def _announce_presence(
    world: World,
    group: Group,
    user: int,
    by: int,
    was_there: bool,
    service: dict[str, Any] | None,
) -> None:
    is_there = group.is_present(user)
    if group.type == CHANNEL or was_there == is_there:
        return
    came = service or {"new_chat_members": [somebody(world, user)]}
    announce(world, group, by, came if is_there else {"left_chat_member": somebody(world, user)})


def _commit_member(
    world: World, group: Group, user: int, status: str, rights: Sequence[str] | None = None
) -> None:
    effective = list(rights) if rights is not None else _usual_rights(group, status)
    world.state.commit("member", chat_id=group.id, user=user, status=status, rights=effective)


def _usual_rights(group: Group, status: str) -> list[str]:
    """An administrator may do everything but appoint others."""
    if status != ADMINISTRATOR:
        return []
    return [right for right in all_rights(group) if right != "can_promote_members"]


def _change(world: World, group: Group, **fields: Any) -> None:
    world.state.commit("group", group={**group_fields(group), **fields})


def _check_not_migrated(group: Group) -> None:
    if group.migrated_to:
        raise Conflict(f"this group became the supergroup {group.migrated_to}")


def _free_id(world: World, type_: str) -> int:
    while True:
        number = -secrets.randbelow(900_000_000) - 1_000_000_000
        chat_id = number if type_ == GROUP else _SUPERGROUP_BASE + number
        if chat_id not in world.state.groups:
            return chat_id
