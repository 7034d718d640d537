"""The opt-out button under a broadcast, and the way back.

Its data is `t:off:<topic id>:<broadcast id>` or `t:on:<topic id>`.
"""

import re

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.router import Press, Router
from appliance.crud import topics
from appliance.services import topics as service

_ARGUMENT = re.compile(r"(on|off):([0-9]{1,19})(?::([0-9]{1,19}))?")


def register(router: Router) -> None:
    router.button(keyboards.TOPIC, choose)


def choose(context: Context, press: Press) -> None:
    """Keep the choice. Pressed again it is only confirmed: a thread of thanks helps nobody."""
    found = _ARGUMENT.fullmatch(press.argument)
    topic = topics.get(context.session, int(found[2])) if found else None
    if found is None or topic is None:
        context.answer(press.id, context.say("button_old"))
        return
    on, cause = found[1] == "on", int(found[3]) if found[3] else None
    changed = service.press(context.session, context.chat, topic, on, cause, context.now)
    title = service.title_of(topic, context.language)
    said = context.say("topic_on" if on else "topic_off", title=title)
    context.answer(press.id, said)
    if changed and on and press.message_id is not None:
        context.edit(press.message_id, said)
    elif changed and not on:
        context.reply(said, keyboards.topic_on(context.language, topic.id))
