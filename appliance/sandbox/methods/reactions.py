"""The bot's reactions to messages."""

from typing import Any

from appliance.sandbox.api_types.targets import message_of, seen_chat
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.world import World

_EMOJI = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚"
    " 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡"
    " 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡"
)
EMOJI = frozenset(_EMOJI.split())
"""Those that Telegram takes; each without the variation selector."""


def set_message_reaction(world: World, parameters: Parameters) -> bool:
    """At most one, for a bot has no Premium; an empty list takes it away."""
    chat = seen_chat(world, parameters)
    message = message_of(chat, parameters, "react")
    listed = parameters.json("reaction", "Can't parse reaction types JSON object") or []
    if not isinstance(listed, list):
        raise bad_request("Expected an Array of ReactionType")
    if len(listed) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    emoji = _emoji(listed[0]) if listed else None
    place = {"chat_id": chat.id, "message_id": message.message_id}
    world.state.commit("react", **place, user=world.bot_id, emoji=emoji)
    return True


def _emoji(item: Any) -> str:
    if not isinstance(item, dict):
        raise bad_request("Can't parse ReactionType: expected an Object")
    if item.get("type") != "emoji":
        raise bad_request("Can't parse ReactionType: invalid reaction type specified")
    emoji = item.get("emoji")
    if not isinstance(emoji, str):
        raise bad_request("Can't parse ReactionType: Can't find field \"emoji\"")
    if emoji.replace("\ufe0f", "") not in EMOJI:
        raise bad_request("REACTION_INVALID")
    return emoji
