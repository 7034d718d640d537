"""The whole part: a thread that listens to the simulator and one that handles."""

import logging
import threading

import pytest
from sqlalchemy import text

from appliance.bot.failures import RUNNING
from appliance.bot.poller import POLL_SECONDS, Poller
from appliance.bot.telegram import make_bot, webhook_info
from appliance.bot.updates import Updates
from appliance.bot.webhook import Webhook
from appliance.bot.worker import SHARED_IDLE_SECONDS, Handler
from appliance.config import SANDBOX_TOKEN


@pytest.fixture
def person(phone):
    return phone.new(first_name="Anna", language_code="en")


@pytest.fixture
def run(desk, sandbox):
    """Starts the whole part with short polls; stops it at the end."""
    running = []

    def start(handler=None, **options):
        options = {"poll_seconds": 1, **options}
        poller = Poller(desk.database, make_bot(SANDBOX_TOKEN, sandbox.url), **options)
        updates = Updates(handler or desk.handler, poller)
        running.append(updates)
        updates.start()
        return updates

    yield start
    for updates in running:
        updates.stop()


class Stuck:
    """A source whose step does not return before `end` is set."""

    state = RUNNING

    def __init__(self):
        self.begun, self.end, self.asked = threading.Event(), threading.Event(), []

    def step(self):
        self.begun.set()
        self.end.wait(30)
        return 0.0

    def interrupt(self):
        self.asked.append("interrupt")

    def finish(self):
        self.asked.append("finish")


class TestTheWholePart:
    def test_it_runs_and_stops(self, desk, phone, person, run, wait_until):
        handled = threading.Event()
        states = []
        handler = Handler(desk.database, desk.dispatcher, on_handled=handled.set)
        updates = run(handler, on_state=states.append)
        phone.start(person)
        assert handled.wait(10)
        wait_until(lambda: updates.state == RUNNING)
        before = updates.alive_at
        wait_until(lambda: updates.alive_at > before)
        updates.stop()
        updates.stop()
        assert desk.said(person)
        assert states == [RUNNING]
        assert phone.call("getUpdates")["result"] == []  # all is confirmed

    def test_a_stop_ends_a_long_pause(self, phone, run, wait_until):
        phone.fault("429", method="getUpdates", retry_after=3600)
        updates = run()
        wait_until(lambda: updates.state.startswith("flood"))
        updates.stop()
        assert not [thread for thread in threading.enumerate() if thread.name == "updates-listen"]

    def test_a_stop_does_not_wait_for_the_poll(self, phone, run, wait_until, caplog):
        caplog.set_level(logging.INFO)
        updates = run(poll_seconds=50)
        wait_until(lambda: phone.calls().get("getUpdates", 0) > 1)
        updates.stop()
        assert "did not stop in time" not in caplog.text
        assert "conflict" not in caplog.text

    @pytest.mark.slow
    def test_a_stop_ends_in_time_when_the_server_hangs(self, phone, run, wait_until, caplog):
        updates = run(poll_seconds=POLL_SECONDS)
        wait_until(lambda: updates.state == RUNNING)
        phone.fault("latency", method="getUpdates", seconds=60)
        calls = phone.calls()["getUpdates"]
        wait_until(lambda: phone.calls()["getUpdates"] > calls)
        updates.stop()
        assert "did not stop in time" not in caplog.text

    def test_a_stop_does_not_wait_for_a_source_that_never_comes_back(
        self, desk, monkeypatch, caplog
    ):
        monkeypatch.setattr("appliance.bot.updates.STOP_SECONDS", 0.01)
        source = Stuck()
        updates = Updates(desk.handler, source)
        updates.start()
        assert source.begun.wait(10)
        updates.stop()
        source.end.set()
        assert "did not stop in time: updates-listen" in caplog.text
        assert source.asked == ["interrupt"], "and it is not asked for more"

    def test_a_stop_before_the_start(self, desk, make_poller):
        updates = Updates(desk.handler, make_poller())
        updates.stop()
        updates.stop()

    def test_the_next_life_goes_on(self, desk, phone, person, run, wait_until):
        phone.start(person)
        run().stop()
        phone.send(person, "meanwhile")
        run()
        wait_until(lambda: desk.heard(person) == ["/start", "meanwhile"])

    def test_what_keeps_the_handler_from_its_work_is_shown(self, desk, phone, run, wait_until):
        updates = run()
        wait_until(lambda: updates.state == RUNNING)
        refuse = "BEGIN SELECT RAISE(ABORT, 'no'); END"
        with desk.database.writing() as session:
            session.execute(text(f"CREATE TRIGGER full BEFORE UPDATE ON updates {refuse}"))
        desk.store(desk.text("/start"))
        wait_until(lambda: updates.state == "updates wait: the database cannot be written")
        with desk.database.writing() as session:
            session.execute(text("DROP TRIGGER full"))
        wait_until(lambda: updates.state == RUNNING)
        assert desk.said()

    def test_what_is_stored_wakes_whoever_handles(self, desk, phone, person, run, wait_until):
        """Nobody would look for an hour."""
        looked = threading.Event()

        class Sleepy(Handler):
            def step(self):
                pause = super().step()
                looked.set()
                return pause

        handler = Sleepy(desk.database, desk.dispatcher, idle_seconds=3600)
        run(handler)
        assert looked.wait(10)
        phone.start(person)
        wait_until(lambda: desk.said(person))


class TestByWebhook:
    def test_the_handler_sees_what_others_store(self, desk, sandbox, wait_until):
        bot = make_bot(SANDBOX_TOKEN, sandbox.url)
        handler = Handler(desk.database, desk.dispatcher, idle_seconds=SHARED_IDLE_SECONDS)
        updates = Updates(handler, Webhook(bot, "http://127.0.0.1:9/telegram/webhook", "s"))
        updates.start()
        wait_until(lambda: updates.state == RUNNING)
        desk.store(desk.text("/start"))
        wait_until(desk.said)
        updates.stop()
        assert webhook_info(bot).url == "http://127.0.0.1:9/telegram/webhook", (
            "a stop lets it stand"
        )
