"""The webhook: what is accepted, and that updates arrive in order, once, with the secret."""

import json
import threading
import time
from typing import Any

import pytest

from appliance.sandbox.methods.webhook import SECRET_HEADER
from support.network import QuietHandler, serving


class Site:
    """A web site that takes updates; `answers` are the statuses to give, then 200."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.answers: list[int] = []
        self.refused_chats: set[int] = set()
        self.reply: dict[str, Any] | None = None
        self.headers: dict[str, str] = {}
        site = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                update = json.loads(self.read_body())
                site.updates.append(update)
                site.secrets.append(self.headers[SECRET_HEADER])
                refused = update.get("message", {}).get("chat", {}).get("id") in site.refused_chats
                usual = 500 if refused else 200
                answer = json.dumps(site.reply).encode() if site.reply else b""
                status = site.answers.pop(0) if site.answers else usual
                self.answer(status, answer, **site.headers)

        self.handler = Handler
        self.url = ""

    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.updates]


@pytest.fixture
def site():
    site = Site()
    with serving(site.handler) as url:
        site.url = f"{url}/hook"
        yield site


@pytest.fixture
def api(make_api):
    return make_api(webhook_pause=0.02)


def test_updates_arrive_in_order_with_the_secret(api, site, wait_until):
    person = api.person()
    api.act(person, "send", text="0")
    api.call("setWebhook", url=site.url, secret_token="s3cret_-")
    for number in range(1, 5):
        api.act(person, "send", text=str(number))
    wait_until(lambda: len(site.updates) == 5)
    assert site.texts() == ["0", "1", "2", "3", "4"]
    assert set(site.secrets) == {"s3cret_-"}
    wait_until(lambda: api.call("getWebhookInfo")["pending_update_count"] == 0)


def test_a_failure_is_told_and_tried_again(api, site, wait_until):
    site.answers = [500, 503]
    person = api.person()
    api.call("setWebhook", url=site.url)
    api.act(person, "send", text="a")
    api.act(person, "send", text="b")
    wait_until(lambda: len(site.updates) == 4)
    assert site.texts() == ["a", "a", "a", "b"]
    info = api.call("getWebhookInfo")
    assert info["last_error_message"] == (
        "Wrong response from the webhook: 503 Service Unavailable"
    )
    assert info["last_error_date"] > 1_600_000_000


def test_a_failure_holds_up_one_chat_only(api, site, wait_until):
    """As in Telegram, where the order counts within a chat."""
    anna, boris = api.person(), api.person()
    site.refused_chats = {anna}
    api.call("setWebhook", url=site.url)
    for number in range(3):
        api.act(anna, "send", text=f"anna {number}")
        api.act(boris, "send", text=f"boris {number}")
    wait_until(lambda: "boris 2" in site.texts())
    assert api.call("getWebhookInfo")["pending_update_count"] == 3
    assert set(site.texts()) == {"anna 0", "boris 0", "boris 1", "boris 2"}
    site.refused_chats = set()
    wait_until(lambda: api.call("getWebhookInfo")["pending_update_count"] == 0)
    assert site.texts()[-2:] == ["anna 1", "anna 2"]


def test_a_site_may_ask_for_time(api, site, wait_until):
    site.answers, site.headers = [429], {"Retry-After": "1"}
    person = api.person()
    api.call("setWebhook", url=site.url)
    began = time.monotonic()
    api.act(person, "send", text="a")
    wait_until(lambda: len(site.updates) == 2)
    assert time.monotonic() - began >= 1


def test_a_site_may_call_a_method_by_its_answer(api, site, wait_until):
    person = api.person()
    site.reply = {"method": "sendMessage", "chat_id": person, "text": "by the way"}
    api.call("setWebhook", url=site.url)
    api.act(person, "send", text="a")
    wait_until(lambda: api.messages(person)[-1]["text"] == "by the way")
    site.reply = {"method": "sendMessage", "chat_id": 5, "text": "x"}
    api.act(person, "send", text="b")
    wait_until(lambda: api.control("GET", "/stats")["errors"] == {"400": 1})


def test_what_was_dropped_is_not_tried_again(api, site, wait_until):
    person = api.person()
    site.answers = [500] * 1000
    api.call("setWebhook", url=site.url)
    api.act(person, "send", text="a")
    wait_until(lambda: len(site.updates) >= 2)
    api.call("deleteWebhook", drop_pending_updates=True)
    site.answers = []
    api.act(person, "send", text="b")
    api.call("setWebhook", url=site.url)
    wait_until(lambda: "b" in site.texts())
    assert api.call("getWebhookInfo")["pending_update_count"] == 0


def test_an_absent_site_is_told(api, site, wait_until):
    person = api.person()
    api.call("setWebhook", url="http://127.0.0.1:9/hook")
    api.act(person, "send", text="a")
    wait_until(lambda: "last_error_message" in api.call("getWebhookInfo"))
    assert "refused" in api.call("getWebhookInfo")["last_error_message"].lower()
    api.call("setWebhook", url=site.url)
    wait_until(lambda: site.updates)


def test_what_set_and_delete_say(api, site):
    def says(method: str, **parameters: Any) -> Any:
        body = json.dumps(parameters).encode()
        _, answer, _ = api.request(
            "POST", f"/bot{api.token}/{method}", body, Content_Type="application/json"
        )
        return json.loads(answer)["description"]

    assert says("deleteWebhook") == "Webhook is already deleted"
    assert says("setWebhook", url=site.url) == "Webhook was set"
    assert says("setWebhook", url=site.url) == "Webhook is already set"
    assert api.call("getWebhookInfo")["url"] == site.url
    assert says("deleteWebhook") == "Webhook was deleted"
    assert says("setWebhook", url="") == "Webhook is already deleted"
    assert api.call("getWebhookInfo")["url"] == ""


def test_pending_updates_can_be_dropped(api):
    person = api.person()
    api.act(person, "send", text="a")
    api.call("deleteWebhook", drop_pending_updates=True)
    assert api.updates() == []


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        (
            {"url": "http://example.com/hook"},
            "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            {"url": "https://example.com:9000/hook"},
            "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        (
            {"url": "http://127.0.0.1/", "secret_token": "a b"},
            "Bad Request: secret token contains unallowed characters",
        ),
        (
            {"url": "http://127.0.0.1/", "secret_token": "a" * 257},
            "Bad Request: secret token is too long",
        ),
        (
            {"url": "http://127.0.0.1/", "allowed_updates": {"a": 1}},
            "Bad Request: expected an Array of allowed updates",
        ),
    ],
)
def test_webhooks_that_are_refused(api, parameters, description):
    assert api.refused("setWebhook", **parameters).description == description


def test_set_webhook_ends_a_long_poll(api, site):
    refused = []
    thread = threading.Thread(target=lambda: refused.append(api.refused("getUpdates", timeout=50)))
    thread.start()
    while not refused:
        api.call("setWebhook", url=site.url)
        api.call("getWebhookInfo")
    thread.join(10)
    assert refused[0].code == 409
