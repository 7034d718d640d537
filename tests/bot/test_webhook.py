"""The webhook is set once, watched, and not fought over."""

import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from appliance.bot.failures import MOVED, RUNNING
from appliance.bot.poller import Poller
from appliance.bot.telegram import ALLOWED_UPDATES, make_bot
from appliance.bot.webhook import CHECK_SECONDS, Webhook
from appliance.config import SANDBOX_TOKEN

URL = "http://127.0.0.1:9/telegram/webhook"  # nobody listens on port 9
SECRET = "not-to-be-seen-0123456789"


@pytest.fixture
def webhook(sandbox):
    return Webhook(make_bot(SANDBOX_TOKEN, sandbox.url), URL, SECRET)


def test_it_is_set_with_everything(webhook, phone):
    assert webhook.step() == CHECK_SECONDS
    assert webhook.state == RUNNING
    info = phone.call("getWebhookInfo")["result"]
    assert info["url"] == URL
    assert sorted(info["allowed_updates"]) == sorted(ALLOWED_UPDATES)
    assert info["max_connections"] == 4


def test_it_is_set_once(webhook, phone):
    for _ in range(3):
        webhook.step()
    assert phone.calls()["setWebhook"] == 1


def test_what_waits_is_kept(webhook, phone):
    person = phone.new()
    phone.start(person)
    webhook.step()
    assert phone.call("getWebhookInfo")["result"]["pending_update_count"] == 1


def test_the_last_failure_is_shown_while_something_waits(webhook, phone, wait_until, caplog):
    webhook.step()
    phone.start(phone.new())
    wait_until(lambda: "last_error_message" in phone.call("getWebhookInfo")["result"])
    webhook.step()
    assert webhook.state.startswith("webhook: Telegram could not call the site at ")
    assert webhook.state.endswith("; 1 wait")
    assert "onnect" in webhook.state
    assert SECRET not in caplog.text


class Taking(BaseHTTPRequestHandler):
    """A site that takes every update."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


def test_once_all_came_through_the_failure_is_over(sandbox, phone, wait_until, caplog):
    """As after any restart: Telegram remembers for ever that nobody answered meanwhile."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), Taking, bind_and_activate=False)
    site.server_bind()  # not listening: refused
    url = f"http://127.0.0.1:{site.server_address[1]}/telegram/webhook"
    webhook = Webhook(make_bot(SANDBOX_TOKEN, sandbox.url), url, SECRET)
    webhook.step()
    phone.start(phone.new())
    info = lambda: phone.call("getWebhookInfo")["result"]  # noqa: E731
    wait_until(lambda: "last_error_message" in info())
    site.server_activate()
    with site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        wait_until(lambda: not info()["pending_update_count"], 30)
        site.shutdown()
    assert info()["last_error_date"]
    webhook.step()
    assert webhook.state == RUNNING
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9/another"])
def test_another_program_is_not_fought(webhook, phone, url, caplog):
    webhook.step()
    phone.call("setWebhook", url=url)
    webhook.step()
    assert webhook.state == MOVED
    assert "another program" in MOVED and "BotFather's webhook" in MOVED and len(MOVED) <= 255
    assert phone.call("getWebhookInfo")["result"]["url"] == url
    assert [record.levelname for record in caplog.records if "conflict" in record.message] == [
        "ERROR"
    ]


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"kind": "500"}, "Telegram answers 500"),
        ({"kind": "429", "retry_after": 17}, "flood: Telegram asks for 17 s of silence"),
        ({"kind": "401"}, "bad token: Telegram does not know it; set BOT_TOKEN"),
        ({"kind": "close_before"}, "unreachable: cannot reach the Bot API at 127.0.0.1"),
        (
            {"kind": "400", "description": "Bad Request: bad webhook: HTTPS url must be provided"},
            "Telegram refuses (400): Bad Request: bad webhook: HTTPS url must be provided",
        ),
    ],
)
def test_it_waits_tells_and_recovers(webhook, phone, fault, state, caplog):
    caplog.set_level(logging.DEBUG)
    phone.fault(**fault, method="setWebhook", count=1)
    assert webhook.step() >= 0.5
    assert webhook.state.startswith(state)
    assert webhook.step() == CHECK_SECONDS
    assert webhook.state == RUNNING
    assert SANDBOX_TOKEN.partition(":")[2] not in caplog.text
    assert SECRET not in caplog.text


def test_pauses_grow_and_begin_anew_after_success(webhook, phone):
    phone.fault("500", method="getWebhookInfo", count=5)
    assert [webhook.step() for _ in range(5)][-1] >= 8
    assert webhook.step() == CHECK_SECONDS
    phone.fault("500", method="getWebhookInfo", count=1)
    assert webhook.step() <= 1


def test_from_one_to_the_other_and_back(webhook, database, phone, sandbox):
    """Switching is a restart with another BOT_MODE; nothing that waits is lost by it."""
    phone.start(phone.new())
    webhook.step()
    webhook.interrupt()
    webhook.finish()
    poller = Poller(database, make_bot(SANDBOX_TOKEN, sandbox.url), poll_seconds=0)
    assert poller.step() == 0
    assert phone.call("getWebhookInfo")["result"]["url"] == ""
    poller.finish()
    assert phone.call("getWebhookInfo")["result"]["pending_update_count"] == 0
    again = Webhook(make_bot(SANDBOX_TOKEN, sandbox.url), URL, SECRET)
    assert again.step() == CHECK_SECONDS
    assert phone.call("getWebhookInfo")["result"]["url"] == URL
