"""The bot's profile: name, descriptions, menu button, the rights it asks for."""

from collections.abc import Callable
from typing import Any

from appliance.sandbox.api_types.serialize import RIGHTS
from appliance.sandbox.api_types.targets import chat_of
from appliance.sandbox.methods.commands import language_of
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.world import BOT_NAME, World

Method = Callable[[World, Parameters], Any]

_LIMITS = {"name": 64, "description": 512, "short_description": 120}
_MENU_TYPES = frozenset({"commands", "default", "web_app"})


def setter(field: str) -> Method:
    """`setMyName` and the like: one text a language; an empty one takes it away."""

    def set_text(world: World, parameters: Parameters) -> bool:
        text, language = parameters.text(field), language_of(parameters)
        if len(text) > _LIMITS[field]:
            raise bad_request(f"Bot {field.replace('_', ' ')} is too long")
        by_language = {**world.state.profile.get(field, {}), language: text}
        texts = {key: value for key, value in by_language.items() if value}
        world.state.commit("profile", name=field, value=texts)
        return True

    return set_text


def getter(field: str) -> Method:
    """The text of a language, else the one for all; a bot always has a name."""

    def get_text(world: World, parameters: Parameters) -> dict[str, str]:
        texts = world.state.profile.get(field, {})
        usual = texts.get("", BOT_NAME if field == "name" else "")
        return {field: texts.get(language_of(parameters), usual)}

    return get_text


def set_chat_menu_button(world: World, parameters: Parameters) -> bool:
    button = parameters.json("menu_button", "Can't parse menu button JSON object")
    button = button or {"type": "default"}
    if not isinstance(button, dict):
        raise bad_request("Can't parse menu button: MenuButton must be an Object")
    if button.get("type") not in _MENU_TYPES:
        raise bad_request("Can't parse menu button: MenuButton has unsupported type")
    for name in ("text", "web_app") if button["type"] == "web_app" else ():
        if not button.get(name):
            raise bad_request(f"Can't parse menu button: Can't find field \"{name}\"")
    buttons = {**world.state.profile.get("menu_buttons", {}), _menu_key(world, parameters): button}
    world.state.commit("profile", name="menu_buttons", value=buttons)
    return True


def get_chat_menu_button(world: World, parameters: Parameters) -> dict[str, Any]:
    buttons = world.state.profile.get("menu_buttons", {})
    button: dict[str, Any] = buttons.get(_menu_key(world, parameters), {"type": "default"})
    return button


def set_default_rights(world: World, parameters: Parameters) -> bool:
    rights = parameters.json("rights", "Can't parse ChatAdministratorRights JSON object") or {}
    if not isinstance(rights, dict):
        raise bad_request(
            "Can't parse ChatAdministratorRights: ChatAdministratorRights must be an Object"
        )
    names = [name for name in RIGHTS if rights.get(name) is True]
    world.state.commit("profile", name=_rights_key(parameters), value=names)
    return True


def get_default_rights(world: World, parameters: Parameters) -> dict[str, bool]:
    chosen = world.state.profile.get(_rights_key(parameters), [])
    return {"is_anonymous": False, **{name: name in chosen for name in RIGHTS}}


def _rights_key(parameters: Parameters) -> str:
    return "rights_channels" if parameters.flag("for_channels") else "rights_groups"


def _menu_key(world: World, parameters: Parameters) -> str:
    return str(chat_of(world, parameters).id) if parameters.text("chat_id") else ""
