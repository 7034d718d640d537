"""What a server that is not the simulator may make of a poll: rubbish, nothing held, ids anew."""

import json
from http.server import ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from appliance.bot.failures import RUNNING
from appliance.bot.poller import Poller
from appliance.bot.telegram import make_bot
from appliance.config import SANDBOX_TOKEN
from support.network import QuietHandler, serving
from support.stored_updates import handle_all


class OtherServer(ThreadingHTTPServer):
    """A Bot API server that is not the simulator; `waiting` are its updates.

    Like Telegram it forgets what is below an offset. `answer` is what it says instead, always;
    `asked` are the seconds to wait and the limit of each call.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), OtherHandler)
        self.waiting, self.answer, self.asked = [], None, []

    def get_updates(self, offset=0, timeout=0, limit=100):
        self.asked.append((timeout, limit))
        if self.answer is not None:
            return self.answer
        self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        return self.waiting


class OtherHandler(QuietHandler):
    def do_POST(self):
        body = parse_qs(self.read_body().decode())
        result = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        if self.path.endswith("/getUpdates"):
            numbers = ("offset", "timeout", "limit")
            told = {name: int(body[name][0]) for name in numbers if name in body}
            result = self.server.get_updates(**told)
        self.answer(200, json.dumps({"ok": True, "result": result}).encode())


class TestAnotherServer:
    @pytest.fixture
    def server(self):
        server = OtherServer()
        with serving(server):
            yield server

    @pytest.fixture
    def poller(self, desk, server):
        """Asks for long polls, which this server does not hold."""
        bot = make_bot(SANDBOX_TOKEN, f"http://127.0.0.1:{server.server_address[1]}")
        poller = Poller(desk.database, bot, clock=desk.clock, poll_seconds=600)
        poller.stored = []
        poller.on_stored = lambda: poller.stored.append(desk.waiting())
        return poller

    @pytest.mark.parametrize("answer", [["what?"], [{"id": 1}], {"news": []}, {}, "", False])
    def test_what_is_no_bot_api_is_not_asked_without_a_pause(self, desk, server, poller, answer):
        server.answer = answer
        assert poller.step() > 0
        assert "check BOT_API_URL" in poller.state
        assert (desk.waiting(), poller.stored) == (0, [])

    def test_nor_is_a_server_that_does_not_hold_a_long_poll(self, server, poller):
        assert poller.step() == 0, "the first is a short one"
        assert poller.step() > 0
        assert poller.state == RUNNING
        assert server.asked == [(0, 100), (600, 100)]

    def test_a_stop_waits_for_nothing(self, desk, server, poller):
        server.waiting.append(desk.text("hello"))
        poller.step()
        poller.interrupt()
        poller.finish()
        assert server.asked[1:] == [(0, 1), (0, 1)]

    def test_nor_one_that_says_the_same_for_ever(self, desk, server, poller):
        server.answer = [desk.text("hello")]
        assert poller.step() == 0
        assert poller.step() > 0
        assert desk.waiting() == 1

    def test_what_comes_with_news_is_asked_on_at_once(self, desk, server, poller):
        for number in range(3):
            server.waiting.append(desk.text(str(number)))
            assert poller.step() == 0
        assert desk.waiting() == 3

    def test_ids_that_begin_anew_while_it_polls(self, desk, server, poller):
        """As after an idle week: an offset that is kept would throw the smaller ids away."""
        server.waiting.append({**desk.text("before"), "update_id": 2**40})
        assert poller.poll_once(0) == 1
        assert poller.poll_once(0) == 0
        server.waiting.append({**desk.text("after"), "update_id": 5})
        assert poller.poll_once(0) == 1
        handle_all(desk.handler)
        assert desk.heard() == ["before", "after"]

    def test_what_can_be_read_is_kept_beside_what_cannot(self, desk, server, poller, caplog):
        server.waiting = [desk.text("one"), {"update_id": 2**60}]
        server.answer = [*server.waiting, "what?"]
        assert poller.poll_once(0) == 2
        assert "passed over: " in caplog.text

    def test_whoever_handles_is_told_of_news_once_they_are_stored(self, desk, server, poller):
        server.answer = [desk.text("one"), desk.text("two")]
        poller.poll_once(0)
        assert poller.stored == [2]
        poller.poll_once(0)
        assert poller.stored == [2], "and of nothing that was known"
