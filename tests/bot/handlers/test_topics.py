"""The opt-out button: every press is answered, a choice is kept with its cause."""

import pytest

from appliance.crud.chats import topics
from appliance.models import Broadcast, ChatStatus, Delivery, Subscription
from appliance.services.i18n.catalog import phrase

ANNA = 1001
GROUP = {"id": -100, "type": "supergroup", "title": "Choir"}


@pytest.fixture
def news(desk):
    """A topic; broadcast 7 went to Anna."""
    with desk.database.writing() as session:
        session.add(Broadcast(id=7, text="x", audience={"to": ["all"], "not": []}))
        session.flush()
        session.add(Delivery(broadcast_id=7, chat_id=ANNA, updated_at=0))
        return topics.add(session, "news", "News & more", "Новости").id


@pytest.fixture
def choice(desk, news):
    def choice(chat_id=ANNA):
        with desk.database.reading() as session:
            row = session.get(Subscription, (news, chat_id))
            return (row.subscribed, row.broadcast_id) if row else None

    return choice


def test_opting_out(desk, news, choice):
    desk.press(f"t:off:{news}:7")
    assert choice() == (False, 7)
    assert desk.answers() == ["You will get no more messages about News & more."]
    (_, params) = desk.calls()[-1]
    assert params["text"] == "You will get no more messages about <b>News &amp; more</b>."
    ((button,),) = params["reply_markup"]["inline_keyboard"]
    assert button == {"text": phrase("en", "topic_back"), "callback_data": f"t:on:{news}"}
    assert desk.chat().status == ChatStatus.ACTIVE


def test_in_the_person_s_language(desk, news):
    desk.press("language:ru")
    desk.press(f"t:off:{news}:7")
    assert desk.answers()[-1] == desk.said()[-1] == "Больше не буду присылать вам «Новости»."


def test_pressed_again_it_is_confirmed_only(desk, news, choice):
    for _ in range(3):
        desk.press(f"t:off:{news}:7")
    assert len(desk.said()) == 1
    assert desk.answers() == ["You will get no more messages about News & more."] * 3
    assert choice() == (False, 7)


def test_and_back(desk, news, choice):
    desk.press(f"t:off:{news}:7")
    desk.press(f"t:on:{news}")
    assert choice() == (True, None)
    method, params = desk.calls()[-1]
    assert (method, params["message_id"]) == ("editMessageText", 77)
    assert params["text"] == "You get messages about <b>News &amp; more</b> again."
    assert "reply_markup" not in params
    desk.press(f"t:on:{news}")
    assert [method for method, _ in desk.calls()][-2:] == ["editMessageText", "answerCallbackQuery"]


def test_back_under_a_message_too_old_to_edit(desk, news, choice):
    desk.press(f"t:on:{news}", date=0)
    assert choice() == (True, None)
    assert [method for method, _ in desk.calls()] == ["answerCallbackQuery"]


@pytest.mark.parametrize("cause", ["", ":8", f":{'9' * 19}"])
def test_a_cause_that_was_none_is_not_kept(desk, news, choice, cause):
    desk.press(f"t:off:{news}{cause}")
    assert choice() == (False, None)


@pytest.mark.parametrize(
    "data",
    [
        *("t:", "t:off", "t:off:", "t:off:x:7", "t:off:²:7", "t:off:-{id}:7", "t:maybe:{id}:7"),
        *("t:on:{id}:7:8", "t:off:99:7", "t:off:" + "9" * 19 + ":7", "t:on:0"),
    ],
)
def test_what_nobody_made_is_answered_politely(desk, news, choice, data):
    desk.press(data.format(id=news))
    assert desk.answers() == [phrase("en", "button_old")]
    assert choice() is None


class TestList:
    def test_shown_and_switched_in_place(self, desk, news, choice):
        desk.say("/topics")
        assert desk.calls()[-1][1]["reply_markup"] == _list("✅ News & more", f"toggle:off:{news}")
        for _ in range(2):  # pressed twice in a hurry
            desk.press(f"toggle:off:{news}")
        assert choice() == (False, None)
        assert desk.answers() == ["You will get no more messages about News & more."] * 2
        edits = [params for method, params in desk.calls() if method == "editMessageText"]
        (edit,) = edits
        assert edit["reply_markup"] == _list("▫️ News & more", f"toggle:on:{news}")
        desk.press(f"toggle:on:{news}")
        assert choice() == (True, None)

    def test_nothing_to_choose(self, desk):
        desk.say("/topics")
        assert desk.said() == [phrase("en", "topics_none")]

    def test_who_stopped_is_told_so(self, desk, news):
        desk.say("/stop")
        desk.say("/topics")
        assert desk.said()[-1].endswith(phrase("en", "topics_stopped"))

    @pytest.mark.parametrize("argument", ["", "on", "on:99", "x:1", f"off:{'9' * 19}"])
    def test_forged(self, desk, news, choice, argument):
        desk.press(f"toggle:{argument}")
        assert desk.answers() == [phrase("en", "button_old")]
        assert choice() is None


class TestInGroups:
    def test_only_admins_of_the_site_decide_for_all(self, desk, news, choice):
        desk.press(f"t:off:{news}:7", chat=GROUP)
        assert desk.answers(-100) == [phrase("en", "button_admins")]
        assert choice(-100) is None
        desk.say("/start")
        desk.link("admin")
        desk.press(f"t:off:{news}:7", chat=GROUP)
        assert choice(-100) == (False, None)
        assert desk.said(-100) == ["You will get no more messages about News & more."]


def _list(text, data):
    return {"inline_keyboard": [[{"text": text, "callback_data": data}]]}
