"""What an engine must know of the one before it: who asked for silence, whose minute is full."""

from sqlalchemy.orm import Session

from appliance.crud import settings
from appliance.crud.deliveries import departures
from appliance.delivery.jobs import Moment
from appliance.delivery.pacer import GROUP_WINDOW_SECONDS, ChatPacer


def restore(session: Session, chat_pacer: ChatPacer, now: Moment) -> None:
    """Pauses of single chats go on, and groups' last minute counts."""
    for chat_id, pause in settings.chat_pauses(session, now.wall).items():
        chat_pacer.pause(chat_id, now.mono + pause.left(now.wall))
    since = int(now.wall - GROUP_WINDOW_SECONDS)
    for group, times in departures.to_groups(session, since).items():
        # A clock that was set back since then would make them the future's.
        chat_pacer.remember(group, [now.mono + min(0.0, at - now.wall) for at in times])
