"""The menu of commands that the bot shows to a person, which differs by scope and language."""

import json
from collections.abc import Iterator
from typing import Any

from appliance.sandbox.world.model import ADMINISTRATOR, CHANNEL, CREATOR, Chat, Person
from appliance.sandbox.world.world import World

Command = dict[str, str]


def commands_seen(world: World, person: Person, chat: Chat) -> list[Command]:
    """What this person's menu shows there: the narrowest scope, in their language if it has it."""
    for scope in _scopes(person, chat):
        for language in (person.language_code, ""):
            if commands := world.state.commands.get(scope_key(language, scope)):
                return commands
    return []


def scope_key(language: str, scope: dict[str, Any]) -> str:
    """The name under which the state keeps the commands of a language and a scope."""
    return f"{language} {json.dumps(scope, sort_keys=True)}"


def _scopes(person: Person, chat: Chat) -> Iterator[dict[str, Any]]:
    """From the narrowest to the widest, as the documentation of BotCommandScope orders them."""
    place = {"chat_id": chat.id}
    if isinstance(chat, Person):
        yield from ({"type": "chat", **place}, {"type": "all_private_chats"})
    elif chat.type != CHANNEL:
        leads = chat.status_of(person.id) in (CREATOR, ADMINISTRATOR)
        yield {"type": "chat_member", **place, "user_id": person.id}
        yield from ([{"type": "chat_administrators", **place}] if leads else [])
        yield {"type": "chat", **place}
        yield from ([{"type": "all_chat_administrators"}] if leads else [])
        yield {"type": "all_group_chats"}
    yield {"type": "default"}
