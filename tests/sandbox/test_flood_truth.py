"""Flood control over HTTP: what a sender at the limit sees."""

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from appliance.sandbox.world.flood_control import Limits

THIRTY = Limits(chat_per_second=0, group_per_minute=0)
_BURST = 30


@pytest.fixture
def crowded(make_api):
    api = make_api(flood=THIRTY)
    people = api.control("POST", "/people", {"count": 120, "start": True, "seed": 1})["people"]
    return api, [person["id"] for person in people]


@pytest.mark.slow
def test_thirty_a_second_are_taken(crowded):
    api, people = crowded
    pause, answered = threading.Event(), deque([0.0] * _BURST, maxlen=_BURST)
    for person in people[:75]:
        pause.wait(max(answered[0] + 1 - time.monotonic(), 0))  # the thirtieth before this one
        api.call("sendMessage", chat_id=person, text="x")
        answered.append(time.monotonic())
    assert api.control("GET", "/stats")["peak_per_second"] <= 30
    assert api.control("GET", "/flood")["refused"] == 0


def test_more_than_thirty_in_a_second_are_not(crowded):
    api, people = crowded

    def send(person: int) -> tuple[int, dict[str, str]]:
        path = f"/bot{api.token}/sendMessage?chat_id={person}&text=x"
        status, _, headers = api.request("GET", path)
        return status, headers

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, people))
    refused = [headers for status, headers in answers if status == 429]
    stats, record = api.control("GET", "/stats"), api.control("GET", "/record")["record"]
    assert stats["peak_per_second"] == 30
    assert len(record) == len(people) - len(refused) and stats["errors"] == {"429": len(refused)}
    assert refused[0]["Retry-After"] == "30"
    assert api.call("getMe") and api.call("getChat", chat_id=people[0])
    state = api.control("GET", "/flood")
    assert state["refused"] == len(refused)


def test_it_is_switched_over_http(api):
    person = api.person()
    assert api.control("GET", "/flood")["enabled"] is False
    set_ = {"per_second": 1000, "chat_per_second": 0.01, "chat_burst": 2, "group_per_minute": 1}
    state = api.control("PUT", "/flood", set_)
    assert {name: state[name] for name in set_} == set_ and state["enabled"]
    for _ in range(2):
        api.call("sendMessage", chat_id=person, text="x")
    assert 50 < wait_for(api, person) <= 100
    chat = api.control("POST", "/chats", {"type": "supergroup", "username": "the_group"})["id"]
    api.call("sendMessage", chat_id="@the_group", text="x")
    assert 30 < wait_for(api, chat) <= 60
    assert not api.control("PUT", "/flood", {"enabled": False})["enabled"]
    api.call("sendMessage", chat_id=person, text="x")


def wait_for(api: Any, chat: int) -> int:
    """What a refused message to this chat is told to wait."""
    seconds: int = api.refused("sendMessage", chat_id=chat, text="x").parameters["retry_after"]
    return seconds


@pytest.mark.parametrize("body", [{"per_second": -1}, {"rate": 5}, {"enabled": 1}])
def test_limits_that_are_refused(api, body):
    assert api.try_control("PUT", "/flood", body)[0] == 400


def test_edits_and_new_topics_count_as_messages(make_api):
    api = make_api(flood=Limits(per_second=0, chat_burst=2, chat_per_second=0.01))
    person = api.person()
    forum = api.group(person, type="supergroup", is_forum=True, bot="administrator")
    sent = api.call("sendMessage", chat_id=person, text="x")["message_id"]
    api.call("editMessageText", chat_id=person, message_id=sent, text="y")
    refused = [
        api.refused("editMessageText", chat_id=person, message_id=sent, text="z"),
        api.refused("editMessageReplyMarkup", chat_id=person, message_id=sent),
    ]
    assert {error.code for error in refused} == {429}
    api.call("deleteMessage", chat_id=person, message_id=sent)
    api.call("createForumTopic", chat_id=forum, name="a")
    api.call("createForumTopic", chat_id=forum, name="b")
    assert api.refused("createForumTopic", chat_id=forum, name="c").code == 429
