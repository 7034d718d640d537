"""The ledger as people read it."""

from sqlalchemy import delete

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts
from appliance.models import Chat, Delivery, DeliveryState
from support.plans import plans

PENDING = DeliveryState.PENDING
SENDING = DeliveryState.SENDING


def test_pages_by_state(store, take, ledger):
    take(2, 4, 5)
    with store.reading() as session:
        first = deliveries.list_page(session, ledger, SENDING, 2)
        rest = deliveries.list_page(session, ledger, SENDING, 2, first[-1].chat_id)
        assert [row.chat_id for row in [*first, *rest]] == [2, 4, 5]
        assert list(deliveries.chats_in(session, ledger, {PENDING})) == [1, 3]


def test_every_line_once_however_small_the_pages(store, ledger):
    with store.reading() as session:
        for chunk in (1, 2, 5, 100):
            rows = deliveries.iterate(session, ledger, chunk)
            assert [row.chat_id for row in rows] == [1, 2, 3, 4, 5]


def test_a_page_begins_where_the_last_one_ended(store, ledger):
    """In the chats as in the ledger: a report of a million has a thousand pages."""

    def look(session):
        deliveries.list_page(session, ledger, None, 2, 3)

    (plan,) = plans(store, look, without=("seqscan", "bitmapscan", "nestloop", "hashjoin"))
    # PostgreSQL merges both by id, SQLite looks each chat up.
    merged = [plan[n + 1] for n, step in enumerate(plan) if "pk_chats on chats" in step]
    assert merged or any("SEARCH chats USING INTEGER PRIMARY KEY" in step for step in plan), plan
    assert [step for step in merged if "Index Cond: (id > " not in step] == []


def test_a_forgotten_chat_keeps_its_line(store, ledger):
    with store.writing() as session:
        session.execute(delete(Chat).where(Chat.id == 3))
        third = deliveries.list_page(session, ledger, None, 10)[2]
    assert (third.chat_id, third.name) == (3, "3")


def test_a_deleted_broadcast_takes_its_ledger_along(store, ledger):
    with store.writing() as session:
        session.delete(broadcasts.get(session, ledger))
    with store.reading() as session:
        assert session.query(Delivery).count() == 0


def test_a_chat_is_called_by_its_title_or_else_by_its_names(store, ledger):
    names = {1: ("Desk", "A", "B"), 2: (None, "A", "B"), 3: (None, "A", None), 4: (None, None, "B")}
    with store.writing() as session:
        for number, (title, first, last) in names.items():
            chat = session.get_one(Chat, number)
            chat.title, chat.first_name, chat.last_name = title, first, last
        session.flush()
        rows = deliveries.list_page(session, ledger, None, 4)
    assert [row.name for row in rows] == ["Desk", "A B", "A", "B"]
