"""What the database holds now, read in a session that ends with the call."""

from appliance.crud.messages import messages


def find_row(database, table, key):
    """The row with that primary key, or None."""
    with database.reading() as session:
        return session.get(table, key)


def all_rows(database, table):
    """All of a table that has an `id`, oldest first."""
    with database.reading() as session:
        return session.query(table).order_by(table.id).all()


def texts(database, chat_id):
    """The texts of a chat's messages, newest first."""
    with database.reading() as session:
        return [message.text or "" for message in messages.thread(session, chat_id, 10)]
