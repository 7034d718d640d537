"""Copies for the operators' group that would come too late: one line says how many there are.

A group gets 20 messages a minute. What a hundred people write in one would arrive there five
minutes later, and the next hundred behind it; on the site all of it is at once.
"""

from datetime import datetime
from html import escape

from sqlalchemy.orm import Session

from appliance.crud.messages import messages, outbox_order
from appliance.crud.settings import MERGED_COPIES, get_setting, put_setting
from appliance.models import Priority
from appliance.services import outbox
from appliance.services.i18n.catalog import phrase
from appliance.services.inbox.operators_group import Group
from appliance.telegram import html as telegram_html

MAX_WAITING_IN_ALL = 60
"""Messages that wait for the group, whoever they are about: three minutes of it."""


def is_full(session: Session, chat_id: int) -> bool:
    waiting = outbox_order.count_for(session, chat_id, MAX_WAITING_IN_ALL)
    return waiting >= MAX_WAITING_IN_ALL


def merge(session: Session, group: Group, site_url: str, now: datetime) -> None:
    """Count one more message that is not copied, in the line that waits or in a new one."""
    stored = get_setting(session, MERGED_COPIES) or {}
    row, count = int(stored.get("row", 0)), int(stored.get("count", 0)) + 1
    html = _line(group, site_url, count)
    plain = telegram_html.parse(html)[0]
    if not messages.reword(session, row, group.chat_id, html, plain):
        count = 1
        row = outbox.send_html(
            session,
            group.chat_id,
            _line(group, site_url, count),
            priority=Priority.NOTIFICATION,
            now=now,
        ).id
    put_setting(session, MERGED_COPIES, {"row": row, "count": count}, now)


def _line(group: Group, site_url: str, count: int) -> str:
    url = escape(f"{site_url}/inbox")
    return f'<a href="{url}">{phrase(group.language, "relay_merged", count=count)}</a>'
