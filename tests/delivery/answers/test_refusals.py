"""Telegram's words in a refusal: what they are about, as the server's sources have them."""

import pytest

from appliance.delivery.answers.refusals import Subject, subject_of

ABOUT = {
    Subject.GONE: """
        Forbidden: bot can't send messages to bots
        Forbidden: the group chat was deleted
        Bad Request: CHANNEL_PRIVATE
        Bad Request: USER_BANNED_IN_CHANNEL
        Bad Request: CHAT_ADMIN_REQUIRED
        Bad Request: chat is deactivated""",
    Subject.CHAT: """
        Bad Request: not enough rights to send polls to the chat
        Bad Request: PEER_ID_INVALID
        Bad Request: private chat not found
        Bad Request: TOPIC_CLOSED
        Bad Request: TOPIC_DELETED
        Bad Request: message thread not found
        Bad Request: message to be replied not found
        Bad Request: message to edit not found
        Bad Request: message to delete not found
        Bad Request: message can't be edited
        Bad Request: message can't be deleted
        Bad Request: MESSAGE_ID_INVALID
        Bad Request: user restricted receiving of video note messages
        Bad Request: VOICE_MESSAGES_FORBIDDEN
        Bad Request: web App buttons can be used in private chats only
        Bad Request: games can't be sent to channel chats
        Forbidden: PRIVACY_PREMIUM_REQUIRED""",
    Subject.CONTENT: """
        Bad Request: text is too long
        Bad Request: message is too long
        Bad Request: MESSAGE_TOO_LONG
        Bad Request: MEDIA_CAPTION_TOO_LONG
        Bad Request: message caption is too long
        Bad Request: message text is empty
        Bad Request: text must be non-empty
        Bad Request: text must be encoded in UTF-8
        Bad Request: ENTITIES_TOO_LONG
        Bad Request: ENTITY_BOUNDS_INVALID
        Bad Request: can't parse entities: Unsupported start tag "x" at byte offset 0
        Bad Request: can't parse reply keyboard markup JSON object
        Bad Request: unsupported parse_mode
        Bad Request: IMAGE_PROCESS_FAILED
        Bad Request: PHOTO_INVALID_DIMENSIONS
        Bad Request: PHOTO_EXT_INVALID
        Bad Request: wrong HTTP URL specified
        Bad Request: wrong file identifier/HTTP URL specified
        Bad Request: wrong remote file identifier specified: Wrong string length
        Bad Request: invalid file HTTP URL specified: URL host is empty
        Bad Request: failed to get HTTP URL content
        Bad Request: wrong type of the web page content
        Bad Request: WEBPAGE_MEDIA_EMPTY
        Bad Request: can't use file of type Video as Photo
        Bad Request: type of file mismatch
        Bad Request: can't use the media of the specified type in the album
        Bad Request: too many messages to send as an album
        Bad Request: there is no document in the request
        Bad Request: document must be non-empty
        Bad Request: file is too big
        Bad Request: FILE_PARTS_INVALID
        Bad Request: can't upload file by URL
        Bad Request: inline keyboard button URL 'http://a:99999' is invalid: Wrong port number
        Bad Request: BUTTON_URL_INVALID
        Bad Request: BUTTON_TYPE_INVALID
        Bad Request: reply markup is too long
        Bad Request: text buttons are unallowed in the inline keyboard
        Bad Request: BALANCE_TOO_LOW
        Bad Request: FROZEN_METHOD_INVALID
        Not Found: method not found
        Request Entity Too Large""",
    Subject.UNKNOWN: """
        Bad Request: USER_IS_BOT
        Bad Request: SOMETHING_NEW
        HTTP 400""",
}


def test_what_telegrams_words_are_about():
    lines = [
        (about, words.strip()) for about, block in ABOUT.items() for words in block.split("\n")
    ]

    wrong = [
        (words, str(subject_of(words)[0]), str(about))
        for about, words in lines
        if words and subject_of(words)[0] != about
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Bad Request: BALANCE_TOO_LOW", "balance_too_low"),
        ("Bad Request: text is too long", "content"),
        ("Bad Request: chat not found", "chat_not_found"),
        ("Bad Request: message to edit not found", "message_to_edit_not_found"),
    ],
)
def test_each_is_counted_under_a_short_code(words, reason):
    assert subject_of(words)[1] == reason
