"""Nothing is lost between Telegram and the table: polling the simulator, on a real database.

A kill is an object that is abandoned: nothing but the database and Telegram's side goes on.
"""

import logging
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from appliance.bot.failures import RUNNING
from appliance.config import SANDBOX_TOKEN
from appliance.crud.settings import FLOOD, POLL_PAUSE, pause_of
from appliance.models import ChatStatus, LinkCode
from appliance.services import telegram_auth
from appliance.services.i18n.catalog import phrase
from support.clock import Clock
from support.stored_updates import handle_all

SECRET = SANDBOX_TOKEN.partition(":")[2]


@pytest.fixture
def person(phone):
    return phone.new(first_name="Anna", language_code="en")


class TestPolling:
    def test_a_start_reaches_the_outbox(self, desk, phone, person, make_poller):
        phone.start(person)
        assert make_poller().poll_once(0) == 1
        assert handle_all(desk.handler) == 1
        assert desk.said(person) == [phrase("en", "welcome", name="Anna")]
        assert desk.waiting() == 0

    def test_order_is_kept(self, desk, phone, person, make_poller):
        lines = [f"line {number}" for number in range(25)]
        phone.start(person)
        for line in lines:
            phone.send(person, line)
        poller = make_poller()
        while poller.poll_once(0, limit=7):
            pass
        handle_all(desk.handler)
        assert desk.heard(person) == ["/start", *lines]

    def test_deep_links_go_both_ways(self, desk, phone, person, make_poller):
        user = desk.add_user()
        with desk.database.writing() as session:
            new = telegram_auth.start_link(session, user.id, desk.clock())
        poller = make_poller()
        phone.start(person, new.code)
        poller.poll_once(0)
        handle_all(desk.handler)
        assert desk.chat(person).user_id is None
        desk.agree(person)
        assert desk.chat(person).user_id == user.id
        for command in ("/unlink", "/link"):
            phone.send(person, command)
        poller.poll_once(0)
        handle_all(desk.handler)
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
            phone.ask(f"people/{person}/{act}", {})
            poller.poll_once(0)
            handle_all(desk.handler)
            assert desk.chat(person).status == status

    def test_any_text_survives(self, desk, phone, person, make_poller):
        lines = ["שלום עולם", "👩‍👩‍👧 e\u0301", "/start " + "A" * 64, "<b>&lt;", "x" * 4096]
        phone.start(person)
        for line in lines:
            phone.send(person, line)
        make_poller().poll_once(0)
        handle_all(desk.handler)
        kept = [line if not line.startswith("/start") else "/start" for line in lines]
        assert desk.heard(person) == ["/start", *kept]


class TestNothingIsLost:
    def test_stored_before_it_is_confirmed(self, desk, phone, person, make_poller):
        """Killed after the commit: Telegram was not told, the update is stored, and it is known."""
        phone.start(person)
        make_poller().poll_once(0)
        assert len(phone.call("getUpdates")["result"]) == 1
        assert make_poller().poll_once(0) == 0
        assert handle_all(desk.handler) == 1
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

    @pytest.mark.slow
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
        handle_all(desk.handler)
        assert desk.heard(person) == ["/start", *map(str, range(40))]

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
        poller.finish()
        poller.finish()
        assert phone.call("getUpdates")["result"] == []

    def test_a_stop_in_trouble_asks_nothing(self, phone, person, make_poller):
        """Another program may poll by now: what is confirmed, that one never gets."""
        phone.start(person)
        poller = make_poller()
        poller.step()
        phone.fault("500", method="getUpdates", count=1)
        poller.step()
        calls = phone.calls()
        poller.finish()
        assert phone.calls() == calls

    def test_a_stop_ends_the_poll_that_waits(self, phone, make_poller, wait_until, caplog):
        """Without telling of another program, though Telegram calls it a conflict."""
        poller = make_poller(poll_seconds=50)
        poller.step()
        pauses = []
        waiting = threading.Thread(target=lambda: pauses.append(poller.step()))
        waiting.start()
        wait_until(lambda: phone.calls()["getUpdates"] == 2)
        poller.interrupt()
        waiting.join(30)
        assert pauses == [0.0]
        assert (poller.state, caplog.text) == (RUNNING, "")

    def test_a_stop_in_trouble_ends_no_poll(self, phone, make_poller):
        """One of another program may wait there."""
        poller = make_poller()
        phone.fault("500", method="getUpdates", count=1)
        poller.step()
        calls = phone.calls()
        poller.interrupt()
        assert phone.calls() == calls

    def test_a_stop_goes_on_whatever_telegram_says(self, phone, make_poller):
        poller = make_poller()
        poller.step()
        phone.fault("500", method="getUpdates", count=1)
        poller.interrupt()
        poller.finish()

    def test_a_stop_with_nothing_to_confirm_asks_nothing(self, phone, make_poller):
        poller = make_poller()
        poller.step()
        calls = phone.calls()
        poller.finish()
        assert phone.calls() == calls

    def test_what_comes_with_the_confirmation_is_stored(self, desk, phone, person, make_poller):
        poller = make_poller()
        phone.start(person)
        poller.step()
        phone.send(person, "last")
        poller.finish()
        handle_all(desk.handler)
        assert desk.heard(person) == ["/start", "last"]

    def test_ids_that_begin_anew(self, desk, phone, person, make_poller, sandbox):
        """As after an idle week: an offset kept from before would drop the smaller ids."""
        desk.store({"update_id": 2**50})
        phone.start(person)
        assert make_poller().poll_once(0) == 1


class TestTrouble:
    @pytest.fixture
    def states(self):
        return []

    @pytest.fixture
    def rival(self, phone):
        """Another program that polls all the time and gives no way."""
        rival = Rival(phone)
        rival.start()
        yield rival
        rival.stop()

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
        handle_all(desk.handler)
        assert desk.heard(person) == ["/start"]
        assert SECRET not in caplog.text

    def test_a_flood_pause_outlives_a_restart(self, desk, phone, poller, make_poller):
        """Kept for the senders as well: the whole bot must be silent."""
        phone.fault("429", method="getUpdates", retry_after=600, count=1)
        poller.step()
        calls = phone.calls()
        restarted = make_poller()
        desk.clock.advance(timedelta(seconds=590))
        assert restarted.step() == pytest.approx(10)
        assert restarted.state == "flood: Telegram asks for 10 s of silence"
        assert phone.calls() == calls
        with desk.database.reading() as session:
            pause = pause_of(session, FLOOD)
            assert pause_of(session, POLL_PAUSE) == pause
        assert pause.until == (desk.clock() + timedelta(seconds=10)).timestamp()
        desk.clock.advance(timedelta(seconds=10))
        assert restarted.step() == 0

    def test_a_flood_pause_that_cannot_be_stored_is_kept_by_this_process(
        self, desk, phone, poller, caplog
    ):
        refuse = "BEGIN SELECT RAISE(ABORT, 'no'); END"
        with desk.database.writing() as session:
            session.execute(text(f"CREATE TRIGGER full BEFORE INSERT ON settings {refuse}"))
        phone.fault("429", method="getUpdates", retry_after=600, count=1)
        assert poller.step() == 600
        assert poller.state == "flood: Telegram asks for 600 s of silence"
        assert "the pause could not be stored: IntegrityError" in caplog.text

    def test_a_second_program_is_not_fought(self, make_poller, states, rival):
        """An hour of it: a handful of its polls are ended, and `status` never says all is well."""
        mono = Clock()
        poller = make_poller(on_state=states.append, poll_seconds=10, mono=mono)
        while mono.now < 1000 + 3600:
            mono.advance(poller.step())
        assert "another program polls with this bot's token" in poller.state
        assert states in ([poller.state], [RUNNING, poller.state])
        assert 0 < rival.ended < 15

    def test_the_conflict_stays_until_polls_went_well_for_as_long(self, phone, make_poller, states):
        mono = Clock()
        poller = make_poller(on_state=states.append, poll_seconds=1, mono=mono)
        poller.step()
        phone.fault("409", count=1)
        pause = poller.step()
        assert pause >= 60
        for _ in range(2):
            mono.advance(pause / 2)
            assert poller.step() == 0
            assert poller.state == states[-1] != RUNNING
        mono.advance(pause)
        poller.step()
        assert states[0] == poller.state == RUNNING

    def test_a_stranger_never_stops_to_poll(self, phone, make_poller):
        """The fault is such a program: short polls succeed beside it, and tell nothing."""
        poller = make_poller(poll_seconds=1)
        phone.fault("409")
        assert poller.step() == 0
        pauses = [poller.step() for _ in range(4)]
        assert pauses == sorted(pauses) and pauses[0] >= 60
        assert poller.state.startswith("conflict: another program")

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

    def test_a_single_404_makes_nobody_deaf(self, desk, phone, person, poller, caplog):
        phone.start(person)
        phone.fault("404", method="getUpdates", count=1)
        assert poller.step() == 2
        assert poller.state == "Telegram answers 404"
        assert poller.step() == 0
        assert poller.state == RUNNING
        assert desk.waiting() == 1
        assert [record.levelname for record in caplog.records] == ["WARNING"]

    def test_404_again_and_again_is_the_token(self, phone, poller):
        phone.fault("404", method="getUpdates", count=4)
        assert [poller.step() for _ in range(4)] == [2, 4, 8, 300]
        assert poller.state.startswith("bad token")

    def test_pauses_grow(self, poller, sandbox):
        sandbox.stop()
        pauses = [poller.step() for _ in range(8)]
        assert pauses[0] <= 1 < pauses[-1] <= 30

    def test_pauses_begin_anew_after_success(self, phone, poller):
        phone.fault("500", method="getUpdates", count=5)
        assert [poller.step() for _ in range(5)][-1] >= 8
        assert poller.step() == 0
        phone.fault("500", method="getUpdates", count=1)
        assert poller.step() <= 1


class Rival:
    """Polls with the same token, one long poll after the other."""

    def __init__(self, phone):
        self.ended = 0
        self._phone, self._stopped = phone, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stopped.set()
        self._phone.call("getUpdates")  # ends the poll that waits
        self._thread.join()

    def _run(self):
        while not self._stopped.is_set():
            self.ended += not self._phone.call("getUpdates", timeout=5)["ok"]
