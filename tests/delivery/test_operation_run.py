"""Editing and recalling what was delivered: every message once, at the usual pace, resumable."""

import json

import pytest
from sqlalchemy import update

from appliance.crud import deliveries
from appliance.crud.broadcasts import albums, broadcasts, events, operations
from appliance.crud.deliveries import DeliveryOutcome
from appliance.delivery.classify import Kind, Verdict
from appliance.delivery.engine import wall_and_monotonic
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.operation_run import load
from appliance.models import Broadcast, Delivery, DeliveryState
from appliance.services.broadcasts import changes


def on_phone(ask, person):
    messages = ask(f"people/{person}/messages")["messages"]
    return [m for m in messages if m["from"] == "bot"]


@pytest.fixture
def last(database):
    def last(number):
        with database.reading() as session:
            return operations.list_for(session, number)[-1]

    return last


@pytest.fixture
def edit(database):
    def edit(number, text, format="plain"):
        changes.edit(database.writing, number, "test", text=text, format=format)

    return edit


@pytest.fixture
def recall(database):
    def recall(number):
        changes.recall(database.writing, number, "test")

    return recall


def last_day():
    from appliance.models import utcnow

    return utcnow()


def test_what_was_delivered_is_edited(people, queue, run_until, shown, ask, edit, last):
    ids = people(12)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")

    edit(number, "<b>seven</b>", "html")
    run_until(lambda: last(number).status == "done")

    assert [on_phone(ask, i)[-1]["text"] for i in ids] == ["seven"] * 12
    assert (last(number).done, last(number).failed) == (12, 0)
    assert shown(number).status == "done"


def test_an_edit_in_the_middle_reaches_both_sides(
    people, queue, shown, ask, edit, last, start_engine, step_until
):
    ids = people(30)
    engine = start_engine(40)
    number = queue("six")
    step_until(engine, lambda: shown(number).sent >= 8)

    edit(number, "seven")
    step_until(engine, lambda: shown(number).status == "done")
    step_until(engine, lambda: last(number).status == "done")

    assert [[m["text"] for m in on_phone(ask, i)] for i in ids] == [["seven"]] * 30


def test_an_edit_survives_a_crash(
    people, queue, run_until, shown, ask, edit, last, start_engine, step_until
):
    ids = people(20)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")
    edit(number, "seven")
    first = start_engine(20)
    step_until(first, lambda: last(number).done >= 4)
    # a kill: what was in flight is repeated

    second = start_engine(1000)
    step_until(second, lambda: last(number).status == "done")

    assert [on_phone(ask, i)[-1]["text"] for i in ids] == ["seven"] * 20
    assert last(number).done == 20


def test_who_has_blocked_the_bot_since_is_told_apart(
    people, queue, run_until, shown, ask, edit, last
):
    ids = people(3)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")
    ask(f"people/{ids[0]}/block", {"silent": True})

    edit(number, "seven")
    run_until(lambda: last(number).status == "done")

    assert last(number).done + last(number).failed == 3


def test_a_recall_deletes_what_was_delivered_and_skips_the_rest(
    people, queue, shown, ask, recall, last, start_engine, step_until
):
    ids = people(30)
    engine = start_engine(40)
    number = queue("oops")
    step_until(engine, lambda: shown(number).sent >= 8)

    recall(number)
    step_until(engine, lambda: last(number).status == "done")

    left = [m for i in ids for m in on_phone(ask, i) if not m["deleted"]]
    assert left == []
    assert shown(number).status == "cancelled"
    assert shown(number).skipped == 30 - shown(number).sent > 0


def test_what_is_older_than_48_hours_is_shown_and_left(
    people, queue, run_until, shown, ask, recall, last, database
):
    ids = people(4)
    number = queue("old")
    run_until(lambda: shown(number).status == "done")
    with database.writing() as session:
        row = session.get(Delivery, (number, ids[0]))
        row.updated_at -= 180_000
    with database.reading() as session:
        assert changes.recallable(session, number) == changes.Recallable(4, 1, 0)

    recall(number)
    run_until(lambda: last(number).status == "done")

    assert (last(number).done, last(number).too_old) == (3, 1)
    assert not on_phone(ask, ids[0])[-1]["deleted"]


def test_a_lost_answer_is_asked_again_for_an_edit_may_be_repeated(
    people, queue, run_until, shown, ask, edit, last
):
    people(5)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")
    ask("faults", {"kind": "close_after", "method": "editMessageText", "count": 2})

    edit(number, "seven")
    run_until(lambda: last(number).status == "done")

    assert last(number).done == 5


def test_an_edit_that_telegram_refuses_pauses_itself(
    people, queue, run_until, shown, ask, edit, last, database, start_engine, step_until
):
    ids = people(40)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")
    words = "Bad Request: BUTTON_URL_INVALID"
    ask("faults", {"kind": "400", "description": words, "method": "editMessageText"})
    engine = start_engine(50)

    edit(number, "seven")
    step_until(engine, lambda: last(number).status == "paused")
    stood = last(number)
    for _ in range(5):
        engine.step()

    assert stood.done == 0
    assert 3 <= stood.failed == last(number).failed < 30, "the rest was not tried"
    with database.reading() as session:
        said = events.list_for(session, number)[-1]
    assert (said.actor, said.action) == ("engine", "pause")
    assert said.details == {"operation": stood.id, "kind": "edit", "reason": words}

    ask("faults", method="DELETE")
    edit(number, "eight")
    step_until(engine, lambda: last(number).status == "done")
    assert [on_phone(ask, i)[-1]["text"] for i in ids] == ["eight"] * 40


# By hand: the ledger as it was, one exchange at a time


@pytest.fixture
def ledger(people, queue, database):
    """`ledger(sent=2, in_flight=1)`: a broadcast, and the ids of these people."""

    def ledger(sent, in_flight=0):
        ids = people(sent + in_flight)
        number = queue("six")
        now = wall_and_monotonic()
        with database.writing() as session:
            freeze(session, broadcasts.get(session, number), now)
            deliveries.take(session, number, ids, int(now.wall))
            arrived(session, number, ids[:sent], int(now.wall))
        return number, ids

    return ledger


def arrived(session, number, ids, at):
    outcomes = [DeliveryOutcome(i, DeliveryState.SENT, message_id=100) for i in ids]
    deliveries.record(session, number, outcomes, at)


def begun(session, number):
    return load(session, operations.list_for(session, number)[-1].id, EngineConfig())


def done(job):
    return Result(job, Verdict(Kind.SENT, message_id=100))


def test_an_album_with_gaps_is_deleted_whole(ledger, recall, database):
    number, ids = ledger(sent=2)
    with database.writing() as session:
        pictures = [{"id": 1, "kind": "photo"}] * 3
        session.execute(update(Broadcast).where(Broadcast.id == number).values(media=pictures))
        albums.remember(session, number, ids[1], [100, 103, 104])
    recall(number)

    with database.writing() as session:
        jobs = begun(session, number).exchange(session, [], 10, wall_and_monotonic())

    asked = {job.chat_id: json.loads(job.body)["message_ids"] for job in jobs}
    assert asked == {ids[0]: [100, 101, 102], ids[1]: [100, 103, 104]}


def test_what_was_in_flight_counts_once_though_it_crashes_in_between(ledger, edit, last, database):
    number, ids = ledger(sent=2, in_flight=3)
    edit(number, "seven")
    now = wall_and_monotonic()
    with database.writing() as session:
        arrived(session, number, ids[2:4], int(now.wall))
        deliveries.record(
            session, number, [DeliveryOutcome(ids[4], DeliveryState.UNKNOWN)], int(now.wall)
        )
        run = begun(session, number)
        results = [done(job) for job in run.exchange(session, [], 9, now)]
        run.exchange(session, results, 9, now)
        jobs = run.exchange(session, [], 1, now)  # of the late ones one
        assert [job.chat_id for job in jobs] == [ids[2]]
        run.exchange(session, [done(jobs[0])], 0, now)

    with database.writing() as session:
        again = begun(session, number)
        assert again.exchange(session, [], 9, now) == [], "all the others are done"
        jobs = again.exchange(session, [], 9, now)
        assert [job.chat_id for job in jobs] == [ids[3]]
        again.exchange(session, [done(jobs[0])], 9, now)

    assert (last(number).status, last(number).total, last(number).done) == ("done", 4, 4)


def test_what_is_sent_after_an_edit_is_left_alone(ledger, edit, last, database):
    number, ids = ledger(sent=1, in_flight=2)
    edit(number, "seven")
    now = wall_and_monotonic()
    later = Moment(now.wall + 5, now.mono + 5)
    with database.writing() as session:
        operations.list_for(session, number)[-1].late = []  # both were claimed after the edit
        session.flush()
        run = begun(session, number)
        arrived(session, number, ids[1:], int(later.wall))

        jobs = run.exchange(session, [], 9, later)

    assert [job.chat_id for job in jobs] == [ids[0]]


def refused(job):
    return Result(job, Verdict(Kind.CONTENT, "content", "bad"))


def test_after_a_success_a_refusal_pauses_nothing(ledger, edit, last, database):
    number, _ = ledger(sent=5)
    edit(number, "seven")
    now = wall_and_monotonic()
    with database.writing() as session:
        run = begun(session, number)
        jobs = run.exchange(session, [], 4, now)
        run.exchange(session, [done(jobs[0]), *map(refused, jobs[1:])], 0, now)

    assert (last(number).status, last(number).done, last(number).failed) == ("running", 1, 3)


def test_an_edit_refused_for_the_last_ones_has_ended(ledger, edit, last, database):
    number, _ = ledger(sent=3)
    edit(number, "seven")
    now = wall_and_monotonic()
    with database.writing() as session:
        run = begun(session, number)
        jobs = run.exchange(session, [], 3, now)
        run.exchange(session, [], 1, now)
        run.exchange(session, [*map(refused, jobs)], 0, now)

    assert (last(number).status, last(number).failed) == ("done", 3)


def test_a_server_that_always_fails_for_one_is_given_up(ledger, edit, database):
    number, _ = ledger(sent=1)
    edit(number, "seven")
    now = wall_and_monotonic()
    failing = Verdict(Kind.SERVER, "server_error")
    with database.writing() as session:
        run = begun(session, number)
        (job,) = run.exchange(session, [], 1, now)
        (job,) = run.exchange(session, [Result(job, failing, now.mono)], 1, now)

    assert job.tries == 1
