"""/topics, and the buttons that opt out of a topic under a broadcast, and back in.

The data of an opt-out button is `t:off:<topic id>:<broadcast id>` or `t:on:<topic id>`; in the list
of /topics it is `toggle:on:<topic id>` or `toggle:off:<topic id>`.
"""

import re

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.router import Press, Router
from appliance.crud.chats import topics as topics_crud
from appliance.models import ChatStatus, Topic
from appliance.services.chats import topics

_ARGUMENT = re.compile(r"(on|off):([0-9]{1,19})(?::([0-9]{1,19}))?")


def register(router: Router) -> None:
    router.command("topics", show)
    router.button(keyboards.TOGGLE, toggle)
    router.button(keyboards.TOPIC, choose, shared=True)


def show(context: Context, _: str) -> None:
    """List the topics, each on a button that switches it."""
    choices = topics.choices_of(context.session, context.chat)
    if choices:
        context.reply(_question(context), keyboards.topics(context.language, choices))
    else:
        context.reply(context.phrase("topics_none"))


def toggle(context: Context, press: Press) -> None:
    """Switch a topic, and show that in the list by editing the message.

    The button names what it switches to, so two presses in a hurry do not switch there and back.
    """
    match = _ARGUMENT.fullmatch(press.argument)
    topic = topics_crud.get(context.session, int(match[2])) if match else None
    if match is None or topic is None:
        context.answer(press.id, context.phrase("button_old"))
        return
    before, on = _subscribed(context), match[1] == "on"
    topics.press(context.session, context.chat, topic, on, None, context.now)
    context.answer(press.id, _confirmation(context, topic, on))
    if before.get(topic.id) != on and press.message_id is not None:
        choices = topics.choices_of(context.session, context.chat)
        context.edit(
            press.message_id, _question(context), keyboards.topics(context.language, choices)
        )


def _question(context: Context) -> str:
    stopped = context.chat.status == ChatStatus.STOPPED
    keys = ["topics_choose", *(["topics_stopped"] if stopped else [])]
    return "\n\n".join(context.phrase(key) for key in keys)


def _subscribed(context: Context) -> dict[int, bool]:
    choices = topics.choices_of(context.session, context.chat)
    return {choice.topic.id: choice.subscribed for choice in choices}


def choose(context: Context, press: Press) -> None:
    """Store the choice. A second press is answered, but no second message is sent."""
    match = _ARGUMENT.fullmatch(press.argument)
    topic = topics_crud.get(context.session, int(match[2])) if match else None
    if match is None or topic is None:
        context.answer(press.id, context.phrase("button_old"))
        return
    on, cause = match[1] == "on", int(match[3]) if match[3] else None
    changed = topics.press(context.session, context.chat, topic, on, cause, context.now)
    confirmation = _confirmation(context, topic, on)
    context.answer(press.id, confirmation)
    if changed and on and press.message_id is not None:
        context.edit(press.message_id, confirmation)
    elif changed and not on:
        context.reply(confirmation, keyboards.topic_on(context.language, topic.id))


def _confirmation(context: Context, topic: Topic, on: bool) -> str:
    title = topics.title_of(topic, context.language)
    return context.phrase("topic_on" if on else "topic_off", title=title)
