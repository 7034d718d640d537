"""Topics of a forum: a supergroup whose messages stand in threads with names."""

from typing import Any

from appliance.sandbox.api_types.targets import check_right, group_of
from appliance.sandbox.people.groups import TOPIC_COLORS, change_topic, open_topic
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.model import Group, Topic
from appliance.sandbox.world.world import World

_NAME_LIMIT = 128
_NOT_FORUM = "The chat is not a forum"


def create_forum_topic(world: World, parameters: Parameters) -> dict[str, Any]:
    group = _forum(world, parameters, "Not enough rights to create a topic")
    name = parameters.text("name").strip()
    if not name or len(name) > _NAME_LIMIT:
        raise bad_request("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    color = parameters.integer("icon_color", TOPIC_COLORS[0])
    if color not in TOPIC_COLORS:
        raise bad_request("Invalid icon color specified")
    emoji = parameters.text("icon_custom_emoji_id") or None
    topic = open_topic(world, group, name, by=world.bot_id, color=color, emoji_id=emoji)
    document = {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}
    return {**document, "icon_custom_emoji_id": emoji} if emoji else document


def edit_forum_topic(world: World, parameters: Parameters) -> bool:
    group, topic = _topic(world, parameters, "Not enough rights to edit the topic")
    changes: dict[str, Any] = {}
    if name := parameters.text("name").strip()[:_NAME_LIMIT]:
        changes["name"] = name
    if "icon_custom_emoji_id" in parameters.values:
        changes["icon_custom_emoji_id"] = parameters.text("icon_custom_emoji_id") or None
    if all(getattr(topic, field) == value for field, value in changes.items()):
        raise bad_request("TOPIC_NOT_MODIFIED")
    change_topic(world, group, topic, by=world.bot_id, **changes)
    return True


def close_forum_topic(world: World, parameters: Parameters) -> bool:
    return _set_closed(world, parameters, True)


def reopen_forum_topic(world: World, parameters: Parameters) -> bool:
    return _set_closed(world, parameters, False)


def delete_forum_topic(world: World, parameters: Parameters) -> bool:
    """With all its messages."""
    group, topic = _topic(world, parameters, "Not enough rights to delete the topic")
    change_topic(world, group, topic, by=world.bot_id, deleted=True)
    return True


def unpin_all_forum_topic_messages(world: World, parameters: Parameters) -> bool:
    group, topic = _topic(world, parameters, "Not enough rights to manage pinned messages")
    for number in group.pinned:
        if group.messages[number].thread == topic.id:
            world.state.commit("pin", chat_id=group.id, message_id=number, on=False)
    return True


def get_forum_topic_icon_stickers(_world: World, _parameters: Parameters) -> list[dict[str, Any]]:
    """None: the simulator has no custom emoji."""
    return []


def _set_closed(world: World, parameters: Parameters, closed: bool) -> bool:
    refusal = "Not enough rights to close or reopen the topic"
    group, topic = _topic(world, parameters, refusal)
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    change_topic(world, group, topic, by=world.bot_id, closed=closed)
    return True


def _forum(world: World, parameters: Parameters, refusal: str) -> Group:
    group = group_of(world, parameters, _NOT_FORUM)
    if not group.is_forum:
        raise bad_request(_NOT_FORUM)
    check_right(world, group, "can_manage_topics", refusal)
    return group


def _topic(world: World, parameters: Parameters, refusal: str) -> tuple[Group, Topic]:
    group = _forum(world, parameters, refusal)
    topic = group.topics.get(parameters.integer("message_thread_id"))
    if topic is None or topic.deleted:
        raise bad_request("TOPIC_ID_INVALID")
    return group, topic
