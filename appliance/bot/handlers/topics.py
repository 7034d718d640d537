"""/topics, the opt-out button under a broadcast, and the way back.

The data of an opt-out button is `t:off:<topic id>:<broadcast id>` or `t:on:<topic id>`, that of
one in the list `toggle:on:<topic id>` or `toggle:off:<topic id>`.
"""

import re

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.router import Press, Router
from appliance.crud.chats import topics
from appliance.models import ChatStatus
from appliance.services.chats import topics as service

_ARGUMENT = re.compile(r"(on|off):([0-9]{1,19})(?::([0-9]{1,19}))?")


def register(router: Router) -> None:
    router.command("topics", show)
    router.button(keyboards.TOGGLE, toggle)
    router.button(keyboards.TOPIC, choose, shared=True)


def show(context: Context, _: str) -> None:
    """Every topic with a button that switches it."""
    choices = service.choices_of(context.session, context.chat)
    if choices:
        context.reply(_question(context), keyboards.topics(context.language, choices))
    else:
        context.reply(context.phrase("topics_none"))


def toggle(context: Context, press: Press) -> None:
    """Switch a topic and show it in the list, in place.

    The button says what it switches to, so pressed twice in a hurry it does not switch back.
    """
    found = _ARGUMENT.fullmatch(press.argument)
    topic = topics.get(context.session, int(found[2])) if found else None
    if found is None or topic is None:
        context.answer(press.id, context.phrase("button_old"))
        return
    before, on = _subscribed(context), found[1] == "on"
    service.press(context.session, context.chat, topic, on, None, context.now)
    said = context.phrase(
        "topic_on" if on else "topic_off", title=service.title_of(topic, context.language)
    )
    context.answer(press.id, said)
    if before.get(topic.id) != on and press.message_id is not None:
        choices = service.choices_of(context.session, context.chat)
        context.edit(
            press.message_id, _question(context), keyboards.topics(context.language, choices)
        )


def _question(context: Context) -> str:
    stopped = context.chat.status == ChatStatus.STOPPED
    keys = ["topics_choose", *(["topics_stopped"] if stopped else [])]
    return "\n\n".join(context.phrase(key) for key in keys)


def _subscribed(context: Context) -> dict[int, bool]:
    choices = service.choices_of(context.session, context.chat)
    return {choice.topic.id: choice.subscribed for choice in choices}


def choose(context: Context, press: Press) -> None:
    """Keep the choice. Pressed again it is only confirmed: a thread of thanks helps nobody."""
    found = _ARGUMENT.fullmatch(press.argument)
    topic = topics.get(context.session, int(found[2])) if found else None
    if found is None or topic is None:
        context.answer(press.id, context.phrase("button_old"))
        return
    on, cause = found[1] == "on", int(found[3]) if found[3] else None
    changed = service.press(context.session, context.chat, topic, on, cause, context.now)
    title = service.title_of(topic, context.language)
    said = context.phrase("topic_on" if on else "topic_off", title=title)
    context.answer(press.id, said)
    if changed and on and press.message_id is not None:
        context.edit(press.message_id, said)
    elif changed and not on:
        context.reply(said, keyboards.topic_on(context.language, topic.id))
