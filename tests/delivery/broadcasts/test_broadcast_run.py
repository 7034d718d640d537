"""A broadcast under way: freezing, claiming, retrying, moving, ending."""

import time

import pytest
from sqlalchemy import delete

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, events
from appliance.crud.chats import chats
from appliance.delivery import broadcast_run
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.broadcast_run import Run
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.pacer import ChatPacer
from appliance.errors import Localized
from appliance.models import Chat, ChatStatus, DeliveryState
from appliance.services.broadcasts import changes
from support.people import add_chats

NOW = Moment(1_790_000_000.0, time.monotonic())


def later(seconds):
    return Moment(NOW.wall + seconds, NOW.mono + seconds)


@pytest.fixture
def number(database, queue):
    """A broadcast to five chats, in the ledger."""
    with database.writing() as session:
        add_chats(session, 1, 2, 3, 4, 5)
    number = queue()
    with database.writing() as session:
        assert freeze(session, broadcasts.get(session, number), NOW)
    return number


@pytest.fixture
def pacer():
    return ChatPacer()


@pytest.fixture
def run(database, number, pacer):
    with database.reading() as session:
        return Run(session, broadcasts.get(session, number), pacer)


@pytest.fixture
def claim(database, run):
    def claim(limit=10, now=NOW):
        with database.writing() as session:
            return run.exchange(session, [], limit, now)

    return claim


@pytest.fixture
def record(database, run):
    def record(*results):
        with database.writing() as session:
            run.exchange(session, list(results), 0, NOW)

    return record


def states(database, number):
    with database.reading() as session:
        return deliveries.states_of(session, number)


def test_claims_go_on_where_they_stopped(claim, run):
    assert [job.chat_id for job in claim(2)] == [1, 2]
    assert [job.chat_id for job in claim(2)] == [3, 4]
    assert [job.chat_id for job in claim(2)] == [5]
    assert claim(2) == []
    assert run.finished


def test_a_chat_that_was_just_written_to_waits_its_second(claim, pacer):
    pacer.note(1, NOW.mono)

    assert [job.chat_id for job in claim(1)] == []
    assert [job.chat_id for job in claim(1)] == [2]
    assert [job.chat_id for job in claim(1, later(1.5))] == [1]


def test_another_try_comes_when_it_is_due_and_counts(claim, record, run, database, number):
    first, *_ = claim(5)
    claim(1)
    record(Result(first, Verdict(Kind.SERVER), NOW.mono + 5))

    assert not run.finished
    assert claim(5, later(4)) == []
    (again,) = claim(5, later(6))

    assert (again.chat_id, again.tries) == (1, 1)


def test_the_end_is_what_the_ledger_says(claim, record, run, database, number):
    jobs = claim(10)
    claim(10)
    record(*(Result(job, Verdict(Kind.SENT, message_id=9)) for job in jobs[:4]))
    with database.writing() as session:
        assert not run.close(session, NOW), "one is still being sent"
    record(Result(jobs[4], Verdict(Kind.UNKNOWN, "no_answer")))

    with database.writing() as session:
        assert run.close(session, NOW)
        row = broadcasts.get(session, number)
        session.refresh(row)
        assert (row.status, row.sent, row.unknown) == ("done", 4, 1)


def test_a_group_that_moved_is_sent_to_under_its_new_id(claim, record, database, number):
    job = claim(1)[0]

    record(Result(job, Verdict(Kind.MIGRATED, "migrated", migrate_to=-1001)))

    assert -1001 in {j.chat_id for j in claim(10, later(1))}
    with database.reading() as session:
        rows = {row.chat_id for row in deliveries.iterate(session, number)}
    assert rows == {-1001, 2, 3, 4, 5}


def test_a_few_content_errors_after_a_success_halt_nothing(claim, record, database, number):
    jobs = claim(5)
    record(Result(jobs[0], Verdict(Kind.SENT, message_id=1)))
    record(*(Result(job, Verdict(Kind.CONTENT, "content", "no")) for job in jobs[1:]))

    with database.reading() as session:
        assert broadcasts.get(session, number).status == "running"


def test_what_was_sent_before_an_edit_says_nothing_of_the_new_words(
    claim, record, database, number, pacer
):
    record(Result(claim(1)[0], Verdict(Kind.SENT, message_id=1)))
    changes.edit(database.writing, number, "cli:root", text="new", format="plain")
    with database.writing() as session:
        edited = Run(session, broadcasts.get(session, number), pacer)
        jobs = edited.exchange(session, [], 9, NOW)
        refused = [Result(job, Verdict(Kind.CONTENT, "content", "bad button")) for job in jobs[:3]]
        edited.exchange(session, refused, 9, NOW)

    with database.reading() as session:
        row = broadcasts.get(session, number)
    assert (row.status, row.note, row.sent) == ("halted", "bad button", 1)


def test_a_restart_remembers_that_somebody_got_it(claim, record, database, number, pacer):
    record(Result(claim(1)[0], Verdict(Kind.SENT, message_id=1)))
    with database.writing() as session:
        restarted = Run(session, broadcasts.get(session, number), pacer)
        jobs = restarted.exchange(session, [], 9, NOW)
        refused = [Result(job, Verdict(Kind.CONTENT, "content", "no")) for job in jobs]
        restarted.exchange(session, refused, 9, NOW)

    with database.reading() as session:
        assert broadcasts.get(session, number).status == "running"


def test_a_wave_of_equal_refusals_pauses_with_the_words(database, queue, pacer):
    with database.writing() as session:
        add_chats(session, *range(1, 41))
    number = queue()
    with database.writing() as session:
        freeze(session, broadcasts.get(session, number), NOW)
        run = Run(session, broadcasts.get(session, number), pacer)
        first, *others = run.exchange(session, [], 30, NOW)
        refused = [Result(job, Verdict(Kind.REFUSED, "new", "NEW WORDS")) for job in others]
        run.exchange(session, [Result(first, Verdict(Kind.SENT, message_id=1)), *refused], 9, NOW)

    with database.reading() as session:
        row = broadcasts.get(session, number)
        event = events.list_for(session, number)[-1]
    assert run.halted
    assert (row.status, row.sent, row.pending) == ("paused", 1, 10)
    assert "20 of the last 25" in str(Localized.load(row.note))
    assert (event.action, event.details) == ("pause", {"reason": "NEW WORDS"})


def test_what_a_run_that_is_over_still_hears_halts_nothing(claim, run, database, number):
    jobs = claim(5)
    refused = [Result(job, Verdict(Kind.CONTENT, "content", "no")) for job in jobs]
    with database.writing() as session:
        run.record(session, refused, NOW)

    with database.reading() as session:
        row = broadcasts.get(session, number)
    assert (row.status, row.failed) == ("running", 5)


def test_nothing_but_content_errors_halts(claim, record, database, number):
    jobs = claim(5)
    words = ["no text", "no tag", "bad tag"]
    record(
        *(Result(j, Verdict(Kind.CONTENT, "content", w)) for j, w in zip(jobs, words, strict=False))
    )
    record(Result(jobs[3], Verdict(Kind.REFUSED, "chat_not_found")))

    with database.reading() as session:
        row = broadcasts.get(session, number)
    assert (row.status, row.note) == ("halted", "bad tag")


def test_content_errors_count_over_transactions(claim, record, database, number):
    jobs = claim(5)
    for job in jobs[:3]:
        record(Result(job, Verdict(Kind.CONTENT, "content", f"no {job.chat_id}")))

    with database.reading() as session:
        row = broadcasts.get(session, number)
    assert (row.status, row.note) == ("halted", "no 3")


def test_two_content_errors_halt_nothing(claim, record, database, number):
    record(*(Result(job, Verdict(Kind.CONTENT, "content", "no")) for job in claim(2)))

    with database.reading() as session:
        assert broadcasts.get(session, number).status == "running"


def test_the_transaction_that_halts_claims_nobody(claim, run, database, number):
    refused = [Result(job, Verdict(Kind.CONTENT, "content", "no")) for job in claim(3)]

    with database.writing() as session:
        assert run.exchange(session, refused, 9, NOW) == []

    assert run.halted
    assert states(database, number)[DeliveryState.PENDING] == 2


def test_who_waits_for_another_try_is_asked_for_once(claim, record, run, database):
    """It is pending in the ledger as well, before the place that was reached."""
    first, second, *_ = claim(5)
    claim(1)
    record(*(Result(job, Verdict(Kind.SERVER), NOW.mono + 5) for job in (first, second)))
    with database.writing() as session:
        assert not run.close(session, NOW)  # it begins again from the front

    assert claim(5) == []
    assert [job.chat_id for job in claim(1, later(6))] == [1], "no more than is asked for"
    assert [job.chat_id for job in claim(5, later(6))] == [2]
    assert [job.chat_id for job in claim(5, later(7))] == []


def test_who_waits_less_is_tried_first_and_holds_up_nobody(claim, record, run, database):
    first, second = claim(2)
    record(*(Result(j, Verdict(Kind.SERVER), NOW.mono + s) for j, s in ((first, 5), (second, 50))))
    with database.writing() as session:
        assert not run.close(session, NOW)  # both are before those that were not claimed yet

    assert [job.chat_id for job in claim(3)] == [3]
    assert [job.chat_id for job in claim(2, later(6))] == [1, 4], "no more than is asked for"
    assert [job.chat_id for job in claim(5, later(6))] == [5]
    claim(1, later(6))
    assert not run.due(later(49))
    assert run.due(later(51))


def test_who_left_since_the_freeze_is_skipped_without_an_attempt(claim, run, database, number):
    with database.writing() as session:
        chats.set_status(session, 2, ChatStatus.BLOCKED)
        session.execute(delete(Chat).where(Chat.id == 3))

    assert [job.chat_id for job in claim(9)] == [1, 4, 5]
    with database.reading() as session:
        row = broadcasts.get(session, number)
        lines = {line.chat_id: line for line in deliveries.iterate(session, number)}
    assert row.reasons == {"chat_blocked": 1, "chat_forgotten": 1}
    assert [(lines[n].state, lines[n].attempts) for n in (2, 3)] == [("skipped", 0)] * 2


def test_a_claim_may_go_over_the_end_of_a_part(claim, monkeypatch):
    monkeypatch.setattr(broadcast_run, "ROWS_PER_LOOK", 2)

    assert [job.chat_id for job in claim(3)] == [1, 2, 3]
    assert [job.chat_id for job in claim(3)] == [4, 5]


def test_it_is_due_while_somebody_may_be_claimed(claim, record, run):
    assert run.due(NOW), "nobody was claimed"
    first, second, *_ = claim(5)
    assert run.due(NOW), "it may be that there are more"
    claim(1)
    assert not run.due(NOW), "there were none"

    waits = [(first, 5), (second, 50)]
    record(*(Result(job, Verdict(Kind.SERVER), NOW.mono + s) for job, s in waits))

    assert not run.due(later(4.9))
    assert run.due(later(5))


def test_it_walks_on_where_a_part_of_the_ledger_held_nobody(
    claim, database, number, pacer, monkeypatch
):
    """At once, that is, and not a part of 10,000 lines each time that a message is due."""
    monkeypatch.setattr(broadcast_run, "ROWS_PER_LOOK", 1)
    assert [job.chat_id for job in claim(4)] + [job.chat_id for job in claim(4)] == [1, 2, 3, 4]

    def walk(run):
        walked = []
        while not run.finished:
            jobs = run.exchange(session, [], 1, NOW)
            walked.append(([job.chat_id for job in jobs], run.walking))
        return walked

    with database.writing() as session:
        again = Run(session, broadcasts.get(session, number), pacer)
        assert walk(again) == [([], True), ([], True), ([5], False), ([], False)]
        assert not again.close(session, NOW), "five are being sent"
        assert walk(again) == [([], True), ([], True), ([], False)]
