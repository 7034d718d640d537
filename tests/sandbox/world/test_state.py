"""The state changes by events only, and the same events give the same state."""

from typing import Any

import pytest

from appliance.sandbox.world.model import Person, person_fields
from appliance.sandbox.world.state import State, people_after


def message(message_id: int, from_bot: bool = True, text: str = "x") -> dict[str, Any]:
    return {
        "message_id": message_id,
        "from_bot": from_bot,
        "date": 1,
        "text": text,
        "entities": [],
    }


@pytest.fixture
def state():
    state = State()
    for number in (5, 6, 7):
        person = Person(number, "A", None, f"user{number}", "en", started=True)
        state.commit("person", person=person_fields(person))
    return state


def send(state: State, at: float, chat_id: int = 5) -> None:
    fields = message(state.next_message_id())
    state.commit("message", chat_id=chat_id, method="sendMessage", at=at, message=fields)


def test_the_record_keeps_the_order(state):
    for chat_id in (5, 6, 5):
        send(state, 1.0, chat_id)
    assert [(sent.seq, sent.chat_id, sent.message_id) for sent in state.record] == [
        (1, 5, 1),
        (2, 6, 2),
        (3, 5, 3),
    ]


def test_what_people_say_is_not_recorded(state):
    state.commit("message", chat_id=5, message=message(1, from_bot=False))
    assert state.record == []
    assert state.next_message_id() == 2


def test_the_peak_is_over_a_sliding_second(state):
    for at in (0.0, 0.6, 0.7, 1.5, 1.55, 1.65, 3.0):
        send(state, at)
    assert state.peak_per_second == 4


def test_a_person_changes_in_place(state):
    person = state.people[5]
    state.commit("person", person={**person_fields(person), "blocked": True})
    assert state.people[5] is person and person.blocked


def test_people_by_name_and_by_page(state):
    assert state.chat_by_name("USER6") is state.people[6]
    assert state.chat_by_name("nobody") is None
    assert [person.id for person in people_after(state, 5, 1)] == [6]
    assert people_after(state, 7, 5) == [] == people_after(state, 99, 5)


def test_updates_nobody_wants_are_not_kept(state):
    state.commit("allow", kinds=["message"])
    state.add_update("callback_query", {})
    state.add_update("message", {})
    assert len(state.updates.pending) == 1
