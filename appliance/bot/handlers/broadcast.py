"""/broadcast: a text for everybody, shown as people will see it before it is sent.

The state of the conversation is in `Chat.dialog`. Its nonce is in the buttons, so that those under
an earlier preview do nothing, and in the broadcast's key, so that pressing twice sends once.
"""

import json
import secrets
from datetime import timedelta
from typing import Any

from telebot.types import Message

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.formatting import left_out, written
from appliance.bot.router import Press, Router
from appliance.crud.broadcasts import audience as audience_crud
from appliance.crud.broadcasts import broadcasts as broadcasts_crud
from appliance.crud.broadcasts import events, recipients
from appliance.errors import Fault, Invalid, NothingToDo
from appliance.models import Role
from appliance.services import broadcasts, content
from appliance.services.broadcasts import NewBroadcast, audience
from appliance.services.i18n.catalog import translate

LIFETIME = timedelta(hours=1)
"""How long the question and the buttons of a preview wait; the preview says so."""
KIND = "broadcast"
EVERYBODY = ("all",)
_LOST = {"text_mention": "broadcast_no_mentions", "custom_emoji": "broadcast_no_emoji"}


def register(router: Router) -> None:
    router.command("broadcast", begin)
    router.dialog(KIND, hear)
    router.button(keyboards.BROADCAST, press)


def begin(context: Context, argument: str) -> None:
    """Preview the text after the command, or of the message it replies to; else ask for a text."""
    if context.role != Role.ADMIN:
        context.reply(context.phrase("unknown_command"))
        return
    message = context.message
    if argument and message is not None and message.text:
        # From the right: the words of the command may stand in the text once more.
        _preview(context, message, message.text[: message.text.rindex(argument)])
    elif message is not None and message.reply_to_message is not None:
        _preview(context, message.reply_to_message)
    else:
        _ask(context, context.phrase("broadcast_ask"))


def hear(context: Context, message: Message) -> bool:
    """Take the text that was asked for. What is written after it is a message for the inbox."""
    if context.role != Role.ADMIN or _is_over(context):
        context.chat.dialog = None
        return False
    # The preview stands already: a remark that somebody types below it must not become the
    # broadcast.
    if "text" in (context.chat.dialog or {}):
        return False
    _preview(context, message)
    return True


def press(context: Context, press: Press) -> None:
    verb, _, nonce = press.argument.partition(":")
    dialog = context.chat.dialog or {}
    # Before the dialog, which is over by then: a second press is told what became of the first.
    sent = broadcasts_crud.get_by_key(context.session, _key(context, nonce))
    if context.role == Role.ADMIN and sent is not None:
        context.answer(press.id, context.phrase("broadcast_already", id=sent.id))
    elif context.role != Role.ADMIN or dialog.get("kind") != KIND or dialog["nonce"] != nonce:
        context.answer(press.id, context.phrase("button_old"))
    elif _is_over(context):
        _end(context, press, context.phrase("broadcast_expired"))
    elif verb == "cancel":
        _end(context, press, context.phrase("broadcast_cancelled"))
    elif verb == "send" and "text" in dialog:
        _end(context, press, _send(context, dialog))
    else:
        context.answer(press.id, context.phrase("button_old"))


def _preview(context: Context, message: Message, after: str = "") -> None:
    """Show the text that follows the prefix `after`, then how many would get it, with the two
    buttons.
    """
    text_and_format = written(message, after)
    if text_and_format is None:
        _ask(context, context.phrase("broadcast_text_only"))
        return
    text, format = text_and_format
    if faults := content.lint_message(text, format):
        lines = [_fault(context, fault) for fault in faults]
        again = ["", context.phrase("broadcast_again")]
        _ask(context, "\n".join([context.phrase("broadcast_faults"), *lines, *again]))
        return
    everybody = audience.parse(context.session, EVERYBODY)
    count = audience_crud.count(context.session, everybody)
    if count == 0:
        context.chat.dialog = None
        context.reply(context.phrase("broadcast_nobody"))
        return
    _show(context, NewBroadcast(text, format, EVERYBODY))
    nonce = _remember(context, text=text, format=format)
    minutes = int(LIFETIME.total_seconds()) // 60
    parts = [
        context.phrase("broadcast_confirm", count=count),
        *_warnings(context, message),
        context.phrase("broadcast_wait", count=minutes),
    ]
    context.reply("\n\n".join(parts), keyboards.confirm(context.language, nonce, str(count)))


def _warnings(context: Context, message: Message) -> list[str]:
    """What of the message as it was written people would not get."""
    lost = left_out(message)
    warnings = [context.phrase(_LOST[kind]) for kind in _LOST if kind in lost]
    if lost - _LOST.keys():
        warnings.append(context.phrase("broadcast_no_formatting"))
    return warnings


def _show(context: Context, new: NewBroadcast) -> None:
    """Send this chat the same call that recipients get."""
    composer = content.Composer(broadcasts.draft(context.session, new, context.now))
    person = recipients.people_of(context.session, [context.chat.id])[context.chat.id]
    params = json.loads(composer.body_for(context.chat.id, person))
    del params["chat_id"]  # the outbox adds it
    context.send(composer.method, params, content.words_for(person, new.text, new.format, {}))


def _send(context: Context, dialog: dict[str, Any]) -> str:
    """Queue the broadcast. Returns the text that says so, or why it was refused."""
    user = context.chat.user
    new = NewBroadcast(
        dialog["text"],
        dialog["format"],
        EVERYBODY,
        key=_key(context, dialog["nonce"]),
        created_by=user.id if user else None,
    )
    try:
        broadcast, _ = broadcasts.create(context.session, new, context.now)
    except (Invalid, NothingToDo) as error:
        return context.phrase(
            "broadcast_fault_plain", words=translate(error.message, context.language)
        )
    events.add(context.session, broadcast.id, f"user:{new.created_by}", "create", now=context.now)
    return context.phrase("broadcast_queued", id=broadcast.id)


def _ask(context: Context, question: str) -> None:
    context.reply(question, keyboards.cancel(context.language, _remember(context)))


def _remember(context: Context, **content: str) -> str:
    """Store the state of the conversation; returns its nonce."""
    nonce = secrets.token_urlsafe(9)
    until = (context.now + LIFETIME).timestamp()
    context.chat.dialog = {"kind": KIND, "nonce": nonce, "until": until, **content}
    return nonce


def _is_over(context: Context) -> bool:
    return float((context.chat.dialog or {}).get("until", 0)) < context.now.timestamp()


def _end(context: Context, press: Press, result: str) -> None:
    context.chat.dialog = None
    context.answer(press.id, result)
    if press.message_id is not None:
        context.edit(press.message_id, result)
    else:
        context.reply(result)


def _key(context: Context, nonce: str) -> str:
    return f"telegram:{context.chat.id}:{nonce}"


def _fault(context: Context, fault: Fault) -> str:
    text = translate(fault.message, context.language)
    if fault.line is None:
        return context.phrase("broadcast_fault_plain", words=text)
    return context.phrase("broadcast_fault", line=fault.line, column=fault.column, words=text)
