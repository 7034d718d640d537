"""Chats and who is in them, as the bot sees and changes them."""

from typing import Any

from appliance.sandbox.api_types.serialize import (
    all_rights,
    chat_document,
    member_document,
    message_document,
    private_member,
)
from appliance.sandbox.api_types.targets import chat_of, check_right, group_of, person_of, seen_chat
from appliance.sandbox.people.groups import rename, set_status
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.model import (
    ADMINISTRATOR,
    CHANNEL,
    CREATOR,
    KICKED,
    LEFT,
    MEMBER,
    PRESENT,
    Group,
    Person,
    group_fields,
)
from appliance.sandbox.world.world import World

_TITLE_LIMIT = 128
_DESCRIPTION_LIMIT = 255
_PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_invite_users",
)
_LEADING = {
    CREATOR: "Can't remove chat owner",
    ADMINISTRATOR: "User is an administrator of the chat",
}
_FORBIDDEN = ("can_change_info", "can_pin_messages", "can_manage_topics")


def get_chat(world: World, parameters: Parameters) -> dict[str, Any]:
    chat = chat_of(world, parameters)
    # What is public can be asked for by name by any bot; all else only by one that is in it.
    if isinstance(chat, Group) and not chat.username:
        seen_chat(world, parameters)
    document = {**chat_document(chat), "accent_color_id": abs(chat.id) % 7}
    if chat.username:
        document["active_usernames"] = [chat.username]
    if isinstance(chat, Group):
        document |= _about_group(chat)
    pinned = [chat.messages[number] for number in chat.pinned if not chat.messages[number].deleted]
    if pinned:
        document["pinned_message"] = message_document(world, chat, pinned[-1])
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
    accepted = {name: isinstance(chat, Person) for name in (*gifts, "gifts_from_channels")}
    return {**document, "max_reaction_count": 11, "accepted_gift_types": accepted}


def get_chat_member(world: World, parameters: Parameters) -> dict[str, Any]:
    chat = seen_chat(world, parameters)
    user = _user(world, parameters)
    if isinstance(chat, Group):
        return member_document(world, chat, user)
    if user not in (chat.id, world.bot_id):
        raise bad_request("PARTICIPANT_ID_INVALID")
    return private_member(world, user, MEMBER)


def get_chat_member_count(world: World, parameters: Parameters) -> int:
    chat = seen_chat(world, parameters)
    if isinstance(chat, Person):
        return 2
    return sum(member.status in PRESENT for member in chat.members.values())


def get_chat_administrators(world: World, parameters: Parameters) -> list[dict[str, Any]]:
    group = group_of(world, parameters, "There are no administrators in the private chat")
    leading = [
        user for user, member in group.members.items() if member.status in (CREATOR, ADMINISTRATOR)
    ]
    return [member_document(world, group, user) for user in leading]


def leave_chat(world: World, parameters: Parameters) -> bool:
    group = group_of(world, parameters, "Chat member status can't be changed in private chats")
    set_status(world, group, world.bot_id, LEFT, by=world.bot_id)
    return True


def ban_chat_member(world: World, parameters: Parameters) -> bool:
    group, person = _managed(world, parameters, "can_restrict_members")
    _check_not_leading(group, person)
    set_status(world, group, person.id, KICKED, by=world.bot_id)
    return True


def unban_chat_member(world: World, parameters: Parameters) -> bool:
    """Who is not banned but a member is taken out by it, unless `only_if_banned`."""
    group, person = _managed(world, parameters, "can_restrict_members")
    banned = group.status_of(person.id) == KICKED
    if banned or not parameters.flag("only_if_banned"):
        _check_not_leading(group, person)
        # By the bot but as if alone: LEFT, not banned again.
        set_status(world, group, person.id, LEFT, by=person.id)
    return True


def promote_chat_member(world: World, parameters: Parameters) -> bool:
    """With no right given it demotes."""
    group, person = _managed(world, parameters, "can_promote_members")
    if not group.is_present(person.id):
        raise bad_request("USER_NOT_PARTICIPANT")
    _check_not_leading(group, person, (CREATOR,))
    rights = [name for name in all_rights(group) if parameters.flag(name)]
    status = ADMINISTRATOR if rights else MEMBER
    set_status(world, group, person.id, status, by=world.bot_id, rights=rights)
    return True


def set_chat_title(world: World, parameters: Parameters) -> bool:
    group = group_of(world, parameters, "Can't change private chat title")
    check_right(world, group, "can_change_info", "Not enough rights to change chat title")
    title = parameters.text("title").strip()
    if not title:
        raise bad_request("Title must be non-empty")
    if title == group.title:
        raise bad_request("CHAT_NOT_MODIFIED")
    rename(world, group, title[:_TITLE_LIMIT], by=world.bot_id)
    return True


def set_chat_description(world: World, parameters: Parameters) -> bool:
    group = group_of(world, parameters, "Can't change private chat description")
    check_right(world, group, "can_change_info", "Not enough rights to set chat description")
    text = parameters.text("description")
    if len(text) > _DESCRIPTION_LIMIT:
        raise bad_request("CHAT_ABOUT_TOO_LONG")
    if text == (group.description or ""):
        raise bad_request("Chat description is not modified")
    world.state.commit("group", group={**group_fields(group), "description": text or None})
    return True


def _about_group(group: Group) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if group.description:
        about["description"] = group.description
    if group.type != CHANNEL:
        allowed = dict.fromkeys(_PERMISSIONS, True)
        about["permissions"] = {**allowed, **dict.fromkeys(_FORBIDDEN, False)}
    return about


def _user(world: World, parameters: Parameters) -> int:
    user = parameters.integer("user_id")
    return user if user == world.bot_id else person_of(world, parameters).id


def _managed(world: World, parameters: Parameters, right: str) -> tuple[Group, Person]:
    refusal = "Chat member status can't be changed in private chats"
    group = group_of(world, parameters, refusal)
    person = person_of(world, parameters)
    refusal = "Not enough rights to restrict/unrestrict chat member"
    if right == "can_promote_members":
        refusal = "Not enough rights"
    check_right(world, group, right, refusal)
    return group, person


def _check_not_leading(
    group: Group, person: Person, statuses: tuple[str, ...] = (CREATOR, ADMINISTRATOR)
) -> None:
    status = group.status_of(person.id)
    if status in statuses:
        raise bad_request(_LEADING[status])
