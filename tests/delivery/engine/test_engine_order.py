"""Who goes first: replies, notifications, broadcasts; and how broadcasts share."""

from appliance.crud.messages import messages
from appliance.models import DeliveryState, Message, Priority


def test_a_reply_goes_before_a_broadcast(
    people, queue, run_until, database, ask, shown, received, start_engine, step_until
):
    ids = people(30)
    engine = start_engine(20)
    number = queue()
    step_until(engine, lambda: received(ask).total() >= 3)
    with database.writing() as session:
        row = messages.queue(session, ids[-1], "sendMessage", {"text": "reply"}, text="reply").id
    engine.wake()
    before = received(ask).total()

    step_until(engine, lambda: state_of(database, row) == DeliveryState.SENT)

    assert received(ask).total() - before <= 5, "it did not wait for the broadcast's end"
    assert shown(number).status == "running"


def state_of(database, row):
    with database.reading() as session:
        found = session.get(Message, row)
        return DeliveryState(found.state) if found and found.state is not None else None


def test_answers_to_one_person_keep_their_order_and_telegrams_limit(
    people, run_until, database, ask, received
):
    (chat_id,) = people(1)
    texts = ["one", "two", "three", "four", "five", "six", "seven"]
    ask("flood", {}, method="PUT")
    with database.writing() as session:
        for text in texts:
            messages.queue(session, chat_id, "sendMessage", {"text": text}, text=text)

    run_until(lambda: received(ask).total() == len(texts))

    record = ask("record")["record"]
    assert [entry["text"] for entry in record] == texts
    assert "429" not in ask("stats")["errors"]


def test_a_notification_waits_for_a_reply_to_somebody_else(
    people, database, ask, received, start_engine, step_until
):
    first, second = people(2)
    with database.writing() as session:
        messages.queue(
            session, first, "sendMessage", {"text": "n"}, priority=Priority.NOTIFICATION, text="n"
        )
        messages.queue(session, second, "sendMessage", {"text": "r"}, text="r")
    engine = start_engine(5)

    step_until(engine, lambda: received(ask).total() == 2)

    assert [entry["text"] for entry in ask("record")["record"]] == ["r", "n"]


def test_two_broadcasts_share_the_budget(people, queue, shown, start_engine, step_until):
    ids = people(60)
    engine = start_engine(60)
    first = queue("one", to=tuple(f"chat:{i}" for i in ids[:30]))
    second = queue("two", to=tuple(f"chat:{i}" for i in ids[30:]))

    def lead():
        return int(shown(first).sent - shown(second).sent)

    step_until(engine, lambda: shown(second).sent >= 5)
    before = lead()  # the first was frozen first, and had one claim alone
    step_until(engine, lambda: shown(second).sent >= 15)

    assert 0 <= before <= 11, "a claim is for 67 ms and 40 ms more, at 60/s, and a pair"
    assert abs(lead() - before) <= 7, "from then on it gains nothing: a claim more or less"
