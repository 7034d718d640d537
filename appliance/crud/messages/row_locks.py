"""Which locks on rows of messages are waited for, and in which order, on PostgreSQL.

Two transactions that change the same rows in two orders would be a deadlock. So whoever changes
several locks them by id (`in_order`), after their chats; whoever takes or deletes rows skips those
that are locked, and waits for none. In SQLite there is one writer at a time.
"""

from sqlalchemy import ColumnElement, TextClause, select

from appliance.models import Message


def in_order(*where: ColumnElement[bool] | TextClause) -> ColumnElement[bool]:
    """These rows, as the condition of an UPDATE, which locks them by id first."""
    rows = select(Message.id).where(*where).order_by(Message.id)
    return Message.id.in_(rows.with_for_update(key_share=True))
