"""Each update is handled once, in order, and a broken one harms no other."""

import threading

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from appliance.bot.dispatcher import Dispatcher
from appliance.bot.handlers import build_router
from appliance.bot.worker import BATCH, MAX_TRIES, Handler
from appliance.config import SANDBOX_TOKEN
from appliance.services.i18n.catalog import phrase
from support.stored_updates import handle_all

SECRET = SANDBOX_TOKEN.partition(":")[2]


class BrokenDispatcher(Dispatcher):
    """Raises what it is told to, for updates with a certain word."""

    def __init__(self, desk, error, word="boom"):
        super().__init__(build_router(), desk.site)
        self.error, self.word, self.tries = error, word, 0

    def dispatch(self, session, payload, now):
        super().dispatch(session, payload, now)  # so that there is something to roll back
        if self.word in str(payload):
            self.tries += 1
            raise self.error


class TestBatches:
    def test_many_are_one_transaction(self, desk):
        desk.store(*(desk.text(str(number), person=number) for number in range(1, BATCH + 10)))
        commits = []
        event.listen(desk.database.engine, "commit", commits.append)
        handler = Handler(desk.database, desk.dispatcher, clock=desk.clock, batch_seconds=60)
        assert handle_all(handler) == BATCH + 9
        assert len(commits) == 2
        assert desk.waiting() == 0

    def test_the_engine_is_told_of_the_last_one(self, desk):
        told = []
        handler = Handler(
            desk.database,
            desk.dispatcher,
            clock=desk.clock,
            batch_seconds=60,
            on_handled=lambda: told.append(handler.handled),
        )
        desk.store(*(desk.text(str(number), person=number) for number in range(1, BATCH + 1)))
        handle_all(handler)
        assert told[-1] == BATCH
        handler.step()
        assert told[-1] == BATCH and len(told) <= 2, "and of nothing when nothing was handled"

    def test_a_batch_ends_by_time(self, desk):
        handler = Handler(desk.database, desk.dispatcher, clock=desk.clock, batch_seconds=0)
        desk.store(*(desk.text(str(number)) for number in range(3)))
        assert handler.step() == 0.0
        assert handler.handled == 1
        assert desk.waiting() == 2

    def test_killed_inside_a_batch(self, desk):
        """Nothing of it has happened; the next life handles all of it."""
        desk.store(desk.text("one"), desk.text("boom"), desk.text("three"))
        killed = BrokenDispatcher(desk, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            Handler(desk.database, killed, batch_seconds=60).step()
        assert desk.waiting() == 3
        assert desk.thread() == []
        handle_all(desk.handler)
        assert desk.heard() == ["one", "boom", "three"]
        assert len(desk.said()) == 1

    def test_a_failing_database_takes_nothing_along(self, desk):
        """What waits before the culprit is handled at the next try, one by one."""
        broken = BrokenDispatcher(desk, OperationalError("INSERT", {}, Exception()))
        handler = Handler(desk.database, broken, clock=desk.clock, batch_seconds=60)
        desk.store(*(desk.text(word) for word in ("one", "two", "boom", "four")))
        assert handler.step() > 0
        assert desk.waiting() == 4
        assert handler.trouble == "updates wait: the database cannot be written"
        assert [handler.step(), handler.step()] == [0.0, 0.0]
        assert desk.heard() == ["one", "two"]
        while desk.waiting():
            handler.step()
        assert handler.trouble is None
        assert desk.heard() == ["one", "two", "four"]
        assert [row.error for row in desk.rows()] == [None, None, "OperationalError", None]

    @pytest.mark.slow
    def test_two_handlers_share_the_work(self, desk):
        desk.store(*(desk.text(str(number)) for number in range(60)))
        done = []
        handlers = [
            Handler(desk.database, desk.dispatcher, on_handled=lambda: done.append(1))
            for _ in range(3)
        ]
        threads = [threading.Thread(target=handle_all, args=(handler,)) for handler in handlers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(desk.heard(), key=int) == [str(number) for number in range(60)]


class TestBrokenHandlers:
    def test_it_goes_on_and_says_sorry(self, desk, caplog):
        desk.say("/start")
        error = RuntimeError(f"{SECRET} and what Anna wrote")
        handler = Handler(desk.database, BrokenDispatcher(desk, error), clock=desk.clock)
        desk.store(desk.text("boom"), desk.text("fine"))
        assert handle_all(handler) == 2
        assert [row.error for row in desk.rows()] == [None, "RuntimeError", None]
        assert desk.said()[1:] == [phrase("en", "wrong"), phrase("en", "thanks")]
        assert desk.heard() == ["/start", "fine"]  # the broken one was rolled back whole
        assert "RuntimeError in dispatch (test_worker.py" in caplog.text
        assert "Anna wrote" not in caplog.text and SECRET not in caplog.text

    def test_what_failed_can_be_looked_into(self, desk):
        handler = Handler(desk.database, BrokenDispatcher(desk, ValueError()))
        update = desk.text("boom")
        desk.store(update, desk.text("fine"))
        handle_all(handler)
        assert [row.payload for row in desk.rows()] == [update, {}]

    def test_even_the_apology_may_fail(self, desk, caplog):
        class Hopeless(BrokenDispatcher):
            def apologise(self, session, payload, now):
                raise self.error

        handler = Handler(desk.database, Hopeless(desk, ValueError()), clock=desk.clock)
        desk.store(desk.text("boom"), desk.text("fine"))
        assert handle_all(handler) == 2
        assert desk.heard() == ["fine"]
        assert "no apology either" in caplog.text

    def test_a_failing_database_is_not_the_update_s_fault(self, desk, caplog):
        """It is tried again, up to a point: an update that always fails must not block the rest."""
        broken = BrokenDispatcher(desk, OperationalError("INSERT", {"text": "Anna"}, Exception()))
        handler = Handler(desk.database, broken, clock=desk.clock)
        desk.store(desk.text("boom"), desk.text("fine"))
        pauses = [handler.step() for _ in range(MAX_TRIES)]
        assert all(pause > 0 for pause in pauses)
        assert desk.waiting() == 2
        assert handle_all(handler) == 2
        assert broken.tries == 1 + MAX_TRIES + 1  # the first try is the careless one
        assert [row.error for row in desk.rows()] == ["OperationalError", None]
        assert "Anna" not in caplog.text

    def test_it_recovers_with_the_database(self, desk):
        broken = BrokenDispatcher(desk, OperationalError("INSERT", {}, Exception()))
        handler = Handler(desk.database, broken, clock=desk.clock)
        desk.store(desk.text("boom"))
        assert handler.step() > 0
        broken.word = "nothing"
        assert handle_all(handler) == 1
        assert desk.heard() == ["boom"]
