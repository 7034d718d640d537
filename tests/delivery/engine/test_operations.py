"""Edits and recalls from the decision to the phone: every message once, through crashes."""

from collections import Counter

import pytest

from appliance.crud.broadcasts import events
from appliance.crud.chats import chats
from appliance.models import ChatStatus, Delivery
from appliance.services.broadcasts import changes


@pytest.fixture
def delivered(people, queue, run_until, shown):
    """`delivered(5)`: a broadcast, “six”, that so many people have; its id and theirs."""

    def delivered(count):
        ids = people(count)
        number = queue("six")
        run_until(lambda: shown(number).status == "done")
        return number, ids

    return delivered


@pytest.fixture
def on_phone(ask):
    """`on_phone(person)`: what the bot has written there, as it stands now."""

    def on_phone(person):
        messages = ask(f"people/{person}/messages")["messages"]
        return [(m["text"], m["deleted"]) for m in messages if m["from"] == "bot"]

    return on_phone


@pytest.mark.parametrize(
    ("kind", "format", "text", "stands"),
    [
        ("edit", "html", "<b>seven</b>", ("seven", False)),
        ("recall", "plain", "", ("six", True)),
    ],
)
def test_every_delivered_message_is_changed(
    kind, format, text, stands, delivered, run_until, shown, on_phone, decide, last
):
    number, ids = delivered(12)

    decide(kind, number, text, format)
    run_until(lambda: last(number).status == "done")

    assert [on_phone(person) for person in ids] == [[stands]] * 12
    assert (last(number).done, last(number).failed) == (12, 0)
    assert shown(number).status == "done"


@pytest.mark.parametrize("kind", ["edit", "recall"])
def test_in_the_middle_it_reaches_both_sides(
    kind, people, queue, shown, on_phone, decide, last, start_engine, step_until
):
    """Who has it already, and who does not."""
    ids = people(30)
    engine = start_engine(40)
    number = queue("six")
    step_until(engine, lambda: shown(number).sent >= 8)

    decide(kind, number)
    if kind == "edit":
        step_until(engine, lambda: shown(number).status == "done")
    step_until(engine, lambda: last(number).status == "done")

    got = [on_phone(person) for person in ids]
    if kind == "edit":
        assert got == [[("seven", False)]] * 30
    else:
        assert [message for message in got if message] == [[("six", True)]] * shown(number).sent
        assert shown(number).status == "cancelled"
        assert shown(number).skipped == 30 - shown(number).sent > 0


def test_an_edit_survives_a_crash(delivered, on_phone, decide, last, start_engine, step_until):
    number, ids = delivered(20)
    decide("edit", number)
    first = start_engine(20)
    step_until(first, lambda: last(number).done >= 4)
    # a kill: what was in flight is repeated

    second = start_engine(1000)
    step_until(second, lambda: last(number).status == "done")

    assert [on_phone(person) for person in ids] == [[("seven", False)]] * 20
    assert last(number).done == 20


def test_who_has_blocked_the_bot_since_is_told_apart(
    delivered, run_until, ask, decide, last, database
):
    number, ids = delivered(3)
    ask("faults", {"kind": "403", "method": "editMessageText", "count": 1})

    decide("edit", number)
    run_until(lambda: last(number).status == "done")

    assert (last(number).done, last(number).failed) == (2, 1)
    assert last(number).reasons == {"blocked": 1}
    with database.reading() as session:
        found = Counter(chats.find(session, person).status for person in ids)
    assert found == {ChatStatus.ACTIVE: 2, ChatStatus.BLOCKED: 1}


def test_what_is_older_than_48_hours_is_shown_and_left(
    delivered, run_until, on_phone, decide, last, database
):
    number, ids = delivered(4)
    with database.writing() as session:
        session.get(Delivery, (number, ids[0])).updated_at -= 180_000
    with database.reading() as session:
        assert changes.recallable(session, number) == changes.Recallable(4, 1, 0)

    decide("recall", number)
    run_until(lambda: last(number).status == "done")

    assert (last(number).done, last(number).too_old) == (3, 1)
    assert on_phone(ids[0]) == [("six", False)]


def test_a_lost_answer_is_asked_again_for_an_edit_may_be_repeated(
    delivered, run_until, ask, decide, last
):
    number, _ = delivered(5)
    ask("faults", {"kind": "close_after", "method": "editMessageText", "count": 2})

    decide("edit", number)
    run_until(lambda: last(number).status == "done")

    assert last(number).done == 5


def test_an_edit_that_telegram_refuses_pauses_itself(
    delivered, ask, on_phone, decide, last, database, start_engine, step_until
):
    number, ids = delivered(40)
    words = "Bad Request: BUTTON_URL_INVALID"
    ask("faults", {"kind": "400", "description": words, "method": "editMessageText"})
    engine = start_engine(50)

    decide("edit", number)
    step_until(engine, lambda: last(number).status == "paused")
    stood = last(number)
    for _ in range(5):
        engine.step()

    assert stood.done == 0
    assert 3 <= stood.failed == last(number).failed < 30, "the rest was not tried"
    with database.reading() as session:
        event = events.list_for(session, number)[-1]
    assert (event.actor, event.action) == ("engine", "pause")
    assert event.details == {"operation": stood.id, "kind": "edit", "reason": words}

    ask("faults", method="DELETE")
    decide("edit", number, "eight")
    step_until(engine, lambda: last(number).status == "done")
    assert [on_phone(person) for person in ids] == [[("eight", False)]] * 40
