"""Every method's answer, and every update, read by aiogram's types: all that Telegram always sends
is there, and nothing that Telegram does not know."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiogram import methods
from aiogram.types import Update
from pydantic import BaseModel, TypeAdapter

from appliance.sandbox.methods.table import METHODS
from support.bot_api import UPDATE_KINDS

GIF = "https://example.com/a.gif"
KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}


@dataclass
class Scene:
    """A simulator with one of everything: a person, a group, a forum, a channel."""

    api: Any
    person: int
    group: int
    forum: int
    channel: int
    calls: dict[str, list[Any]] = field(default_factory=dict)

    def call(self, method: str, **parameters: Any) -> Any:
        """The answer, which aiogram could read."""
        result = self.api.call(method, **parameters)
        read(method, result)
        return result

    def sent(self, chat: int | None = None, **more: Any) -> int:
        parameters = {"chat_id": chat or self.person, "text": "Hello, https://example.com", **more}
        message_id: int = self.call("sendMessage", **parameters)["message_id"]
        return message_id

    def topic(self) -> int:
        made = self.call("createForumTopic", chat_id=self.forum, name="Talk")
        thread: int = made["message_thread_id"]
        return thread


@pytest.fixture
def scene(api):
    person = api.person(first_name="Anna", last_name="Orlova", username="anna_orlova")

    def found(type_: str, **more: Any) -> int:
        body = {"type": type_, "creator": person, "bot": "administrator", **more}
        chat_id: int = api.control("POST", "/chats", body)["id"]
        return chat_id

    group, channel = found("supergroup", title="Group"), found("channel", title="News")
    forum = found("supergroup", title="Forum", is_forum=True, username="forum_chat")
    api.control("POST", f"/chats/{group}/bot", {"status": "administrator", "rights": None})
    return Scene(api, person, group, forum, channel)


def read(method: str, result: Any) -> Any:
    name = f"{method[0].upper()}{method[1:]}"
    parsed = TypeAdapter(getattr(methods, name).__returning__).validate_python(result)
    assert list(unknown_fields(parsed)) == []
    return parsed


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from unknown_fields(item, path)


def bare(*names: str) -> list[Any]:
    return [pytest.param(name, lambda _scene: {}, id=name) for name in names]


def recipe(name: str, make: Callable[[Scene], dict[str, Any]]) -> Any:
    return pytest.param(name, make, id=name)


def in_chat(name: str, /, **more: Any) -> Any:
    return recipe(name, lambda scene: {"chat_id": scene.person, **more})


def in_group(name: str, /, **more: Any) -> Any:
    return recipe(name, lambda scene: {"chat_id": scene.group, **more})


def with_message(name: str, /, **more: Any) -> Any:
    def make(scene: Scene) -> dict[str, Any]:
        return {"chat_id": scene.person, "message_id": scene.sent(), **more}

    return recipe(name, make)


def with_photo(name: str, /, **more: Any) -> Any:
    def make(scene: Scene) -> dict[str, Any]:
        sent = scene.call("sendPhoto", chat_id=scene.person, photo=GIF)
        return {"chat_id": scene.person, "message_id": sent["message_id"], **more}

    return recipe(name, make)


def with_source(name: str, several: bool = False) -> Any:
    def make(scene: Scene) -> dict[str, Any]:
        first, second = scene.sent(scene.group), scene.sent(scene.group)
        which = {"message_ids": [first, second]} if several else {"message_id": first}
        return {"chat_id": scene.channel, "from_chat_id": scene.group, **which}

    return recipe(name, make)


def with_topic(name: str, /, **more: Any) -> Any:
    def make(scene: Scene) -> dict[str, Any]:
        return {"chat_id": scene.forum, "message_thread_id": scene.topic(), **more}

    return recipe(name, make)


def with_member(name: str, /, **more: Any) -> Any:
    def make(scene: Scene) -> dict[str, Any]:
        somebody = scene.api.person()
        rights = [right for right in RIGHTS if right != "can_post_messages"]
        body = {"status": "administrator", "rights": rights}
        scene.api.control("POST", f"/chats/{scene.group}/bot", body)
        scene.api.control("POST", f"/chats/{scene.group}/members", {"people": [somebody]})
        return {"chat_id": scene.group, "user_id": somebody, **more}

    return recipe(name, make)


def pressed(scene: Scene) -> dict[str, Any]:
    message_id = scene.sent(reply_markup=KEYBOARD)
    scene.api.act(scene.person, "press", message_id=message_id, data="yes")
    query = scene.api.updates()[-1]["callback_query"]
    return {"callback_query_id": query["id"], "text": "Noted"}


def pinned(scene: Scene) -> dict[str, Any]:
    message = {"chat_id": scene.group, "message_id": scene.sent(scene.group)}
    scene.call("pinChatMessage", **message)
    scene.call("getChat", chat_id=scene.group)
    return message


def closed(scene: Scene) -> dict[str, Any]:
    topic = {"chat_id": scene.forum, "message_thread_id": scene.topic()}
    scene.call("closeForumTopic", **topic)
    return topic


def file_of(scene: Scene) -> dict[str, Any]:
    sent = scene.call("sendPhoto", chat_id=scene.person, photo=GIF)
    return {"file_id": sent["photo"][-1]["file_id"]}


RIGHTS = ("can_manage_chat", "can_restrict_members", "can_promote_members", "can_pin_messages")
COMMANDS = [{"command": "help", "description": "Help"}]
ALBUM = [{"type": "photo", "media": GIF}, {"type": "video", "media": "https://example.com/b.mp4"}]

RECIPES = [
    *bare("getMe", "getUpdates", "deleteWebhook", "getWebhookInfo", "getForumTopicIconStickers"),
    *bare("getMyCommands", "deleteMyCommands", "getMyName", "getMyDescription"),
    *bare("getMyShortDescription", "getChatMenuButton", "getMyDefaultAdministratorRights"),
    recipe("setWebhook", lambda _: {"url": "http://127.0.0.1:9/hook", "secret_token": "s"}),
    recipe("setMyCommands", lambda _: {"commands": COMMANDS, "language_code": "ru"}),
    recipe("setMyName", lambda _: {"name": "Клуб", "language_code": "ru"}),
    recipe("setMyDescription", lambda _: {"description": "What it does"}),
    recipe("setMyShortDescription", lambda _: {"short_description": "It does"}),
    recipe("setChatMenuButton", lambda _: {"menu_button": {"type": "commands"}}),
    recipe("setMyDefaultAdministratorRights", lambda _: {"rights": {"can_manage_chat": True}}),
    in_chat("sendMessage", text="<b>Hello</b>", parse_mode="HTML", reply_markup=KEYBOARD),
    in_chat("sendPhoto", photo=GIF, caption="one", has_spoiler=True),
    in_chat("sendDocument", document="https://example.com/a.pdf"),
    in_chat("sendVideo", video="https://example.com/a.mp4", duration=3, width=10, height=10),
    in_chat("sendVoice", voice="https://example.com/a.ogg", duration=3),
    in_chat("sendAudio", audio="https://example.com/a.mp3", performer="A", title="B"),
    in_chat("sendAnimation", animation="https://example.com/a.mp4"),
    in_chat("sendVideoNote", video_note="https://example.com/a.mp4", length=240),
    in_chat("sendSticker", sticker="https://example.com/a.webp"),
    in_chat("sendLocation", latitude=55.75, longitude="37.6"),
    in_chat("sendVenue", latitude=55.75, longitude="37.6", title="Hall", address="1 Main Street"),
    in_chat("sendContact", phone_number="+4912345", first_name="Anna"),
    in_chat("sendDice", emoji="🎯"),
    in_chat("sendMediaGroup", media=ALBUM),
    in_chat("sendChatAction", action="typing"),
    with_source("copyMessage"),
    with_source("copyMessages", several=True),
    with_source("forwardMessage"),
    with_source("forwardMessages", several=True),
    with_message("editMessageText", text="Goodbye"),
    with_message("editMessageReplyMarkup", reply_markup=KEYBOARD),
    with_photo("editMessageCaption", caption="two"),
    with_photo("editMessageMedia", media={"type": "animation", "media": GIF}),
    with_message("deleteMessage"),
    in_chat("deleteMessages", message_ids=[1, 2]),
    with_message("setMessageReaction", reaction=[{"type": "emoji", "emoji": "👍"}]),
    with_message("pinChatMessage"),
    recipe("unpinChatMessage", pinned),
    in_group("unpinAllChatMessages"),
    recipe("answerCallbackQuery", pressed),
    in_chat("getChat"),
    recipe("getChatMember", lambda scene: {"chat_id": scene.group, "user_id": 100001}),
    in_group("getChatMemberCount"),
    in_group("getChatAdministrators"),
    in_group("leaveChat"),
    with_member("banChatMember"),
    with_member("unbanChatMember"),
    with_member("promoteChatMember", can_manage_chat=True, can_pin_messages=True),
    in_group("setChatTitle", title="Another"),
    in_group("setChatDescription", description="About it"),
    recipe("createForumTopic", lambda scene: {"chat_id": scene.forum, "name": "Talk"}),
    with_topic("editForumTopic", name="Other talk"),
    with_topic("closeForumTopic"),
    recipe("reopenForumTopic", closed),
    with_topic("deleteForumTopic"),
    with_topic("unpinAllForumTopicMessages"),
    recipe("getUserProfilePhotos", lambda scene: {"user_id": scene.person}),
    recipe("getFile", file_of),
]


@pytest.mark.parametrize(("method", "make"), RECIPES)
def test_aiogram_reads_the_answer(scene, method, make):
    scene.call(method, **make(scene))


def test_every_method_has_its_recipe():
    assert {recipe.values[0] for recipe in RECIPES} == set(METHODS)


@pytest.mark.parametrize("chat", ["person", "group", "forum", "channel"])
def test_chats_of_every_kind(scene, chat):
    chat_id = getattr(scene, chat)
    first = scene.sent(chat_id)
    scene.sent(chat_id, reply_parameters={"message_id": first})
    scene.call("sendMediaGroup", chat_id=chat_id, media=ALBUM)
    scene.call("getChat", chat_id=chat_id)
    assert scene.call("getChatMemberCount", chat_id=chat_id) == 2
    assert scene.call("getChatMember", chat_id=chat_id, user_id=scene.person)["user"]["id"]


@pytest.mark.parametrize("status", ["member", "administrator", "left", "kicked"])
def test_members_of_every_status(scene, status):
    somebody = scene.api.person()
    for wanted in ("member", status):
        body = {"people": [somebody], "status": wanted}
        scene.api.control("POST", f"/chats/{scene.group}/members", body)
    told = scene.call("getChatMember", chat_id=scene.group, user_id=somebody)
    assert told["status"] == ("kicked" if status == "left" else status)


def test_every_update_is_read(scene):
    """All that people do everywhere; each kind of update comes at least once."""
    api, person = scene.api, scene.person
    somebody = api.person()  # and what came before is forgotten
    api.call("getUpdates", allowed_updates=UPDATE_KINDS)
    thread = scene.topic()
    for chat in (None, scene.group, scene.forum, scene.channel):
        place = {} if chat is None else {"chat_id": chat}
        in_topic = {"thread": thread} if chat == scene.forum else {}
        act_everywhere(scene, {**place, **in_topic}, place)
    for status in ("member", "administrator", "left"):
        body = {"people": [somebody], "status": status}
        api.control("POST", f"/chats/{scene.group}/members", body)
    small = api.control("POST", "/chats", {"type": "group", "creator": person})["id"]
    api.control("POST", f"/chats/{small}/title", {"title": "Small"})
    api.control("POST", f"/chats/{small}/migrate", {})
    opened = api.control("POST", f"/chats/{scene.forum}/topics", {"name": "Another"})["topics"][-1]
    body = {"name": "Renamed", "closed": True}
    api.control("POST", f"/chats/{scene.forum}/topics/{opened['id']}", body)
    api.control("POST", f"/chats/{scene.group}/bot", {"status": "left"})
    assert read_updates(api) == set(UPDATE_KINDS)


def act_everywhere(scene: Scene, place: dict[str, Any], chat: dict[str, Any]) -> None:
    api, person = scene.api, scene.person
    [first] = api.act(person, "send", text="/help me @anna #club 👩‍👩‍👧 שלום", **place)["wrote"]
    api.act(person, "send", text="an answer", reply_to=first, **chat)
    for kind in ("photo", "document", "video", "animation", "audio", "voice", "video_note"):
        api.act(person, kind, **({"caption": "about it"} if kind == "photo" else {}), **place)
    api.act(person, "sticker", **place)
    api.act(person, "album", files=[{"kind": "photo"}, {"kind": "video"}], caption="two", **place)
    api.act(person, "edit", message_id=first, text="changed", **chat)
    api.act(person, "react", message_id=first, emoji="👍", **chat)
    api.act(person, "react", message_id=first, **chat)
    asked = scene.sent(chat.get("chat_id"), reply_markup=KEYBOARD)
    api.act(person, "press", message_id=asked, data="yes", **chat)


def read_updates(api: Any) -> set[str]:
    kinds = set()
    while updates := api.updates():
        for update in updates:
            assert list(unknown_fields(Update.model_validate(update))) == [], update
            kinds |= set(update) - {"update_id"}
    return kinds
