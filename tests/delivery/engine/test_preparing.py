"""What goes wrong while a call is prepared is that message's fault: `failed`, and nothing ends."""

import io

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts
from appliance.crud.messages import messages
from appliance.errors import Localized
from appliance.models import DeliveryState, Message
from appliance.services import broadcasts as service
from appliance.services.broadcasts import NewBroadcast
from appliance.services.content import media

HALF = "half a pair: \ud800"
"""JSON holds it, and no request can: as a row of an older version or of another hand may."""


@pytest.fixture
def queue_file(database, settings):
    """`queue_file("a.txt")` is the id of a broadcast of such a document to everybody."""

    def queue_file(name):
        kept = media.keep(settings.data, "document", io.BytesIO(b"the file"), "a.txt")
        with database.writing() as session:
            row = media.record(session, kept)
            row.name = name
            session.flush()
            new = NewBroadcast("cap", "plain", to=("all",), media=(row.id,))
            return service.create(session, new)[0].id

    return queue_file


@pytest.fixture
def outcomes(database):
    def outcomes(number):
        with database.reading() as session:
            return {(row.state, row.reason) for row in deliveries.iterate(session, number)}

    return outcomes


@pytest.mark.parametrize("name", ["Отчёт.txt", "会議 и ещё.pdf", "it's 100 %.txt", "a;b=c,d.txt"])
def test_a_file_arrives_under_its_own_name(name, people, queue_file, run_until, shown, ask):
    ids = people(3)
    number = queue_file(name)

    run_until(lambda: shown(number).status == "done")

    assert shown(number).sent == 3
    for chat_id in ids:
        (*_, message) = ask(f"people/{chat_id}/messages")["messages"]
        assert message["document"]["file_name"] == name


def test_a_name_that_no_request_can_carry_halts_and_nobody_is_unknown(
    people, queue_file, queue, run_until, shown, outcomes
):
    people(5)
    number = queue_file("a\0b.txt")

    run_until(lambda: shown(number).status == "halted")

    assert (shown(number).unknown, shown(number).failed) == (0, 3)
    assert ("failed", "not_prepared") in outcomes(number)
    assert "could not be prepared" in str(Localized.load(shown(number).note))
    after = queue()
    run_until(lambda: shown(after).status == "done")
    assert shown(after).sent == 5


def test_a_message_that_cannot_be_written_fails_alone(people, database, run_until):
    first, second = people(2)
    with database.writing() as session:
        broken = messages.queue(session, first, "sendMessage", {"text": HALF}).id
        whole = messages.queue(session, second, "sendMessage", {"text": "fine"}).id

    def outcome(number):
        with database.reading() as session:
            row = session.get_one(Message, number)
            return row.state, row.reason

    run_until(lambda: outcome(whole)[0] == DeliveryState.SENT)
    run_until(lambda: outcome(broken) == (DeliveryState.FAILED, "not_prepared"))


def test_a_broadcast_that_cannot_be_written_is_halted_and_the_others_go_on(
    people, queue, database, run_until, shown
):
    people(3)
    broken, other = queue(), queue()
    with database.writing() as session:
        broadcasts.get(session, broken).options = {
            "buttons": [[{"text": HALF, "url": "http://a.b"}]]
        }

    run_until(lambda: shown(other).status == "done")

    assert shown(other).sent == 3
    assert (shown(broken).status, shown(broken).unknown) == ("halted", 0)
