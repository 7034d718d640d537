# ruff: noqa: E501 - one condition a line
"""Conditions, and the words of Telegram's server for them, as its sources have them."""

from typing import Any

import pytest

from appliance.sandbox.server import Sandbox
from tests.sandbox.conftest import TOKEN, Api

BUTTON = {"text": "Go", "callback_data": "x"}
NOWHERE = "http://localhost"
HERE = {"chat_id": "person"}
SENT = {**HERE, "message_id": "sent"}
IN_FORUM = {"chat_id": "forum"}
FROM = {**HERE, "from_chat_id": "person"}


def keyboard(*rows: Any) -> dict[str, Any]:
    return {**HERE, "text": "x", "reply_markup": {"inline_keyboard": list(rows)}}


def entity(**fields: Any) -> dict[str, Any]:
    return {**HERE, "text": "😀x", "entities": [fields]}


def html(text: str) -> dict[str, Any]:
    return {**HERE, "text": text, "parse_mode": "HTML"}


TABLE: list[tuple[str, dict[str, Any], int, str]] = [
    ("sendTelepathy", {}, 404, "Not Found: method not found"),
    # Chats
    ("sendMessage", {"text": "x"}, 400, "chat_id is empty"),
    ("sendMessage", {"chat_id": 5, "text": "x"}, 400, "chat not found"),
    ("getChat", {"chat_id": "@nobody_here"}, 400, "chat not found"),
    ("sendMessage", {"chat_id": "stranger", "text": "x"}, 403, "bot can't initiate conversation with a user"),
    ("sendMessage", {"chat_id": "blocker", "text": "x"}, 403, "bot was blocked by the user"),
    ("sendMessage", {"chat_id": "gone", "text": "x"}, 403, "user is deactivated"),
    ("sendMessage", {"chat_id": "kicked", "text": "x"}, 403, "bot was kicked from the supergroup chat"),
    ("sendMessage", {"chat_id": "left", "text": "x"}, 403, "bot is not a member of the group chat"),
    # Texts
    ("sendMessage", HERE, 400, "message text is empty"),
    ("sendMessage", {**HERE, "text": " \n"}, 400, "text must be non-empty"),
    ("sendMessage", {**HERE, "text": "\u200b"}, 400, "text must be non-empty"),
    ("sendMessage", {**HERE, "text": "x" * 4097}, 400, "message is too long"),
    ("sendMessage", {**HERE, "text": "x" * 32_769}, 400, "text is too long"),
    ("sendMessage", {**HERE, "text": "x", "parse_mode": "bbcode"}, 400, "unsupported parse_mode"),
    ("sendMessage", html("<b>x"), 400, 'can\'t parse entities: Can\'t find end tag corresponding to start tag "b"'),
    ("sendMessage", html("x</b>"), 400, "can't parse entities: Unexpected end tag at byte offset 1"),
    ("sendMessage", html("<b>я</i>"), 400, 'can\'t parse entities: Unmatched end tag at byte offset 5, expected "</b>", found "</i>"'),
    ("sendMessage", html("<q>"), 400, 'can\'t parse entities: Unsupported start tag "q" at byte offset 0'),
    ("sendMessage", html("<b"), 400, "can't parse entities: Unclosed start tag at byte offset 0"),
    ("sendMessage", html("<b>x</b"), 400, "can't parse entities: Unclosed end tag at byte offset 4"),
    ("sendMessage", html("<span>x</span>"), 400, 'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ("sendMessage", html('<tg-emoji emoji-id="x">x</tg-emoji>'), 400, "can't parse entities: Invalid custom emoji identifier specified"),
    ("sendMessage", {**HERE, "text": "x", "entities": [5]}, 400, "can't parse MessageEntity: expected an Object"),
    ("sendMessage", entity(offset=0, length=1), 400, 'can\'t parse MessageEntity: Can\'t find field "type"'),
    ("sendMessage", entity(type="bold", offset="x", length=1), 400, 'can\'t parse MessageEntity: Field "offset" must be a valid Number'),
    ("sendMessage", entity(type="bold", offset=[], length=1), 400, 'can\'t parse MessageEntity: Field "offset" must be a Number'),
    ("sendMessage", entity(type="bold", offset=0), 400, 'can\'t parse MessageEntity: Can\'t find field "length"'),
    ("sendMessage", entity(type=5, offset=0, length=1), 400, 'can\'t parse MessageEntity: Field "type" must be of type String'),
    ("sendMessage", entity(type="bold", offset=-1, length=1), 400, "receive an entity with incorrect offset -1"),
    ("sendMessage", entity(type="bold", offset=0, length=-1), 400, "receive an entity with incorrect length -1"),
    ("sendMessage", entity(type="bold", offset=1, length=2), 400, "entity begins in a middle of a UTF-16 symbol at byte offset 4"),
    ("sendMessage", entity(type="bold", offset=0, length=1), 400, "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 4"),
    ("sendMessage", entity(type="bold", offset=9, length=1), 400, "entity begins after the end of the text at UTF-16 offset 9"),
    ("sendMessage", entity(type="bold", offset=2, length=9), 400, "entity beginning at UTF-16 offset 2 ends after the end of the text at UTF-16 offset 11"),
    ("sendMessage", {**HERE, "text": "x", "link_preview_options": "["}, 400, "can't parse link preview options JSON object"),
    ("sendMessage", {**HERE, "text": "x", "link_preview_options": [5]}, 400, "object expected as link preview options"),
    # Replies and topics
    ("sendMessage", {**HERE, "text": "x", "reply_parameters": "["}, 400, "can't parse reply parameters JSON object"),
    ("sendMessage", {**HERE, "text": "x", "reply_parameters": [5]}, 400, "object expected as reply parameters"),
    ("sendMessage", {**HERE, "text": "x", "reply_parameters": {"message_id": 999}}, 400, "message to be replied not found"),
    ("sendMessage", {**IN_FORUM, "text": "x", "message_thread_id": 999}, 400, "message thread not found"),
    # Keyboards
    ("sendMessage", {**HERE, "text": "x", "reply_markup": "["}, 400, "can't parse reply keyboard markup JSON object"),
    ("sendMessage", {**HERE, "text": "x", "reply_markup": [5]}, 400, "object expected as reply markup"),
    ("sendMessage", {**HERE, "text": "x", "reply_markup": {"keyboard": {}}}, 400, 'field "keyboard" must be of type Array'),
    ("sendMessage", {**HERE, "text": "x", "reply_markup": {"keyboard": [5]}}, 400, 'field "keyboard" must be an Array of Arrays'),
    ("sendMessage", {**HERE, "text": "x", "reply_markup": {"keyboard": [[5]]}}, 400, "can't parse keyboard button: KeyboardButton must be a String or an Object"),
    ("sendMessage", {**HERE, "text": "x", "reply_markup": {"inline_keyboard": {}}}, 400, 'field "inline_keyboard" must be of type Array'),
    ("sendMessage", keyboard(5), 400, 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'),
    ("sendMessage", keyboard([5]), 400, "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
    ("sendMessage", keyboard([{"url": "e.com"}]), 400, 'can\'t parse inline keyboard button: Can\'t find field "text"'),
    ("sendMessage", keyboard([{"text": 5}]), 400, 'can\'t parse inline keyboard button: Field "text" must be of type String'),
    ("sendMessage", keyboard([{"text": "x"}]), 400, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
    ("sendMessage", keyboard([{"text": "x", "url": NOWHERE}]), 400, f"inline keyboard button URL '{NOWHERE}' is invalid: Wrong HTTP URL"),
    ("sendMessage", keyboard([{"text": "x", "url": "http://a.b:65536"}]), 400, "inline keyboard button URL 'http://a.b:65536' is invalid: Wrong port number specified in the URL"),
    ("sendMessage", keyboard([{"text": "x", "url": "ftp://a.b"}]), 400, "inline keyboard button URL 'ftp://a.b' is invalid: Unsupported URL protocol"),
    ("sendMessage", keyboard([{"text": "x", "callback_data": "x" * 65}]), 400, "BUTTON_DATA_INVALID"),
    ("editMessageText", {**SENT, "text": "x", "reply_markup": {"force_reply": True}}, 400, "inline keyboard expected"),
    # Files, places, contacts
    *(
        (method, HERE, 400, f"there is no {what} in the request")
        for method, what in (
            ("sendPhoto", "photo"), ("sendDocument", "document"), ("sendVideo", "video"),
            ("sendAudio", "audio"), ("sendVoice", "voice"), ("sendAnimation", "animation"),
            ("sendVideoNote", "video note"), ("sendSticker", "sticker"),
        )
    ),
    ("sendPhoto", {**HERE, "photo": "nobody"}, 400, "wrong file identifier/HTTP URL specified"),
    ("sendPhoto", {**HERE, "photo": "https://e.com/a.png", "caption": "x" * 1025}, 400, "message caption is too long"),
    ("sendLocation", HERE, 400, "latitude is empty"),
    ("sendLocation", {**HERE, "latitude": 5}, 400, "longitude is empty"),
    ("sendLocation", {**HERE, "latitude": 91, "longitude": 5}, 400, "invalid location specified"),
    ("sendVenue", HERE, 400, "latitude is empty"),
    ("sendVenue", {**HERE, "latitude": 5, "longitude": 181}, 400, "wrong venue location specified"),
    ("sendContact", HERE, 400, 'parameter "phone_number" is required'),
    ("sendContact", {**HERE, "phone_number": "1"}, 400, 'parameter "first_name" is required'),
    ("sendChatAction", {**HERE, "action": "dance"}, 400, "wrong parameter action in request"),
    ("getFile", {}, 400, "file_id not specified"),
    ("getFile", {"file_id": "nobody"}, 400, "wrong file_id or the file is temporarily unavailable"),
    # Albums
    ("sendMediaGroup", {**HERE, "media": "["}, 400, "can't parse media JSON object"),
    ("sendMediaGroup", {**HERE, "media": {}}, 400, "expected an Array of InputMedia"),
    ("sendMediaGroup", {**HERE, "media": []}, 400, "there are no messages to send"),
    ("sendMediaGroup", {**HERE, "media": [5]}, 400, "can't parse InputMedia: expected an Object"),
    ("sendMediaGroup", {**HERE, "media": [{"type": "x", "media": "y"}]}, 400, 'can\'t parse InputMedia: type "x" is unsupported'),
    ("sendMediaGroup", {**HERE, "media": [{"type": "photo"}]}, 400, "can't parse InputMedia: media not found"),
    ("sendMediaGroup", {**HERE, "media": [{"type": "photo", "media": "x"}] * 11}, 400, "too many messages to send as an album"),
    ("editMessageMedia", {**SENT, "media": "["}, 400, "can't parse input media JSON object"),
    # Messages
    ("editMessageText", {**HERE, "text": "x"}, 400, "message identifier is not specified"),
    ("editMessageText", {**HERE, "text": "x", "message_id": 999}, 400, "message to edit not found"),
    ("editMessageText", {**SENT, "text": "sent"}, 400, "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"),
    ("editMessageText", {**HERE, "message_id": "theirs", "text": "x"}, 400, "message can't be edited"),
    ("editMessageText", {**HERE, "message_id": "picture", "text": "x"}, 400, "there is no text in the message to edit"),
    ("editMessageCaption", {**SENT, "caption": "x"}, 400, "there is no caption in the message to edit"),
    ("editMessageReplyMarkup", {**HERE, "message_id": 999}, 400, "message to edit not found"),
    ("deleteMessage", HERE, 400, "message identifier is not specified"),
    ("deleteMessage", {**HERE, "message_id": 999}, 400, "message to delete not found"),
    ("copyMessage", {**FROM, "message_id": 999}, 400, "message to copy not found"),
    ("forwardMessage", {**FROM, "message_id": 999}, 400, "message to forward not found"),
    ("copyMessage", {**FROM, "message_id": "secret"}, 400, "the message can't be copied"),
    ("forwardMessage", {**FROM, "message_id": "secret"}, 400, "the message can't be forwarded"),
    *(
        (method, {**chats, "message_ids": ids}, 400, words)
        for method, chats in (("deleteMessages", HERE), ("copyMessages", FROM), ("forwardMessages", FROM))
        for ids, words in (
            (None, "message identifiers are not specified"),
            ("[", "can't parse message_ids JSON object"),
            ({}, "expected an Array of message identifiers"),
            ([1] * 101, "too many message identifiers specified"),
            ([[]], "message identifier must be a Number"),
            (["x"], "can't parse message identifier as a Number"),
            ([0], "invalid message identifier specified"),
        )
    ),
    ("copyMessages", {**FROM, "message_ids": [2, 1]}, 400, "message identifiers must be in a strictly increasing order"),
    ("copyMessages", {**FROM, "message_ids": [999]}, 400, "there are no messages to forward"),
    ("setMessageReaction", {**HERE, "message_id": 999}, 400, "message to react not found"),
    ("setMessageReaction", {**SENT, "reaction": "["}, 400, "can't parse reaction types JSON object"),
    ("setMessageReaction", {**SENT, "reaction": {"type": "x"}}, 400, "expected an Array of ReactionType"),
    ("setMessageReaction", {**SENT, "reaction": [5]}, 400, "can't parse ReactionType: expected an Object"),
    ("setMessageReaction", {**SENT, "reaction": [{"type": "x"}]}, 400, "can't parse ReactionType: invalid reaction type specified"),
    ("setMessageReaction", {**SENT, "reaction": [{"type": "emoji"}]}, 400, 'can\'t parse ReactionType: Can\'t find field "emoji"'),
    ("pinChatMessage", {**HERE, "message_id": 999}, 400, "message to pin not found"),
    ("unpinChatMessage", HERE, 400, "message to unpin not found"),
    ("pinChatMessage", {"chat_id": "plain", "message_id": 1}, 400, "not enough rights to manage pinned messages in the chat"),
    ("answerCallbackQuery", {"callback_query_id": "5"}, 400, "query is too old and response timeout expired or query ID is invalid"),
    # Chats and members
    ("getChatMember", HERE, 400, "invalid user_id specified"),
    ("banChatMember", IN_FORUM, 400, "invalid user_id specified"),
    ("getUserProfilePhotos", {}, 400, "invalid user_id specified"),
    ("banChatMember", {**HERE, "user_id": "person"}, 400, "chat member status can't be changed in private chats"),
    ("leaveChat", HERE, 400, "chat member status can't be changed in private chats"),
    ("getChatAdministrators", HERE, 400, "there are no administrators in the private chat"),
    ("setChatTitle", {**HERE, "title": "x"}, 400, "can't change private chat title"),
    ("setChatTitle", IN_FORUM, 400, "title must be non-empty"),
    ("setChatTitle", {"chat_id": "plain", "title": "x"}, 400, "not enough rights to change chat title"),
    ("setChatDescription", {**HERE, "description": "x"}, 400, "can't change private chat description"),
    ("setChatDescription", {"chat_id": "plain", "description": "x"}, 400, "not enough rights to set chat description"),
    ("setChatDescription", IN_FORUM, 400, "chat description is not modified"),
    ("createForumTopic", {"chat_id": "plain", "name": "x"}, 400, "the chat is not a forum"),
    # The bot
    ("setMyCommands", {"commands": "["}, 400, "can't parse commands JSON object"),
    ("setMyCommands", {"commands": {}}, 400, "expected an Array of BotCommand"),
    ("setMyCommands", {"commands": [5]}, 400, "can't parse BotCommand: expected an Object"),
    ("setMyCommands", {"commands": [{"command": "x"}]}, 400, 'can\'t parse BotCommand: Can\'t find field "description"'),
    ("setMyCommands", {"commands": [{"command": "/", "description": "x"}]}, 400, "command must be non-empty"),
    ("setMyCommands", {"commands": [{"command": "x" * 33, "description": "x"}]}, 400, "command length must not exceed 32"),
    ("setMyCommands", {"commands": [{"command": "x", "description": " "}]}, 400, "command description must be non-empty"),
    ("setMyCommands", {"commands": [{"command": "x", "description": "x" * 257}]}, 400, "command description length must not exceed 256"),
    ("setMyCommands", {"commands": [], "scope": "["}, 400, "can't parse BotCommandScope JSON object"),
    ("setMyCommands", {"commands": [], "scope": [5]}, 400, "can't parse BotCommandScope: BotCommandScope must be an Object"),
    ("setMyCommands", {"commands": [], "scope": {"type": "x"}}, 400, "can't parse BotCommandScope: Unsupported type specified"),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat_administrators", "chat_id": "person"}}, 400, "can't use specified scope in private chats"),
    ("setMyCommands", {"commands": [], "language_code": "english"}, 400, "invalid language code specified"),
    ("setChatMenuButton", {"menu_button": "["}, 400, "can't parse menu button JSON object"),
    ("setChatMenuButton", {"menu_button": [5]}, 400, "can't parse menu button: MenuButton must be an Object"),
    ("setChatMenuButton", {"menu_button": {"type": "x"}}, 400, "can't parse menu button: MenuButton has unsupported type"),
    ("setMyDefaultAdministratorRights", {"rights": "["}, 400, "can't parse ChatAdministratorRights JSON object"),
    ("setMyDefaultAdministratorRights", {"rights": [5]}, 400, "can't parse ChatAdministratorRights: ChatAdministratorRights must be an Object"),
    ("setWebhook", {"url": "http://e.com"}, 400, "bad webhook: An HTTPS URL must be provided for webhook"),
    ("setWebhook", {"url": "https://e.com:81"}, 400, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
    ("setWebhook", {"url": "https://e.com", "secret_token": "x" * 257}, 400, "secret token is too long"),
    ("setWebhook", {"url": "https://e.com", "secret_token": "?"}, 400, "secret token contains unallowed characters"),
]  # fmt: skip

_PREFIXES = {400: "Bad Request: ", 403: "Forbidden: ", 404: ""}


@pytest.fixture(scope="module")
def shared():
    """One simulator for all: what is refused leaves nothing behind."""
    simulator = Sandbox(TOKEN)
    simulator.start()
    yield Api(simulator.url)
    simulator.stop()


@pytest.fixture(scope="module")
def scene(shared):
    """Names of chats and messages, and their ids."""
    api = shared
    person, blocker, gone = api.person(), api.person(), api.person()
    api.act(blocker, "block")
    api.act(gone, "deactivate")
    sent = api.call("sendMessage", chat_id=person, text="sent")["message_id"]
    secret = api.call("sendMessage", chat_id=person, text="x", protect_content=True)["message_id"]
    picture = api.call("sendPhoto", chat_id=person, photo="https://e.com/a.png")["message_id"]
    api.act(person, "send", text="hello")
    theirs = api.messages(person)[-1]["message_id"]
    kicked = api.group(person, type="supergroup")
    left = api.group(person)
    for group, status in ((kicked, "kicked"), (left, "left")):
        api.control("POST", f"/chats/{group}/bot", {"status": status, "by": person})
    return {
        "person": person,
        "stranger": api.person(started=False),
        "blocker": blocker,
        "gone": gone,
        "kicked": kicked,
        "left": left,
        "plain": api.group(person, type="supergroup"),
        "forum": api.group(person, type="supergroup", is_forum=True, bot="administrator"),
        "sent": sent,
        "secret": secret,
        "picture": picture,
        "theirs": theirs,
    }


def filled(value: Any, scene: dict[str, int]) -> Any:
    if isinstance(value, dict):
        ids = ("chat_id", "from_chat_id", "message_id", "user_id")
        return {
            name: scene.get(item, item)
            if name in ids and isinstance(item, str)
            else filled(item, scene)
            for name, item in value.items()
            if item is not None
        }
    return value


@pytest.mark.parametrize(("method", "values", "code", "words"), TABLE)
def test_words(shared, scene, method, values, code, words):
    error = shared.refused(method, **filled(values, scene))
    assert (error.code, error.description) == (code, _PREFIXES[code] + words)
