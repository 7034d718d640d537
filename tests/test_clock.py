"""Which time counts: this machine's, or the server's whatever this machine shows."""

import time
from datetime import timedelta

import pytest

from appliance import clock
from appliance.clock import SLOW_SECONDS, ahead, follow, follow_nobody, now
from appliance.models import utcnow

HOUR = 3600.0


class Machine:
    """A machine's two clocks, which the test sets."""

    def __init__(self):
        self.wall, self.mono = 1_000_000.0, 50.0

    def time(self):
        return self.wall

    def monotonic(self):
        return self.mono

    def pass_by(self, seconds):
        self.wall += seconds
        self.mono += seconds


@pytest.fixture
def machine(monkeypatch):
    machine = Machine()
    monkeypatch.setattr(clock, "time", machine)
    yield machine
    follow_nobody()


def test_without_a_server_the_machines_clock_counts(machine):
    assert ahead() == 0
    assert now().timestamp() == machine.wall


def test_the_servers_clock_counts_and_goes_on_between_two_answers(machine):
    follow(machine.wall + HOUR, machine.mono, machine.mono)
    machine.pass_by(5)
    assert now().timestamp() == machine.wall + HOUR
    assert ahead() == HOUR


def test_a_machines_clock_that_is_set_changes_nothing(machine):
    follow(machine.wall, machine.mono, machine.mono)
    before = now()
    machine.wall -= HOUR
    assert now() == before
    assert ahead() == HOUR


def test_the_server_spoke_between_the_question_and_the_answer(machine):
    follow(machine.wall, machine.mono - 0.2, machine.mono)
    assert ahead() == pytest.approx(0.1)


def test_an_answer_that_was_read_after_a_sleep_is_not_believed(machine):
    follow(machine.wall, machine.mono, machine.mono)
    follow(machine.wall, machine.mono, machine.mono + SLOW_SECONDS + 0.1)
    assert ahead() == 0


def test_a_first_answer_that_was_slow_is_better_than_none(machine):
    follow(machine.wall + HOUR, machine.mono - 4, machine.mono)
    assert ahead() == HOUR + 2


@pytest.mark.slow
@pytest.mark.parametrize("hours", [-1, 1])
def test_every_transaction_of_postgresql_tells_the_time(postgresql_database, monkeypatch, hours):
    """Also of a machine whose clock is wrong."""
    right = time.time

    class Wrong:
        monotonic = time.monotonic

        @staticmethod
        def time():
            return right() + hours * HOUR

    monkeypatch.setattr(clock, "time", Wrong)
    follow_nobody()
    assert abs(utcnow().timestamp() - right()) > HOUR / 2
    with postgresql_database.reading():
        pass
    with postgresql_database.reading() as session:
        session.connection()
    assert abs(utcnow().timestamp() - right()) < timedelta(seconds=30).total_seconds()
    follow_nobody()


def test_sqlite_is_of_this_machine(machine, settings):
    from appliance.database import Database

    follow(machine.wall + HOUR, machine.mono, machine.mono)
    Database(settings.database_url).dispose()
    assert ahead() == 0
