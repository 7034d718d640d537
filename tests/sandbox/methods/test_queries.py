"""Callbacks, files and who the bot is."""

import pytest

from appliance.sandbox.methods.queries import answer_callback_query
from appliance.sandbox.people.actions import press
from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.protocol.parameters import Parameters

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}


def test_the_bot_is_who_its_token_says(api):
    me = api.call("getMe")
    assert (me["id"], me["is_bot"]) == (100001, True)


def test_a_callback_is_answered_once(api):
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="Well?", reply_markup=KEYBOARD)
    api.act(person, "press", message_id=sent["message_id"], data="yes")
    [update] = api.updates()
    query = update["callback_query"]
    assert query["data"] == "yes" and query["from"]["id"] == person
    assert query["message"]["reply_markup"] == KEYBOARD
    [waiting] = api.control("GET", f"/callbacks?person={person}")["answers"]
    assert waiting == {
        "id": query["id"],
        "data": "yes",
        "text": None,
        "show_alert": False,
        "url": None,
        "answered": False,
    }
    answer = {"callback_query_id": query["id"], "text": "Noted", "show_alert": True}
    assert api.call("answerCallbackQuery", **answer) is True
    [answered] = api.control("GET", f"/callbacks?person={person}")["answers"]
    assert answered == {**waiting, "text": "Noted", "show_alert": True, "answered": True}
    assert api.refused("answerCallbackQuery", **answer).description == (
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    )


def test_answers_that_come_too_late_or_lead_elsewhere(world, person):
    now = [1000.0]
    world.clock = lambda: now[0]

    def pressed() -> Parameters:
        sent = {"message_id": 1, "from_bot": True, "date": 1, "text": "x", "entities": []}
        world.state.commit("message", chat_id=person.id, message={**sent, "reply_markup": KEYBOARD})
        return Parameters({"callback_query_id": press(world, person, 1, "yes").id})

    query = pressed()
    query.values["url"] = "https://example.com"
    with pytest.raises(ApiError, match="URL_INVALID"):
        answer_callback_query(world, query)
    query.values["url"] = "https://t.me/appliance_sandbox_bot?start=CODE"
    assert answer_callback_query(world, query)
    late = pressed()
    now[0] += 61
    with pytest.raises(ApiError, match="query is too old"):
        answer_callback_query(world, late)


def test_profile_photos(api):
    person = api.person()
    assert api.call("getUserProfilePhotos", user_id=person) == {"total_count": 0, "photos": []}


def test_an_unknown_file(api):
    assert api.refused("getFile", file_id="nothing").description == (
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    )
