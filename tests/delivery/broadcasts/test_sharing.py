"""What the ledger hands out, to whom, and after what went wrong."""

import time
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from appliance.crud.broadcasts import broadcasts, operations
from appliance.delivery import broadcast_run
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.coordinator import Coordinator
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.pacer import ChatPacer
from appliance.delivery.retry_policy import again
from appliance.services.broadcasts import NewBroadcast, changes, create
from support.people import add_chats


def moment():
    return Moment(time.time(), time.monotonic())


@pytest.fixture
def coordinator(database, lease):
    return Coordinator(database, lease, ChatPacer())


@pytest.fixture
def turn(coordinator):
    """One transaction: these were sent, so many are wanted."""

    def turn(sent=(), wanted=0):
        results = [Result(job, Verdict(Kind.SENT, message_id=1)) for job in sent]
        return coordinator.settle(results, wanted, None, "", moment())

    return turn


def know(database, count):
    with database.writing() as session:
        add_chats(session, *range(1, count + 1))


def canary(database, size, wait=60):
    with database.writing() as session:
        new = NewBroadcast("hello", to=("all",), canary=size, canary_wait=wait)
        return create(session, new)[0].id


def test_what_waits_for_its_canary_leaves_its_share(turn, database, queue):
    know(database, 300)
    canary(database, 1)
    turn()
    turn(turn(wanted=1))
    queue()
    turn()

    assert [len(turn(wanted=4)) for _ in range(10)] == [4] * 10


def test_of_equals_none_waits_for_the_other_to_end(turn, database, queue):
    """With so small a budget that a transaction has one call to give."""
    know(database, 60)
    numbers = {queue(), queue()}
    turn(), turn()

    got = {job.row for _ in range(30) for job in turn(wanted=1)}

    assert got == numbers


def test_an_edit_in_the_middle_of_a_canary_does_not_let_it_pass(turn, coordinator, database, shown):
    know(database, 100)
    number = canary(database, 5, wait=0)
    turn()
    jobs = turn(wanted=10)
    changes.edit(database.writing, number, "me", text="new", format="plain")
    assert turn(wanted=10) == []

    put_back = [again(job, "stopped", time.monotonic()) for job in jobs]
    first = coordinator.settle(put_back, 10, None, "", moment())
    first += turn(wanted=10)

    assert not shown(number).canary_passed
    assert len(first) == 5
    turn(first)
    turn()
    assert shown(number).canary_passed


@contextmanager
def answers_of_commits_lost():
    """Each commit is made, and the server closes the connection before it has said so."""

    def lose(session):
        raise OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    event.listen(Session, "after_commit", lose)
    yield
    event.remove(Session, "after_commit", lose)


def test_a_commit_whose_answer_was_lost_leaves_nobody_behind(
    turn, coordinator, database, queue, shown
):
    know(database, 5)
    number = queue()
    turn()
    held = turn(wanted=1)
    with answers_of_commits_lost(), pytest.raises(OperationalError):
        turn(wanted=2)
    assert shown(number).sending == 3

    coordinator.forget()
    assert coordinator.doubtful
    coordinator.reconcile(held, moment())

    assert (shown(number).sending, shown(number).pending) == (1, 4)
    turn(held)
    turn(turn(wanted=10))
    turn(wanted=10)
    assert (shown(number).status, shown(number).sent) == ("done", 5)


@pytest.mark.parametrize("at_the_end", [True, False])
def test_what_an_older_run_of_an_operation_did_is_not_counted_again(
    at_the_end, turn, coordinator, database, queue
):
    """Also not by the last transaction before a stop."""
    know(database, 5)
    number = queue()
    turn()
    turn(turn(wanted=10))
    _, operation = changes.edit(database.writing, number, "me", text="new", format="plain")
    assert operation is not None
    first = turn(wanted=10)
    changes.pause(database.writing, number, "me")
    turn(wanted=10)
    changes.resume(database.writing, number, "me")
    second = turn(wanted=10)
    turn(second[:3])

    if at_the_end:
        results = [Result(job, Verdict(Kind.SENT, message_id=1)) for job in first]
        coordinator.hand_in(results, moment())
        assert database.engine.pool.checkedout() == 0, "its connection is given back"
    else:
        turn(first)

    with database.reading() as session:
        assert operations.find(session, operation.id).done == 3


def test_a_broadcast_that_cannot_be_sent_stops_nobody_else(turn, database, queue, shown):
    know(database, 3)
    broken = queue()
    with database.writing() as session:
        row = broadcasts.get(session, broken)
        row.media = [{"id": 999, "kind": "photo"}]  # its file is gone
    fine = queue()
    for _ in range(3):
        turn()

    jobs = turn(wanted=10)

    assert {job.row for job in jobs} == {fine}
    assert shown(broken).status == "halted"
    assert shown(broken).note


def test_a_long_walk_is_made_in_steps(turn, coordinator, database, queue, monkeypatch):
    monkeypatch.setattr(broadcast_run, "ROWS_PER_LOOK", 10)
    know(database, 100)
    queue()
    turn()
    sent = turn(wanted=95)
    while len(sent) < 95:
        sent += turn(wanted=95 - len(sent))
    turn(sent)
    coordinator.forget()  # a new run, which begins at the front

    walked = 0
    while not (jobs := turn(wanted=10)):
        walked += 1
        assert walked < 20

    assert walked >= 4, "twice ten lines a transaction"
    assert [job.chat_id for job in jobs] == [96, 97, 98, 99, 100]
