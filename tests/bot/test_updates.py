"""Nothing is lost and nothing is handled twice: polling the simulator, handling on a real database.

A kill is an object that is abandoned: nothing but the database and Telegram's side goes on.
"""

import logging
import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from appliance.bot.dispatcher import Dispatcher
from appliance.bot.handlers import build_router
from appliance.bot.telegram import make_bot
from appliance.bot.texts import say
from appliance.bot.trouble import RUNNING
from appliance.bot.updates import MAX_TRIES, POLL_SECONDS, Handler, Poller, Updates, receive
from appliance.config import SANDBOX_TOKEN
from appliance.crud import chats
from appliance.errors import Invalid
from appliance.models import ChatStatus, LinkCode
from appliance.services import telegram_auth

SECRET = SANDBOX_TOKEN.partition(":")[2]


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


class TestPolling:
    def test_a_start_reaches_the_outbox(self, desk, phone, person, make_poller):
        phone.start(person)
        assert make_poller().poll_once(0) == 1
        assert desk.handler.run_through() == 1
        assert desk.said(person) == [say("en", "welcome", name="Anna")]
        assert desk.waiting() == 0

    def test_order_is_kept(self, desk, phone, person, make_poller):
        lines = [f"line {number}" for number in range(25)]
        phone.start(person)
        for line in lines:
            phone.send(person, line)
        poller = make_poller()
        while poller.poll_once(0, limit=7):
            pass
        desk.handler.run_through()
        assert desk.heard(person) == ["/start", *lines]

    def test_deep_links_go_both_ways(self, desk, phone, person, make_poller):
        user = desk.add_user()
        with desk.database.writing() as session:
            new = telegram_auth.start_link(session, user.id, desk.clock())
        poller = make_poller()
        phone.start(person, new.code)
        poller.poll_once(0)
        desk.handler.run_through()
        assert desk.chat(person).user_id == user.id
        for command in ("/unlink", "/link"):
            phone.send(person, command)
        poller.poll_once(0)
        desk.handler.run_through()
        assert desk.chat(person).user_id is None
        url = desk.calls(person)[-1][1]["reply_markup"]["inline_keyboard"][0][0]["url"]
        with desk.database.writing() as session:
            telegram_auth.claim(session, user.id, url.partition("#")[2], desk.clock())
            assert session.query(LinkCode).filter(LinkCode.used_at.is_(None)).count() == 0
        assert desk.chat(person).user_id == user.id

    def test_blocking_and_unblocking_are_noticed(self, desk, phone, person, make_poller):
        poller = make_poller()
        phone.start(person)
        for act, status in (("block", ChatStatus.BLOCKED), ("unblock", ChatStatus.ACTIVE)):
            phone.post(f"/people/{person}/{act}", {})
            poller.poll_once(0)
            desk.handler.run_through()
            assert desk.chat(person).status == status

    def test_any_text_survives(self, desk, phone, person, make_poller):
        lines = ["שלום עולם", "👩‍👩‍👧 e\u0301", "/start " + "A" * 64, "<b>&lt;", "x" * 4096]
        phone.start(person)
        for line in lines:
            phone.send(person, line)
        make_poller().poll_once(0)
        desk.handler.run_through()
        kept = [line if not line.startswith("/start") else "/start" for line in lines]
        assert desk.heard(person) == ["/start", *kept]


class TestNothingIsLost:
    def test_stored_before_it_is_confirmed(self, desk, phone, person, make_poller):
        """Killed after the commit: Telegram was not told, the update is stored, and it is known."""
        phone.start(person)
        make_poller().poll_once(0)
        assert len(phone.call("getUpdates")["result"]) == 1
        assert make_poller().poll_once(0) == 0
        assert desk.handler.run_through() == 1
        assert len(desk.said(person)) == 1

    def test_a_failed_commit_confirms_nothing(self, desk, phone, person, make_poller):
        phone.start(person)
        poller = make_poller()
        refuse = "BEGIN SELECT RAISE(ABORT, 'no'); END"
        with desk.database.writing() as session:
            session.execute(text(f"CREATE TRIGGER full BEFORE INSERT ON updates {refuse}"))
        assert poller.step() > 0
        assert poller.state == "the database cannot be written"
        assert len(phone.call("getUpdates")["result"]) == 1
        with desk.database.writing() as session:
            session.execute(text("DROP TRIGGER full"))
        assert poller.step() == 0
        assert desk.waiting() == 1

    def test_killed_again_and_again(self, desk, phone, person, make_poller):
        phone.start(person)
        for number in range(40):
            phone.send(person, str(number))
        for _ in range(30):  # each life fetches a little, handles less, and is gone
            make_poller().poll_once(0, limit=3)
            lived = make_poller()
            lived.poll_once(0, limit=3)
            lived.poll_once(0, limit=3)
            desk.handler.step()
        desk.handler.run_through()
        assert desk.heard(person) == ["/start", *map(str, range(40))]

    def test_killed_inside_a_handler(self, desk, phone, person, make_poller):
        phone.start(person)
        make_poller().poll_once(0)
        killed = BrokenDispatcher(desk, KeyboardInterrupt(), word="/start")
        with pytest.raises(KeyboardInterrupt):
            Handler(desk.database, killed, clock=desk.clock).step()
        assert desk.waiting() == 1
        desk.handler.run_through()
        assert len(desk.said(person)) == 1

    def test_a_batch_is_confirmed_by_the_next_poll(self, phone, person, make_poller):
        phone.start(person)
        poller = make_poller()
        poller.poll_once(0)
        poller.poll_once(0)
        assert phone.call("getUpdates")["result"] == []

    def test_a_stop_confirms(self, phone, person, make_poller):
        phone.start(person)
        poller = make_poller()
        assert poller.step() == 0
        poller.confirm()
        poller.confirm()
        assert phone.call("getUpdates")["result"] == []

    def test_what_comes_with_the_confirmation_is_stored(self, desk, phone, person, make_poller):
        poller = make_poller()
        phone.start(person)
        poller.step()
        phone.send(person, "last")
        poller.confirm()
        desk.handler.run_through()
        assert desk.heard(person) == ["/start", "last"]

    def test_ids_that_begin_anew(self, desk, phone, person, make_poller, sandbox):
        """As after an idle week: an offset kept from before would drop the smaller ids."""
        desk.store({"update_id": 2**50})
        phone.start(person)
        assert make_poller().poll_once(0) == 1

    def test_two_handlers_share_the_work(self, desk):
        desk.store(*(desk.text(str(number)) for number in range(60)))
        done = []
        handlers = [
            Handler(desk.database, desk.dispatcher, on_handled=lambda: done.append(1))
            for _ in range(3)
        ]
        threads = [threading.Thread(target=handler.run_through) for handler in handlers]
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
        assert handler.run_through() == 2
        assert [row.error for row in desk.rows()] == [None, "RuntimeError", None]
        assert desk.said()[1:] == [say("en", "wrong"), say("en", "thanks")]
        assert desk.heard() == ["/start", "fine"]  # the broken one was rolled back whole
        assert "RuntimeError in dispatch (test_updates.py" in caplog.text
        assert "Anna wrote" not in caplog.text and SECRET not in caplog.text

    def test_what_failed_can_be_looked_into(self, desk):
        handler = Handler(desk.database, BrokenDispatcher(desk, ValueError()))
        update = desk.text("boom")
        desk.store(update, desk.text("fine"))
        handler.run_through()
        assert [row.payload for row in desk.rows()] == [update, {}]

    def test_even_the_apology_may_fail(self, desk, caplog):
        class Hopeless(BrokenDispatcher):
            def apologise(self, session, payload, now):
                raise self.error

        handler = Handler(desk.database, Hopeless(desk, ValueError()), clock=desk.clock)
        desk.store(desk.text("boom"), desk.text("fine"))
        assert handler.run_through() == 2
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
        assert handler.run_through() == 2
        assert broken.tries == MAX_TRIES + 1
        assert [row.error for row in desk.rows()] == ["OperationalError", None]
        assert "Anna" not in caplog.text

    def test_it_recovers_with_the_database(self, desk):
        broken = BrokenDispatcher(desk, OperationalError("INSERT", {}, Exception()))
        handler = Handler(desk.database, broken, clock=desk.clock)
        desk.store(desk.text("boom"))
        assert handler.step() > 0
        broken.word = "nothing"
        assert handler.run_through() == 1
        assert desk.heard() == ["boom"]


class TestTrouble:
    @pytest.fixture
    def states(self):
        return []

    @pytest.fixture
    def poller(self, make_poller, states):
        poller = make_poller(on_state=states.append)
        assert poller.step() == 0
        return poller

    @pytest.mark.parametrize(
        ("fault", "state"),
        [
            ({"kind": "500"}, "Telegram answers 500"),
            ({"kind": "502"}, "Telegram answers 502"),
            ({"kind": "429", "retry_after": 23}, "flood: Telegram asks for 23 s of silence"),
            ({"kind": "401"}, "bad token"),
            ({"kind": "close_before"}, "unreachable: cannot reach the Bot API at 127.0.0.1"),
            ({"kind": "close_after"}, "unreachable: cannot reach the Bot API at 127.0.0.1"),
        ],
    )
    def test_it_waits_tells_and_recovers(
        self, desk, phone, person, poller, states, fault, state, caplog
    ):
        caplog.set_level(logging.DEBUG)
        phone.start(person)
        phone.fault(**fault, method="getUpdates", count=2)
        pauses = [poller.step(), poller.step()]
        assert all(pause >= 0.5 for pause in pauses)
        if fault["kind"] == "429":
            assert pauses == [23, 23]
        assert poller.step() == 0
        assert [
            told.startswith(expected)
            for told, expected in zip(states, (RUNNING, state, RUNNING), strict=True)
        ] == [True, True, True]
        desk.handler.run_through()
        assert desk.heard(person) == ["/start"]
        assert SECRET not in caplog.text

    def test_a_second_program_is_not_fought(self, phone, make_poller, states, wait_until):
        poller = make_poller(on_state=states.append, poll_seconds=4)
        poller.step()
        pauses = []
        thread = threading.Thread(target=lambda: pauses.append(poller.step()))
        thread.start()
        wait_until(lambda: phone.calls()["getUpdates"] > 1)
        phone.call("getUpdates")
        thread.join()
        assert pauses[0] >= 1
        assert states == [RUNNING, poller.state]
        assert "another program polls with this bot's token" in poller.state

    def test_a_webhook_set_meanwhile_is_not_fought(self, phone, poller):
        phone.call("setWebhook", url="https://127.0.0.1:8443/hook")
        assert poller.step() > 0
        assert "a webhook is set" in poller.state
        assert phone.call("getWebhookInfo")["result"]["url"]

    def test_a_webhook_of_before_is_dropped_and_what_waits_is_kept(
        self, desk, phone, person, make_poller
    ):
        phone.start(person)
        phone.call("setWebhook", url="https://127.0.0.1:8443/hook")
        poller = make_poller()
        assert poller.step() == 0
        assert desk.waiting() == 1

    def test_a_wrong_token_is_loud(self, make_poller, caplog):
        poller = make_poller(token="424242:AAnobody-knows-this-token-SANDBOX")
        assert poller.step() >= 60
        assert poller.state.startswith("bad token")
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert "nobody-knows" not in caplog.text

    def test_pauses_grow(self, poller, sandbox):
        sandbox.stop()
        pauses = [poller.step() for _ in range(8)]
        assert pauses[0] <= 1 < pauses[-1] <= 30


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
        assert not [thread for thread in threading.enumerate() if thread.name == "updates-poll"]

    def test_a_stop_does_not_wait_for_the_poll(self, phone, run, wait_until, caplog):
        caplog.set_level(logging.INFO)
        updates = run(poll_seconds=50)
        wait_until(lambda: phone.calls().get("getUpdates", 0) > 1)
        began = time.monotonic()
        updates.stop()
        assert time.monotonic() - began < 5
        assert "conflict" not in caplog.text

    @pytest.mark.slow
    def test_a_stop_ends_in_time_when_the_server_hangs(self, phone, run, wait_until):
        updates = run(poll_seconds=POLL_SECONDS)
        wait_until(lambda: updates.state == RUNNING)
        phone.fault("latency", method="getUpdates", seconds=60)
        calls = phone.calls()["getUpdates"]
        wait_until(lambda: phone.calls()["getUpdates"] > calls)
        began = time.monotonic()
        updates.stop()
        assert time.monotonic() - began < 10

    def test_a_stop_before_the_start(self, desk):
        Updates(desk.handler).stop()

    def test_the_next_life_goes_on(self, desk, phone, person, run, wait_until):
        phone.start(person)
        run().stop()
        phone.send(person, "meanwhile")
        run()
        wait_until(lambda: desk.heard(person) == ["/start", "meanwhile"])


class TestReceiving:
    def test_an_update_is_stored_once(self, desk):
        update = desk.text("/start")
        assert receive(desk.database, update)
        assert not receive(desk.database, update)
        assert desk.handler.run_through() == 1

    @pytest.mark.parametrize(
        "raw",
        [None, [], "x", {}, *({"update_id": value} for value in ("1", True, -1, 1.0, 2**63))],
    )
    def test_what_is_no_update_is_refused(self, desk, raw):
        with pytest.raises(Invalid):
            receive(desk.database, raw)
        assert desk.rows() == []

    def test_a_webhook_needs_only_the_handler(self, desk, wait_until):
        updates = Updates(Handler(desk.database, desk.dispatcher))
        updates.start()
        receive(desk.database, desk.text("/start"))
        wait_until(desk.said)
        updates.stop()
        assert updates.state == RUNNING
        with desk.database.reading() as session:
            assert chats.find(session, 1001).status == ChatStatus.ACTIVE
