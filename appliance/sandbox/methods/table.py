"""Which function answers which method, and which of them put messages into chats."""

from collections.abc import Callable
from typing import Any

from appliance.sandbox.methods import (
    albums,
    commands,
    copying,
    editing,
    media,
    members,
    pins,
    profile,
    queries,
    reactions,
    sending,
    topics,
    webhook,
)
from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.world import World

Method = Callable[[World, Parameters], Any]

SENDING: dict[str, Method] = {
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendVideo": sending.send_video,
    "sendVoice": media.send_voice,
    "sendAudio": media.send_audio,
    "sendAnimation": media.send_animation,
    "sendVideoNote": media.send_video_note,
    "sendSticker": media.send_sticker,
    "sendLocation": media.send_location,
    "sendVenue": media.send_venue,
    "sendContact": media.send_contact,
    "sendDice": media.send_dice,
    "sendMediaGroup": albums.send_media_group,
    "copyMessage": copying.copy_message,
    "copyMessages": copying.copy_messages,
    "forwardMessage": copying.forward_message,
    "forwardMessages": copying.forward_messages,
}
"""They take a slow person's time, and flood control counts them."""

EDITING: dict[str, Method] = {
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": albums.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
}

COUNTED = frozenset({*SENDING, *EDITING, "createForumTopic"})
"""What flood control counts as messages."""

METHODS: dict[str, Method] = {
    **SENDING,
    **EDITING,
    "getMe": queries.get_me,
    "getUpdates": queries.get_updates,
    "setWebhook": webhook.set_webhook,
    "deleteWebhook": webhook.delete_webhook,
    "getWebhookInfo": webhook.webhook_info,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "sendChatAction": sending.send_chat_action,
    "setMessageReaction": reactions.set_message_reaction,
    "pinChatMessage": pins.pin_chat_message,
    "unpinChatMessage": pins.unpin_chat_message,
    "unpinAllChatMessages": pins.unpin_all_chat_messages,
    "answerCallbackQuery": queries.answer_callback_query,
    "setMyCommands": commands.set_my_commands,
    "deleteMyCommands": commands.delete_my_commands,
    "getMyCommands": commands.get_my_commands,
    "setMyName": profile.setter("name"),
    "getMyName": profile.getter("name"),
    "setMyDescription": profile.setter("description"),
    "getMyDescription": profile.getter("description"),
    "setMyShortDescription": profile.setter("short_description"),
    "getMyShortDescription": profile.getter("short_description"),
    "setChatMenuButton": profile.set_chat_menu_button,
    "getChatMenuButton": profile.get_chat_menu_button,
    "setMyDefaultAdministratorRights": profile.set_default_rights,
    "getMyDefaultAdministratorRights": profile.get_default_rights,
    "getChat": members.get_chat,
    "getChatMember": members.get_chat_member,
    "getChatMemberCount": members.get_chat_member_count,
    "getChatAdministrators": members.get_chat_administrators,
    "leaveChat": members.leave_chat,
    "banChatMember": members.ban_chat_member,
    "unbanChatMember": members.unban_chat_member,
    "promoteChatMember": members.promote_chat_member,
    "setChatTitle": members.set_chat_title,
    "setChatDescription": members.set_chat_description,
    "createForumTopic": topics.create_forum_topic,
    "editForumTopic": topics.edit_forum_topic,
    "closeForumTopic": topics.close_forum_topic,
    "reopenForumTopic": topics.reopen_forum_topic,
    "deleteForumTopic": topics.delete_forum_topic,
    "unpinAllForumTopicMessages": topics.unpin_all_forum_topic_messages,
    "getForumTopicIconStickers": topics.get_forum_topic_icon_stickers,
    "getUserProfilePhotos": queries.get_user_profile_photos,
    "getFile": queries.get_file,
}


def count_of(method: str, parameters: Parameters) -> int:
    """As how many messages flood control counts a call of COUNTED."""
    listed = {"sendMediaGroup": "media"}.get(method, "message_ids")
    try:
        several = parameters.json(listed, "")
    except ApiError:  # the method itself will refuse it
        return 1
    return max(len(several), 1) if isinstance(several, list) else 1
