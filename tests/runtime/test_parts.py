"""A part that must be alone: it works under its lease, stands by without, and comes back."""

import logging
import sqlite3
import threading

import pytest
from sqlalchemy.exc import OperationalError

from appliance.crud.messages import messages
from appliance.runtime.parts import LeasedPart
from appliance.services.leases import Holding, LeaseLost


class Work:
    """Notes that it runs, until it is told to stop; raises what it was given first."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.runs = 0
        self.running = threading.Event()

    def __call__(self, holding, stop):
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        self.running.set()
        stop.wait()
        self.running.clear()


@pytest.fixture
def part(database):
    """`part(work, "a")`: the delivery part of process a, started; stopped at the end."""
    made = []

    def part(work, holder):
        made.append(LeasedPart(Holding(database, "delivery", holder=holder), work))
        made[-1].start()
        return made[-1]

    yield part
    for each in made:
        each.ask_to_stop()
        each.join()


def holder(parts):
    return parts()["delivery"]["holder"]


def test_it_works_and_gives_its_lease_back(part, parts):
    work = Work()
    running = part(work, "a")
    assert work.running.wait(5)
    assert running.healthy
    assert running.name == "delivery"
    assert holder(parts) == "a"
    running.ask_to_stop()
    running.join()
    assert not running.healthy
    assert holder(parts) is None
    running.ask_to_stop()
    running.join()


def test_one_that_never_started_can_be_stopped(database):
    part = LeasedPart(Holding(database, "delivery"), Work())
    part.ask_to_stop()
    part.join()


@pytest.mark.slow
def test_a_second_stands_by_and_takes_over(part, parts):
    first, second = Work(), Work()
    running = part(first, "a")
    assert first.running.wait(5)
    waiting = part(second, "b")
    assert not second.running.wait(1.5)
    assert waiting.healthy
    running.ask_to_stop()
    assert second.running.wait(5)
    assert holder(parts) == "b"
    assert not first.running.is_set()


@pytest.mark.slow
def test_one_that_raises_starts_again(part, parts, caplog):
    work = Work(ValueError("on purpose"))
    running = part(work, "a")
    assert work.running.wait(5)
    assert work.runs == 2
    assert running.healthy
    assert holder(parts) == "a"
    assert "delivery failed and starts again" in caplog.text


@pytest.mark.slow
def test_a_database_that_is_locked_is_a_line_in_the_log(part, caplog):
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    work = Work(OperationalError("BEGIN IMMEDIATE", {}, locked))
    part(work, "a")
    assert work.running.wait(5)
    assert "delivery starts again: database is locked" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.slow
def test_what_it_could_not_store_is_in_no_log(part, database, caplog, wait_until):
    """The log has the traceback; the message stays out of it."""

    letter = "TOP SECRET"  # not in the line that fails: a traceback quotes the program

    def write(holding, stop):
        with database.writing() as session:
            no_chat = 7
            messages.queue(session, no_chat, "sendMessage", {"text": letter}, text=letter)

    part(write, "a")
    wait_until(lambda: "IntegrityError" in caplog.text, 5)
    assert "INSERT INTO messages" in caplog.text
    assert "SECRET" not in caplog.text


@pytest.mark.slow
def test_while_it_is_broken_another_may_work(part):
    broken, whole = Work(*[ValueError("on purpose")] * 9), Work()
    part(broken, "a")
    part(whole, "b")
    assert whole.running.wait(10)


@pytest.mark.slow
def test_one_that_lost_its_lease_stands_by(part, caplog):
    caplog.set_level(logging.WARNING)
    work = Work(LeaseLost("another process holds it"))
    running = part(work, "a")
    assert work.running.wait(5)
    assert "delivery stands by: another process holds it" in caplog.text
    assert running.healthy


@pytest.mark.slow
def test_a_database_that_fails_does_not_end_it(part, database, caplog, wait_until):
    """Its table is gone for a while, and then back."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE leases RENAME TO gone")
    work = Work()
    running = part(work, "a")
    wait_until(lambda: "the database cannot be used: OperationalError" in caplog.text, 5)
    assert running.healthy
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO leases")
    assert work.running.wait(10)
