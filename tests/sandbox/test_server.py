"""The simulator as a server: where it listens, what it refuses, and telebot on it."""

import socket
import threading

import pytest
import telebot
from telebot import apihelper

from appliance import config
from appliance.errors import ConfigError, Unavailable
from appliance.sandbox.server import Sandbox


def test_it_listens_on_loopback_only():
    with pytest.raises(ConfigError, match=r"0\.0\.0\.0.*loopback"):
        Sandbox(config.SANDBOX_TOKEN, host="0.0.0.0")


def test_it_refuses_a_real_token():
    with pytest.raises(ConfigError, match="real bot"):
        Sandbox("123456789:AAFakeFakeFakeFake")


def test_a_port_in_use_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port}"):
            Sandbox(config.SANDBOX_TOKEN, port=port).start()


def test_stop_may_come_twice_and_ends_a_long_poll(make_api):
    api = make_api()
    ended = threading.Event()

    def poll() -> None:
        with pytest.raises((OSError, ValueError)):
            api.call("getUpdates", timeout=50)
        ended.set()

    thread = threading.Thread(target=poll)
    thread.start()
    api.control("GET", "/stats")
    make_api.stop_all()
    make_api.stop_all()
    thread.join(10)
    assert ended.is_set()


def test_a_stopped_simulator_can_start_again(sandbox):
    url = sandbox.url
    sandbox.stop()
    sandbox.start()
    assert sandbox.url == url


def test_ipv6_loopback(make_api):
    try:
        api = make_api(host="::1")
    except Unavailable:
        pytest.skip("this machine has no IPv6")
    assert "[::1]" in api.url
    assert api.call("getMe")["is_bot"]


def test_telebot_polls_unmodified(api, monkeypatch):
    """Its parameters travel in the address, 4096 Cyrillic letters of them too."""
    monkeypatch.setattr(apihelper, "API_URL", api.url + "/bot{0}/{1}")
    person = api.person()
    bot = telebot.TeleBot(config.SANDBOX_TOKEN, threaded=False)
    heard = threading.Event()

    @bot.message_handler(commands=["help"])
    def help_(message: telebot.types.Message) -> None:
        bot.reply_to(message, "ж" * 4096)
        heard.set()

    thread = threading.Thread(target=bot.polling, kwargs={"timeout": 1, "long_polling_timeout": 1})
    thread.start()
    api.act(person, "send", text="/help")
    assert heard.wait(10)
    bot.stop_polling()
    thread.join(10)
    apihelper._get_req_session(reset=True)
    assert api.messages(person)[-1]["text"] == "ж" * 4096
