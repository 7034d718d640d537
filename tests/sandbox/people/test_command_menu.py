"""Which of the bot's commands a person's menu shows."""

from typing import Any


def test_the_menu_shows_the_narrowest_scope(api):
    """In the person's language, else for all languages, and only then a wider scope."""
    anna = api.person(language_code="ru")
    boris = api.person(language_code="en")
    group = api.group(anna, members=[boris])

    def set_(name: str, language: str = "", **scope: Any) -> None:
        commands = [{"command": name, "description": "x"}]
        api.call("setMyCommands", commands=commands, language_code=language, scope=scope)

    def menu(person: int, chat: int | None = None) -> str:
        place = f"?chat_id={chat}" if chat else ""
        commands = api.control("GET", f"/people/{person}/commands{place}")["commands"]
        return ",".join(command["command"] for command in commands)

    assert menu(anna) == ""
    set_("all", type="default")
    set_("all_ru", "ru", type="default")
    assert (menu(anna), menu(boris)) == ("all_ru", "all")
    set_("private", type="all_private_chats")
    assert (menu(anna), menu(boris), menu(anna, group)) == ("private", "private", "all_ru")
    set_("leaders", type="all_chat_administrators")
    set_("groups", type="all_group_chats")
    assert (menu(anna, group), menu(boris, group)) == ("leaders", "groups")
    set_("hers", type="chat_member", chat_id=group, user_id=anna)
    set_("mine", type="chat", chat_id=boris)
    assert (menu(anna, group), menu(boris)) == ("hers", "mine")
    api.call("deleteMyCommands", scope={"type": "chat", "chat_id": boris})
    assert menu(boris) == "private"
