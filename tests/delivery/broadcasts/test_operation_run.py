"""One operation under way: its messages by the ledger, one exchange at a time."""

import json

import pytest
from sqlalchemy import update

from appliance.crud import deliveries
from appliance.crud.broadcasts import albums, broadcasts, operations
from appliance.crud.deliveries import DeliveryOutcome
from appliance.delivery.answers.classify import Answer, Kind, Verdict, classify
from appliance.delivery.engine import wall_and_monotonic
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.operation_run import MAX_TRIES, UNKNOWN_RETRY_SECONDS, load
from appliance.models import Broadcast, Delivery, DeliveryState, utcnow
from support.people import add_chats


@pytest.fixture
def ledger(queue, database):
    """`ledger(sent=2, in_flight=1)`: a broadcast to the chats 1, 2 and 3; its id."""

    def ledger(sent, in_flight=0):
        ids = range(1, sent + in_flight + 1)
        with database.writing() as session:
            add_chats(session, *ids)
        number = queue("six")
        now = wall_and_monotonic()
        with database.writing() as session:
            freeze(session, broadcasts.get(session, number), now)
            deliveries.take(session, number, ids, int(now.wall))
            arrived(session, number, ids[:sent], int(now.wall))
        return number

    return ledger


class Exchanges:
    """A run of an operation and its transactions, at times told in seconds from the first."""

    def __init__(self, database, number):
        self.number, self._database, self._start = number, database, wall_and_monotonic()
        with database.reading() as session:
            self.run = begun(session, number)

    def at(self, seconds):
        return Moment(self._start.wall + seconds, self._start.mono + seconds)

    def __call__(self, results=(), limit=10, seconds=0.0):
        with self._database.writing() as session:
            return self.run.exchange(session, list(results), limit, self.at(seconds))


@pytest.fixture
def begin(ledger, decide, database):
    """`begin("edit", sent=3)`: an operation over so many messages that has just begun."""

    def begin(kind, **counts):
        number = ledger(**counts)
        decide(kind, number)
        return Exchanges(database, number)

    return begin


def begun(session, number):
    return load(session, operations.list_for(session, number)[-1].id, EngineConfig())


def arrived(session, number, ids, at):
    outcomes = [DeliveryOutcome(i, DeliveryState.SENT, message_id=100) for i in ids]
    deliveries.record(session, number, outcomes, at)


def done(job):
    return Result(job, Verdict(Kind.SENT, message_id=100))


def unchanged(job):
    return Result(job, says("Bad Request: message is not modified: same"))


def refused(job):
    return Result(job, Verdict(Kind.CONTENT, "content", "bad"))


def says(words):
    """Telegram's refusal in these words."""
    document = {"ok": False, "description": words}
    return classify(Answer(400, json.dumps(document).encode()))


@pytest.mark.parametrize(
    ("kind", "verdict", "counts", "reasons"),
    [
        ("edit", Verdict(Kind.SENT), (1, 0, 0), {}),
        # it may be a repetition, after a crash or a lost answer: then it is as it shall be
        ("edit", says("Bad Request: message is not modified: same"), (1, 0, 0), {}),
        ("recall", says("Bad Request: message to delete not found"), (1, 0, 0), {}),
        ("recall", says("Bad Request: message can't be deleted for everyone"), (0, 0, 1), {}),
        ("edit", says("Bad Request: message to edit not found"), (0, 1, 0), None),
        ("edit", says("Bad Request: message to delete not found"), (0, 1, 0), None),
        ("recall", says("Bad Request: message is not modified"), (0, 1, 0), None),
        ("edit", Verdict(Kind.GONE, "blocked"), (0, 1, 0), {"blocked": 1}),
        ("edit", Verdict(Kind.REFUSED, "no_rights"), (0, 1, 0), {"no_rights": 1}),
        ("edit", Verdict(Kind.SERVER, "server_error"), (0, 1, 0), {"server_error": 1}),
        ("edit", Verdict(Kind.MIGRATED, "migrated", migrate_to=-1), (0, 1, 0), {"migrated": 1}),
    ],
)
def test_what_telegram_says_of_a_message(kind, verdict, counts, reasons, begin, last):
    exchange = begin(kind, sent=1)
    (job,) = exchange()

    exchange([Result(job, verdict)])

    operation = last(exchange.number)
    assert (operation.done, operation.failed, operation.too_old) == counts
    assert operation.reasons == reasons or (reasons is None and operation.reasons)
    assert (operation.status, exchange.run.done) == ("done", True)


@pytest.mark.parametrize(
    ("answers", "status", "counts"),
    [
        ([done, refused, refused, refused], "running", (1, 3)),
        ([unchanged, refused, refused, refused], "running", (1, 3)),
        ([refused, refused], "running", (0, 2)),
        ([refused, refused, refused], "paused", (0, 3)),
    ],
)
def test_refusals_and_nothing_else_pause_it(answers, status, counts, begin, last):
    exchange = begin("edit", sent=5)
    jobs = exchange(limit=len(answers))

    exchange([answer(job) for answer, job in zip(answers, jobs, strict=True)], limit=0)

    assert (
        last(exchange.number).status,
        last(exchange.number).done,
        last(exchange.number).failed,
    ) == (status, *counts)


def test_an_edit_refused_for_the_last_ones_has_ended(begin, last):
    exchange = begin("edit", sent=3)
    jobs = exchange(limit=3)
    exchange(limit=1)  # there is nobody else

    exchange([refused(job) for job in jobs], limit=0)

    assert (last(exchange.number).status, last(exchange.number).failed) == ("done", 3)


def test_a_paused_one_asks_for_nothing_more(begin, last):
    exchange = begin("edit", sent=5)

    assert exchange([refused(job) for job in exchange(limit=3)], limit=9) == []
    assert exchange.run.done


@pytest.mark.parametrize(("counts", "tries"), [(True, 1), (False, 0)])
def test_another_try_comes_when_it_is_due(counts, tries, begin):
    exchange = begin("edit", sent=1)
    (job,) = exchange()
    exchange()  # there is nobody else
    later = Result(job, Verdict(Kind.SERVER, "server_error"), exchange.at(5).mono, counts)

    assert exchange([later]) == []
    assert not exchange.run.due(exchange.at(4))
    assert exchange.run.due(exchange.at(6))
    (again,) = exchange(seconds=6)

    assert (again.chat_id, again.tries) == (job.chat_id, tries)


def test_a_lost_answer_is_asked_for_again_and_not_for_ever(begin, last):
    exchange = begin("edit", sent=1)
    (job,) = exchange()
    for number_of_try in range(1, MAX_TRIES + 1):
        seconds = number_of_try * (UNKNOWN_RETRY_SECONDS + 0.1)
        unknown = Result(job, Verdict(Kind.UNKNOWN, "no_answer"))
        assert exchange([unknown], seconds=seconds - 0.1) == []
        (job,) = exchange(seconds=seconds + UNKNOWN_RETRY_SECONDS)
        assert job.tries == number_of_try

    exchange([Result(job, Verdict(Kind.UNKNOWN, "no_answer"))], seconds=60)

    assert (last(exchange.number).failed, last(exchange.number).reasons) == (1, {"no_answer": 1})


@pytest.mark.parametrize("count", [2, 3])
def test_an_album_with_gaps_is_deleted_whole(count, ledger, decide, database):
    number = ledger(sent=2)
    with database.writing() as session:
        pictures = [{"id": 1, "kind": "photo"}] * count
        session.execute(update(Broadcast).where(Broadcast.id == number).values(media=pictures))
        albums.remember(session, number, 2, [100, 103, 104][:count])
    decide("recall", number)

    with database.writing() as session:
        jobs = begun(session, number).exchange(session, [], 10, wall_and_monotonic())

    asked = {job.chat_id: json.loads(job.body)["message_ids"] for job in jobs}
    assert asked == {1: [100, 101, 102][:count], 2: [100, 103, 104][:count]}


def test_an_edit_calls_everybody_by_name(ledger, decide, database):
    number = ledger(sent=2)
    decide("edit", number, text="Hi {first_name}")

    texts = [json.loads(job.body)["text"] for job in Exchanges(database, number)()]

    assert texts == ["Hi P1", "Hi P2"]


def test_what_was_in_flight_counts_once_though_it_crashes_in_between(
    ledger, decide, last, database
):
    number = ledger(sent=2, in_flight=3)
    decide("edit", number)
    now = wall_and_monotonic()
    with database.writing() as session:
        run = begun(session, number)
        results = [done(job) for job in run.exchange(session, [], 9, now)]
        run.exchange(session, results, 9, now)
        assert run.exchange(session, [], 9, now) == [], "three are being sent still"
        arrived(session, number, [3, 4], int(now.wall))
        unknown = DeliveryOutcome(5, DeliveryState.UNKNOWN)
        deliveries.record(session, number, [unknown], int(now.wall))
        jobs = run.exchange(session, [], 1, now)  # of the late ones one
        assert [job.chat_id for job in jobs] == [3]
        run.exchange(session, [done(jobs[0])], 0, now)

    with database.writing() as session:
        again = begun(session, number)
        assert again.exchange(session, [], 9, now) == [], "all the others are done"
        jobs = again.exchange(session, [], 9, now)
        assert [job.chat_id for job in jobs] == [4]
        again.exchange(session, [done(jobs[0])], 9, now)

    assert (last(number).status, last(number).total, last(number).done) == ("done", 4, 4)


def test_what_is_sent_after_an_edit_is_left_alone(ledger, decide, database):
    number = ledger(sent=1, in_flight=2)
    decide("edit", number)
    now = wall_and_monotonic()
    later = Moment(now.wall + 5, now.mono + 5)
    with database.writing() as session:
        operations.list_for(session, number)[-1].late = []  # both were claimed after the edit
        session.flush()
        run = begun(session, number)
        arrived(session, number, [2, 3], int(later.wall))

        jobs = run.exchange(session, [], 9, later)

    assert [job.chat_id for job in jobs] == [1]


def test_whose_try_is_due_takes_the_place_of_somebody_new(begin):
    exchange = begin("edit", sent=4)
    (job,) = exchange(limit=1)
    exchange([Result(job, Verdict(Kind.SERVER), exchange.at(5).mono)], limit=0)

    jobs = exchange(limit=2, seconds=5)

    assert [job.chat_id for job in jobs] == [1, 2]


def test_who_waits_less_is_tried_first_and_the_others_follow(begin, last):
    exchange = begin("edit", sent=4)
    first, second = exchange(limit=2)
    waits = [(first, 50), (second, 5)]
    exchange([Result(j, Verdict(Kind.SERVER), exchange.at(s).mono) for j, s in waits], limit=0)
    assert exchange.run.due(exchange.at(0)), "two have not been asked for"

    (again,) = exchange(limit=1, seconds=6)
    assert again.chat_id == 2
    others = exchange(limit=9, seconds=6)
    assert [job.chat_id for job in others] == [3, 4]
    assert exchange(limit=9, seconds=6) == []
    assert not exchange.run.due(exchange.at(49))
    late = exchange(limit=9, seconds=51)
    assert [job.chat_id for job in late] == [1]

    exchange([done(job) for job in (again, *others, *late)], seconds=52)
    assert (last(exchange.number).status, last(exchange.number).done) == ("done", 4)


def test_it_is_due_when_the_first_of_those_who_wait_is(begin):
    exchange = begin("edit", sent=2)
    first, second = exchange()
    exchange()  # there is nobody else
    waits = [(first, 50), (second, 5)]
    exchange([Result(j, Verdict(Kind.SERVER), exchange.at(s).mono) for j, s in waits], limit=0)

    assert not exchange.run.due(exchange.at(4))
    assert exchange.run.due(exchange.at(6))


def test_two_whose_time_has_come_come_one_by_one(begin):
    exchange = begin("edit", sent=2)
    waits = [Result(j, Verdict(Kind.SERVER), exchange.at(5).mono) for j in exchange(limit=2)]
    exchange(waits, limit=0)

    assert [job.chat_id for job in exchange(limit=1, seconds=6)] == [1]
    assert [job.chat_id for job in exchange(limit=1, seconds=6)] == [2]


def test_it_ends_when_it_finds_nobody_after_the_last_outcome(begin, last):
    exchange = begin("edit", sent=2)
    exchange([done(job) for job in exchange(limit=2)], limit=0)
    assert last(exchange.number).status == "running"

    exchange(limit=1)

    assert last(exchange.number).status == "done"


def test_one_that_was_paused_meanwhile_is_over_for_this_run(begin, database):
    exchange = begin("edit", sent=3)
    jobs = exchange(limit=2)
    with database.writing() as session:
        operation = operations.list_for(session, exchange.number)[-1]
        operations.pause_running(session, operation.id, "by hand", utcnow())

    exchange([done(job) for job in jobs], limit=0)

    assert exchange.run.done


def test_after_a_restart_one_that_succeeded_still_speaks_for_the_content(begin, database, last):
    exchange = begin("edit", sent=5)
    exchange([done(job) for job in exchange(limit=1)], limit=0)

    restarted = Exchanges(database, exchange.number)
    restarted([refused(job) for job in restarted(limit=4)], limit=1)

    assert (last(exchange.number).status, last(exchange.number).failed) == ("done", 4)


@pytest.mark.parametrize(("kind", "asked"), [("edit", [1]), ("recall", [])])
def test_telegram_deletes_nothing_that_is_older_than_two_days_and_edits_it(
    kind, asked, ledger, decide, database
):
    number = ledger(sent=1)
    with database.writing() as session:
        sent_at = int(wall_and_monotonic().wall) - 49 * 3600
        session.execute(update(Delivery).values(updated_at=sent_at))
    decide(kind, number)

    assert [job.chat_id for job in Exchanges(database, number)()] == asked


@pytest.mark.parametrize("seconds", [0, 1])
def test_what_arrived_while_it_was_edited_is_edited_once(seconds, ledger, decide, database, last):
    """Also by an engine whose clock is a second behind."""
    number = ledger(sent=1, in_flight=1)
    decide("edit", number)
    with database.writing() as session:
        made = operations.list_for(session, number)[-1].created_at
        arrived(session, number, [2], int(made.timestamp()) - seconds)
    exchange = Exchanges(database, number)
    asked = []
    while not exchange.run.done:
        jobs = exchange()
        asked += [job.chat_id for job in jobs]
        exchange([done(job) for job in jobs], limit=0)

    assert asked == [1, 2]
    assert (last(number).total, last(number).done) == (2, 2)
