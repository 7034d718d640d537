"""Notes of operators."""

import pytest

from appliance.crud import notes
from appliance.errors import NotFound


def test_notes_come_in_order_and_go(store, know, enrol):
    know(1, 2)
    author = enrol("olga")
    with store.writing() as session:
        first = notes.add(session, 1, author, "sings bass").id
        second = notes.add(session, 1, None, "pays late").id
        notes.add(session, 2, author, "another")
    with store.reading() as session:
        assert [note.id for note in notes.list_of(session, 1)] == [first, second]
    with store.writing() as session:
        notes.delete(session, 1, first)
    with store.reading() as session:
        assert [note.text for note in notes.list_of(session, 1)] == ["pays late"]


def test_a_note_about_somebody_else_is_not_found(store, know):
    know(1, 2)
    with store.writing() as session:
        number = notes.add(session, 1, None, "x").id
        for chat_id, note_id in ((2, number), (1, 99)):
            with pytest.raises(NotFound):
                notes.delete(session, chat_id, note_id)
