"""The bot's phrases in English, by key.

A phrase is Telegram's HTML with `{values}`. In the catalogues of other languages the key is the
entry's context (`msgctxt`), so that translators see what they translate and where it stands.
"""

from typing import NamedTuple


class Phrase(NamedTuple):
    """`plural` is the text for a `{count}` other than 1; None: there is no number to agree with."""

    key: str
    text: str
    plural: str | None = None


def _plural(key: str, one: str, other: str) -> Phrase:
    return Phrase(key, one, other)


_ALL = (
    # Greetings and help
    Phrase(
        "welcome",
        "Hello, {name}! 👋\n\n"
        "I send you news from our site and pass your messages on to the people who run it.\n\n"
        "/link links this chat to your account on the site, /help shows what else I can do.",
    ),
    Phrase(
        "help",
        "<b>What I can do</b>\n\n"
        "/link – link this chat to your account on the site\n"
        "/unlink – unlink it\n"
        "/me – which account this chat is linked to\n"
        "/topics – choose what you hear about\n"
        "/quiet – hours without a sound\n"
        "/language – the language I speak with you\n"
        "/stop – no more news\n"
        "/start – get the news again\n\n"
        "A person reads whatever else you write here.",
    ),
    Phrase("help_operator", "<b>For operators</b>\n\n/stats – people and the last broadcasts"),
    Phrase(
        "help_admin",
        "<b>For admins</b>\n\n"
        "/stats – people and the last broadcasts\n"
        "/broadcast – write to everybody, with a preview\n"
        "/approve – groups and channels that wait for your decision\n"
        "/operators – in a group: answer people from there",
    ),
    Phrase("stopped", "You will get no more news from me. If you write to me, I still answer."),
    Phrase(
        "still_stopped",
        "You stopped the news, and it stays stopped. To get it again, send /start.",
    ),
    Phrase("restart", "▶️ Start again"),
    Phrase("unknown_command", "I do not know this command. /help shows the ones I know."),
    Phrase("in_private", "Please write to me in a private chat: that is where I answer."),
    Phrase("thanks", "Thank you, your message has arrived. A person will read it."),
    Phrase(
        "away",
        "Thank you, your message has arrived. Nobody is here at the moment: we answer {hours}.",
    ),
    Phrase("wrong", "Something went wrong on our side, sorry. Please try again a little later."),
    Phrase("button_old", "This button no longer works. /help shows what does."),
    Phrase(
        "button_admins",
        "This changes the setting for everybody here, so only an admin of the site can press it.",
    ),
    # Linking the chat to an account
    _plural(
        "link_offer",
        "Open the site with this button and log in: this chat will be linked to your account. "
        "The link works once, for {count} minute.",
        "Open the site with this button and log in: this chat will be linked to your account. "
        "The link works once, for {count} minutes.",
    ),
    _plural(
        "link_offer_plain",
        "Open this address and log in: this chat will be linked to your account. It works once, "
        "for {count} minute.\n\n"
        "{url}",
        "Open this address and log in: this chat will be linked to your account. It works once, "
        "for {count} minutes.\n\n"
        "{url}",
    ),
    Phrase("link_button", "🔗 Link my account"),
    Phrase(
        "linked",
        "✅ This chat is now linked to the account of <b>{name}</b> on the site.\n\n"
        "If that was not you: /unlink",
    ),
    Phrase("unlinked", "This chat is no longer linked to the account of <b>{name}</b>."),
    Phrase(
        "already_linked",
        "This chat is already linked to the account of <b>{name}</b>. To change that, send "
        "/unlink first.",
    ),
    Phrase(
        "chat_taken",
        "This chat is linked to another account, that of <b>{name}</b>. To change that, send "
        "/unlink and open the link again.",
    ),
    Phrase(
        "user_taken",
        "That account of the site is linked to another Telegram account. Unlink it on the site "
        "first, then open the link again.",
    ),
    _plural(
        "link_expired",
        "This link does not work: it was used already, or is older than {count} minute. Get a "
        "new one on the site, or here with /link.",
        "This link does not work: it was used already, or is older than {count} minutes. Get a "
        "new one on the site, or here with /link.",
    ),
    _plural(
        "code_wrong",
        "This code does not work: it is mistyped, was used already, or is older than {count} "
        "minute. Get a new one on the site.",
        "This code does not work: it is mistyped, was used already, or is older than {count} "
        "minutes. Get a new one on the site.",
    ),
    Phrase(
        "code_for_site",
        "This link is for the site: open it in a browser, and log in there.",
    ),
    Phrase(
        "code_ended",
        "The code in your message no longer works, because others can read it there. Get a new "
        "one on the site, or here with /link.",
    ),
    _plural(
        "code_in_message",
        "Your message has arrived, a person will read it.\n\n"
        "If it was a code for linking, it does not work: it is mistyped, was used already, or "
        "is older than {count} minute. Get a new one on the site.",
        "Your message has arrived, a person will read it.\n\n"
        "If it was a code for linking, it does not work: it is mistyped, was used already, or "
        "is older than {count} minutes. Get a new one on the site.",
    ),
    _plural(
        "code_wait",
        "Those were too many wrong codes. Please wait {count} minute, then get a new code on "
        "the site.",
        "Those were too many wrong codes. Please wait {count} minutes, then get a new code on "
        "the site.",
    ),
    Phrase(
        "link_ask",
        "Link this Telegram account to the account of <b>{name}</b> ({email}) on the site?\n\n"
        "That account will show what you and I write here, earlier messages too. Say yes only "
        "if you asked for this yourself.",
    ),
    Phrase("link_yes", "✅ Yes, link"),
    Phrase("link_no", "✖️ No"),
    Phrase(
        "link_agreed",
        "✅ You said yes: this Telegram account is linked to the account of <b>{name}</b>.",
    ),
    Phrase("link_declined", "All right, nothing was linked."),
    Phrase("me_linked", "This chat is linked to the account of <b>{name}</b> ({email})."),
    Phrase("me_unlinked", "This chat is not linked to any account of the site. To link it: /link"),
    Phrase("not_linked", "This chat is not linked to any account."),
    # Languages
    # Translators: the name of your language, in itself
    Phrase("language_name", "English"),
    # Translators: short names of the days, with a space between them
    Phrase("weekdays", "Mon Tue Wed Thu Fri Sat Sun"),
    Phrase("language_choose", "Which language should I speak?"),
    Phrase("language_set", "I speak English with you now."),
    # Topics
    Phrase("topics_choose", "What would you like to hear about? Tap a topic to turn it on or off."),
    Phrase(
        "topics_stopped",
        "You sent /stop, so nothing comes at the moment. /start brings the news back.",
    ),
    Phrase(
        "topics_none",
        "There is nothing to choose from yet: you get what is sent to everybody.",
    ),
    Phrase("topic_off", "You will get no more messages about <b>{title}</b>."),
    Phrase("topic_on", "You get messages about <b>{title}</b> again."),
    Phrase("topic_back", "↩️ Send them after all"),
    # Quiet hours
    Phrase("quiet_now_off", "🔔 News and notifications come with a sound, day and night."),
    Phrase("quiet_now_always", "🔕 News and notifications come without a sound."),
    Phrase(
        "quiet_now_hours",
        "🌙 From {start} to {end} news and notifications come without a sound ({zone} time).",
    ),
    Phrase(
        "quiet_how",
        "Nothing is delayed, it only makes no sound; answers to you always come with one. To "
        "choose hours of your own, send, for example, <code>/quiet 23:00-07:30</code>.",
    ),
    Phrase(
        "quiet_wrong",
        "I did not understand these hours. Send, for example, <code>/quiet 23:00-07:30</code>, "
        "or choose:",
    ),
    Phrase("quiet_off", "🔔 Always with a sound"),
    Phrase("quiet_night", "🌙 Quiet at night, {start}–{end}"),
    Phrase("quiet_always", "🔕 Always without a sound"),
    # Statistics
    Phrase(
        "stats_people",
        "<b>People</b>{counted}\n"
        "Accounts: {members}, linked to Telegram: {linked}\n"
        "Reachable: {reachable}, stopped: {stopped}, out of reach: {unreachable}\n"
        "Groups and channels: {groups}, waiting for approval: {waiting}",
    ),
    Phrase("stats_counted", "(as of {time})"),
    Phrase("stats_broadcasts", "<b>Last broadcasts</b>"),
    Phrase("stats_line", "{id} · {status} · {sent} of {total} sent · {words}"),
    Phrase("stats_none", "No broadcast yet."),
    # Broadcasts
    Phrase(
        "broadcast_ask",
        "Send me the text for everybody. Bold, links and other formatting stay as they are. You "
        "will see a preview first.",
    ),
    Phrase("broadcast_again", "Send me the text again, please."),
    Phrase(
        "broadcast_text_only",
        "I accept only text here; photos and files are sent from the site. Send me the text, "
        "please.",
    ),
    Phrase(
        "broadcast_no_mentions",
        "⚠️ Mentions of people who have no @name are only text in it: a bot cannot make them.",
    ),
    Phrase(
        "broadcast_no_emoji",
        "⚠️ Custom emoji become ordinary ones in it: a bot cannot send them.",
    ),
    Phrase("broadcast_no_formatting", "⚠️ Some of the formatting is missing in it."),
    Phrase("broadcast_faults", "This cannot be sent as it is:"),
    Phrase("broadcast_fault", "• line {line}, column {column}: {words}"),
    Phrase("broadcast_fault_plain", "• {words}"),
    _plural(
        "broadcast_confirm",
        "☝️ This is what people get. It goes to <b>{count}</b> recipient. Send it?",
        "☝️ This is what people get. It goes to <b>{count}</b> recipients. Send it?",
    ),
    _plural(
        "broadcast_wait",
        "To send another text instead, send /broadcast again. I wait for {count} minute.",
        "To send another text instead, send /broadcast again. I wait for {count} minutes.",
    ),
    Phrase("broadcast_nobody", "There is nobody to send it to yet."),
    Phrase("broadcast_send", "📣 Send to {count}"),
    Phrase("broadcast_cancel", "✖️ Cancel"),
    Phrase("broadcast_queued", "📣 On its way: broadcast {id}. /stats shows how it goes."),
    Phrase("broadcast_already", "Broadcast {id} is already on its way."),
    Phrase("broadcast_cancelled", "Cancelled. Nothing was sent."),
    Phrase(
        "broadcast_expired",
        "Too much time has passed, nothing was sent. Start again with /broadcast.",
    ),
    # Approval of groups and channels
    Phrase("approve_none", "No group or channel is waiting for your decision."),
    Phrase(
        "approve_waiting",
        "These groups and channels are waiting for your decision. Only those you approve get "
        "broadcasts.",
    ),
    Phrase("approve_added", "I was added to <b>{name}</b>. May I send broadcasts there?"),
    Phrase("approve_yes", "✅ <b>{name}</b> gets broadcasts from now on."),
    Phrase("approve_no", "🚫 <b>{name}</b> gets no broadcasts."),
    Phrase("approve_gone", "I am no longer there."),
    # The operators' group
    Phrase("relay_edited", "(edited)"),
    Phrase("relay_forwarded", "↪️ forwarded from {name}"),
    Phrase("relay_in_answer", "↩️ in answer to: {text}"),
    Phrase("relay_more", "writes more: the rest is on the site."),
    _plural(
        "relay_merged",
        "📥 {count} more message is in the inbox: too many at once to show here.",
        "📥 {count} more messages are in the inbox: too many at once to show here.",
    ),
    Phrase("relay_file", "📎 The file cannot be shown here; it is on the site."),
    Phrase("relay_answer", "↩️ <b>{author}</b> answered <b>{name}</b>:\n{text}"),
    Phrase("relay_somebody", "Somebody"),
    Phrase("relay_blocked", "⚠️ Not delivered: <b>{name}</b> has blocked the bot."),
    Phrase("relay_failed", "⚠️ Not delivered to <b>{name}</b>: {reason}"),
    Phrase(
        "operators_set",
        "✅ This is the operators' group now. What people write to me comes here; a reply to "
        "such a message goes to that person. Everybody here can reply.",
    ),
    Phrase(
        "operators_topics",
        "This group has topics, so each person gets one. For that I need the right to manage "
        "topics.",
    ),
    Phrase("operators_off", "This is no longer the operators' group."),
    Phrase(
        "operators_lost",
        "⚠️ <b>{name}</b> is no longer the operators' group: I was removed from it, may not "
        "write there, or it was not approved. What people write to me is now only on the site. "
        "To choose the group again, an admin of the site sends /operators in it.",
    ),
    Phrase("operators_none", "This is not the operators' group. To make it so, send /operators."),
    Phrase(
        "operators_not_admin",
        "Only an admin of the site can do that. Link your account first: send me /link in a "
        "private chat.",
    ),
    Phrase(
        "operators_private",
        "Send /operators in a group that I am in: there operators will read and answer what "
        "people write to me. /operators off ends that.",
    ),
    # Buttons under the chat
    Phrase("menu_link", "🔗 Link account"),
    Phrase("menu_me", "👤 Who am I"),
    Phrase("menu_language", "🌐 Language"),
    Phrase("menu_help", "❓ Help"),
    Phrase("menu_topics", "🗂 Topics"),
    Phrase("menu_quiet", "🌙 Quiet hours"),
    # Descriptions of commands, in Telegram's menu
    Phrase("command_start", "Get the news"),
    Phrase("command_help", "What I can do"),
    Phrase("command_link", "Link this chat to your account"),
    Phrase("command_unlink", "Unlink this chat"),
    Phrase("command_me", "Which account this chat is linked to"),
    Phrase("command_language", "The language I speak with you"),
    Phrase("command_stop", "No more news"),
    Phrase("command_topics", "Choose what you hear about"),
    Phrase("command_quiet", "Hours without a sound"),
    Phrase("command_stats", "People and the last broadcasts"),
    Phrase("command_broadcast", "Write to everybody"),
    Phrase("command_approve", "Groups and channels that wait for your decision"),
    Phrase("command_operators", "Answer people from this group"),
    # What a message is besides its text
    Phrase("kind_message", "message"),
    Phrase("kind_photo", "photo"),
    Phrase("kind_video", "video"),
    Phrase("kind_audio", "audio"),
    Phrase("kind_voice", "voice message"),
    Phrase("kind_video_note", "video message"),
    Phrase("kind_animation", "animation"),
    Phrase("kind_document", "file"),
    Phrase("kind_sticker", "sticker"),
    Phrase("kind_location", "location"),
    Phrase("kind_venue", "place"),
    Phrase("kind_contact", "contact"),
    Phrase("kind_poll", "poll"),
    Phrase("kind_dice", "dice"),
    Phrase("kind_story", "story"),
    Phrase("kind_game", "game"),
    Phrase("kind_checklist", "checklist"),
    Phrase("kind_paid_media", "paid media"),
    Phrase("kind_rich_message", "message"),
    Phrase("kind_gift", "gift"),
    Phrase("kind_unique_gift", "gift"),
    Phrase("kind_giveaway", "giveaway"),
    Phrase("kind_giveaway_winners", "giveaway results"),
    Phrase("kind_invoice", "invoice"),
    # Why a message was not delivered
    Phrase("reason_kicked", "the bot was removed"),
    Phrase("reason_not_a_member", "the bot is not a member"),
    Phrase("reason_never_started", "has not pressed Start"),
    Phrase("reason_no_rights", "the bot may not write there"),
    Phrase("reason_chat_not_found", "chat not found"),
    Phrase("reason_no_answer", "no answer from Telegram: the message may have arrived"),
    Phrase("reason_interrupted", "interrupted while sending: the message may have arrived"),
    Phrase(
        "reason_gateway_timeout",
        "the gateway did not wait for Telegram's answer: the message may have arrived",
    ),
    Phrase("reason_offline", "Telegram could not be reached"),
    Phrase("reason_server_error", "an error on Telegram's side"),
    Phrase("reason_content", "Telegram refused the message"),
    Phrase("reason_voice_messages_forbidden", "does not accept voice messages"),
)

PHRASES = {phrase.key: phrase for phrase in _ALL}
