"""/link, /unlink and deep links, as the person in the chat sees them."""

import re
from datetime import timedelta

import pytest

from appliance.crud.chats import chats
from appliance.models import Message
from appliance.services import telegram_auth
from appliance.services.i18n.catalog import phrase

BORIS = 1002


@pytest.fixture
def code_for(desk):
    """A code made on the site for a user."""

    def make(user):
        with desk.database.writing() as session:
            return telegram_auth.start_link(session, user.id, desk.clock()).code

    return make


def test_a_deep_link_welcomes_and_links(desk, code_for):
    user = desk.add_user()
    desk.say(f"/start {code_for(user)}")
    assert desk.chat().user_id is None  # somebody else may have sent the link
    desk.agree()
    assert desk.chat().user_id == user.id
    welcome, question, linked = desk.said()
    assert welcome.startswith("Hello, Anna!")
    assert "account of Anna Site (a•••@example.org)" in question
    assert linked.startswith("✅ This chat is now linked to the account of Anna Site")


def test_the_question_is_about_a_hash(desk, code_for):
    code = code_for(desk.add_user())
    desk.say(f"/start {code}")
    assert code not in str(desk.calls()) and code not in str(desk.chat().dialog)
    buttons = [row[0] for row in desk.calls()[-1][1]["reply_markup"]["inline_keyboard"]]
    assert [button["text"] for button in buttons] == [
        phrase("en", "link_yes"),
        phrase("en", "link_no"),
    ]
    assert all(len(button["callback_data"].encode()) <= 64 for button in buttons)


def test_no_ties_nothing_and_ends_the_question(desk, code_for):
    user = desk.add_user()
    code = code_for(user)
    desk.say(f"/start {code}")
    desk.agree(word="no")
    assert ("editMessageText", phrase("en", "link_declined")) in [
        (method, params.get("text")) for method, params in desk.calls()
    ]
    desk.agree()
    assert desk.calls()[-1][1]["text"] == phrase("en", "button_old")
    assert desk.chat().user_id is None
    desk.say(f"/start {code}")  # a slip of the finger costs nothing
    desk.agree()
    assert desk.chat().user_id == user.id


def test_yes_after_a_quarter_of_an_hour(desk, code_for):
    desk.say(f"/start {code_for(desk.add_user())}")
    desk.clock.advance(timedelta(minutes=15))
    desk.agree()
    assert desk.chat().user_id is None
    assert desk.calls()[-1][1]["text"] == phrase("en", "link_expired", count=15)


def test_yes_when_the_account_was_linked_meanwhile(desk, code_for):
    user = desk.add_user()
    code = code_for(user)
    for person in (1001, BORIS):
        desk.say(f"/start {code}", person=person)
    with desk.database.writing() as session:
        session.get(type(desk.chat()), BORIS).user_id = user.id
    desk.agree()
    assert desk.chat().user_id is None
    assert desk.calls()[-1][1]["text"] == phrase("en", "user_taken")


def test_only_the_last_question_counts(desk, code_for):
    code = code_for(desk.add_user())
    desk.say(f"/start {code}")
    first = desk.calls()[-1][1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    desk.say(f"/start {code}")
    for data in (first, "tie:yes:", "tie:yes", "tie:maybe:" + first.rpartition(":")[2]):
        desk.press(data)
        assert desk.calls()[-1][1]["text"] == phrase("en", "button_old")
    assert desk.chat().user_id is None


def test_a_question_under_a_message_that_cannot_be_edited(desk, code_for):
    user = desk.add_user()
    code = code_for(user)
    for word, expected in (("no", phrase("en", "link_declined")), ("yes", "✅ This chat is now")):
        desk.say(f"/start {code}")
        data = desk.calls()[-1][1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        desk.press(data.replace("yes", word), date=0)
        assert desk.said()[-1].startswith(expected)
    assert desk.chat().user_id == user.id


def test_somebody_banned_may_link(desk, code_for):
    user = desk.add_user()
    desk.say("/start")
    with desk.database.writing() as session:
        session.get(type(desk.chat()), 1001).banned = True
    desk.say(f"/start {code_for(user)}")
    desk.agree()
    assert desk.chat().user_id == user.id


def test_the_code_is_kept_nowhere(desk, code_for):
    code = code_for(desk.add_user())
    desk.say(f"/start {code}")
    assert desk.heard() == ["/start"]
    assert [row.payload for row in desk.rows()] == [{}]


def test_a_replayed_code_is_refused(desk, code_for):
    user = desk.add_user()
    code = code_for(user)
    desk.say(f"/start {code}")
    desk.agree()
    desk.say(f"/start {code}", person=BORIS)
    assert desk.chat(BORIS).user_id is None
    assert desk.said(BORIS)[-1] == phrase("en", "link_expired", count=15)
    assert desk.chat().user_id == user.id


def test_a_code_runs_out(desk, code_for):
    code = code_for(desk.add_user())
    desk.clock.advance(timedelta(minutes=15))
    desk.say(f"/start {code}")
    assert desk.chat().user_id is None
    assert desk.said()[-1] == phrase("en", "link_expired", count=15)


@pytest.mark.parametrize("payload", ["A" * 64, "שלום", "👩‍👩‍👧" * 20, "<b>", "x" * 4000])
def test_a_strange_payload_is_refused(desk, payload):
    desk.say(f"/start {payload}")
    assert desk.said()[-1] == phrase("en", "link_expired", count=15)


def test_a_linked_chat_is_not_taken_over(desk, code_for):
    desk.say(f"/start {code_for(desk.add_user('Anna'))}")
    desk.agree()
    desk.say(f"/start {code_for(desk.add_user('Eve'))}")
    assert desk.chat().user.name == "Anna"
    assert desk.said()[-1].startswith("This chat is linked to another account, that of Anna.")


def test_a_linked_user_is_not_taken_over(desk, code_for):
    user = desk.add_user()
    code = code_for(user)
    desk.say("/start", person=BORIS)
    with desk.database.writing() as session:
        session.get(type(desk.chat(BORIS)), BORIS).user_id = user.id
    desk.say(f"/start {code}")
    assert desk.said()[-1] == phrase("en", "user_taken")


def test_link_gives_a_button_to_the_site(desk):
    desk.say("/link")
    ((_, params),) = desk.calls()
    (button,) = params["reply_markup"]["inline_keyboard"][0]
    assert re.fullmatch(r"https://members\.example\.org/link#[A-Za-z0-9_-]{32}", button["url"])
    user = desk.add_user()
    with desk.database.writing() as session:
        telegram_auth.claim(session, user.id, button["url"].partition("#")[2], desk.clock())
    assert desk.chat().user_id == user.id
    assert "now linked" in desk.said()[-1]


def test_without_a_public_address_the_link_is_in_the_text(make_desk):
    """Telegram refuses a whole message with a button to http://localhost."""
    desk = make_desk("http://127.0.0.1:8080")
    desk.say("/link")
    ((_, params),) = desk.calls()
    assert "reply_markup" not in params
    assert re.search(r"\nhttp://127\.0\.0\.1:8080/link#[A-Za-z0-9_-]{32}$", params["text"])


@pytest.mark.parametrize("url", ["https://members.example.org", "http://127.0.0.1:8080"])
def test_a_link_with_a_code_is_in_no_thread(make_desk, url):
    """Operators read threads, and could use it."""
    desk = make_desk(url)
    desk.say("/link")
    assert desk.said() == [] and desk.heard() == ["/link"]


def test_link_says_that_it_is_linked(desk, code_for):
    desk.say(f"/start {code_for(desk.add_user())}")
    desk.agree()
    desk.say("/link")
    assert desk.said()[-1].startswith("This chat is already linked to the account of Anna Site.")


# -- codes that are pasted ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        "{code}",
        " https://t.me/club_bot?start={code}\n",
        "t.me/club_bot?start={code}",
        "tg://resolve?domain=club_bot&start={code}",
        "/link {code}",
        "/link https://t.me/club_bot?start={code}",
    ],
)
def test_a_pasted_code_links(desk, code_for, way):
    user = desk.add_user()
    code = code_for(user)
    desk.say(way.format(code=code))
    assert desk.chat().user_id is None
    desk.agree()
    assert desk.chat().user_id == user.id
    assert not any(code in heard for heard in desk.heard())


@pytest.mark.parametrize("way", ["{code}", "https://members.example.org/link#{code}"])
def test_a_link_to_the_site_that_is_pasted_goes_on_working(desk, way):
    desk.say("/link")
    ((_, params),) = desk.calls()
    code = params["reply_markup"]["inline_keyboard"][0][0]["url"].partition("#")[2]
    desk.say(way.format(code=code))
    assert desk.said() == [phrase("en", "code_for_site")]
    assert not any(code in heard for heard in desk.heard())
    user = desk.add_user()
    with desk.database.writing() as session:
        telegram_auth.claim(session, user.id, code, desk.clock())
    assert desk.chat().user_id == user.id


def test_a_pasted_code_that_does_not_work_is_answered(desk, code_for):
    code = code_for(desk.add_user())
    desk.clock.advance(timedelta(minutes=15))
    desk.say(code)
    assert desk.said() == [phrase("en", "code_in_message", count=15)]
    assert desk.heard() == [code]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_code_amid_words_is_ended_and_told(desk, code_for, language):
    """Operators read it. Who wrote it would wonder why it does not work."""
    code = code_for(desk.add_user())
    told = phrase(language, "code_ended")
    desk.feed(desk.text(f"my code is {code}, right?", language=language))
    assert desk.said() == [told, phrase(language, "thanks")]
    desk.feed(desk.text(f"/start {code}", person=BORIS))
    assert desk.chat(BORIS).dialog is None
    desk.feed(desk.text(f"my code was {code}", language=language))
    assert desk.said().count(told) == 1, "nothing was ended by that"


def test_a_code_in_a_caption_a_command_and_an_edit_is_told(desk, code_for):
    desk.say("/start")
    user, photo = desk.add_user(), {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
    for number, give in enumerate(
        (
            lambda code: desk.message({"photo": [photo], "caption": f"this is it: {code}"}),
            lambda code: desk.text(f"/help with {code}"),
            lambda code: {
                "update_id": 600_000_001,
                "edited_message": {**desk.text(f"and so {code}")["message"], "edit_date": 2},
            },
        ),
        start=1,
    ):
        desk.feed(give(code_for(user)))
        assert desk.said().count(phrase("en", "code_ended")) == number


def test_a_code_in_a_linked_chat_is_told(desk, code_for):
    desk.say("/start")
    desk.link("member")
    desk.say(code_for(desk.add_user("Eve")))
    assert phrase("en", "code_ended") in desk.said()


# -- codes that are typed ----------------------------------------------------------------------


@pytest.fixture
def typed_for(desk):
    def make(user):
        with desk.database.writing() as session:
            return telegram_auth.start_link(session, user.id, desk.clock()).typed

    return make


@pytest.mark.parametrize(
    "way", ["{code}", "/link {code}", "/link@club_bot  {code} ", "  {code}\n", "{bare}", "{lower}"]
)
def test_a_typed_code_links(desk, typed_for, way):
    user = desk.add_user()
    code = typed_for(user)
    desk.say(way.format(code=code, bare=code.replace("-", ""), lower=code.lower()))
    assert desk.chat().user_id is None
    desk.agree()
    assert desk.chat().user_id == user.id
    assert desk.said()[-1].startswith("✅ This chat is now linked to the account of Anna Site")
    assert not any(code in heard for heard in desk.heard())


def test_a_typed_code_in_russian(desk, typed_for):
    user = desk.add_user()
    typed_for(user)
    desk.feed(desk.text("abcd-2345", language="ru"))
    assert desk.said() == [phrase("ru", "code_in_message", count=15)]


def test_what_looks_like_a_code_is_a_message_all_the_same(desk):
    """It may be a car's number plate. One answer says both."""
    desk.say("A234 BC77")
    assert desk.heard() == ["A234 BC77"]
    assert desk.said() == [phrase("en", "code_in_message", count=15)]


def test_in_a_linked_chat_it_is_nothing_but_a_message(desk, typed_for):
    desk.say("/start")
    desk.link("member")
    for _ in range(7):
        desk.say("A234 BC77")
    assert desk.said()[1:] == [phrase("en", "thanks")]
    code = typed_for(desk.add_user("Eve"))
    desk.say(code)  # operators read it now
    assert desk.heard()[-1] == code
    desk.say(code, person=BORIS)
    assert desk.chat(BORIS).dialog is None


def test_what_is_no_code_is_a_message(desk, typed_for):
    typed_for(desk.add_user())
    for text in ("spending", "2345-6789", "Hello, is anybody there?"):
        desk.say(text)
    assert desk.heard() == ["spending", "2345-6789", "Hello, is anybody there?"]


@pytest.mark.parametrize("argument", ["me please", "x" * 500, "<b>", "23456789"])
def test_link_with_something_else(desk, argument):
    desk.say(f"/link {argument}")
    assert desk.said() == [phrase("en", "code_wrong", count=15)]


def test_a_typed_code_runs_out(desk, typed_for):
    code = typed_for(desk.add_user())
    desk.clock.advance(timedelta(minutes=15))
    desk.say(code)
    assert desk.chat().user_id is None
    assert desk.said()[-1] == phrase("en", "code_in_message", count=15)


def test_a_linked_chat_is_not_taken_over_by_a_typed_code(desk, typed_for):
    desk.say(typed_for(desk.add_user("Anna")))
    desk.agree()
    code = typed_for(desk.add_user("Eve"))
    desk.say(f"/link {code}")
    assert desk.chat().user.name == "Anna"
    assert desk.said()[-1].startswith("This chat is linked to another account, that of Anna.")


def test_after_five_wrong_codes_not_even_the_right_one_works(desk, typed_for):
    user = desk.add_user()
    code = typed_for(user)
    for number in range(5):
        desk.say(f"ABCD-234{number + 2}")
    for text in (f"/link {code}", "/link rubbish"):
        desk.say(text)
    assert desk.said()[5:] == [phrase("en", "code_wait", count=15)]  # said once
    desk.say(code, person=BORIS)  # others are not held up
    assert desk.chat(BORIS).dialog is not None
    desk.say(code)  # now operators can read it
    assert desk.chat().dialog is None and desk.heard()[-1] == code
    assert len(desk.said()) == 6
    desk.agree(BORIS)
    assert desk.chat(BORIS).user_id is None


def test_another_language_gives_no_more_tries(desk):
    for number in range(3):
        desk.say(f"ABCD-234{number + 2}")
    desk.press("language:ru")
    for number in range(3):
        desk.say(f"ABCD-345{number + 2}")
    assert desk.said()[-1] == phrase("ru", "code_wait", count=15)


def test_a_new_version_of_the_program_gives_no_more_tries(desk):
    """It may refuse in other words than those that it finds in the thread."""
    for number in range(5):
        desk.say(f"ABCD-234{number + 2}")
    with desk.database.writing() as session:
        for row in session.query(Message):
            row.text = f"{row.text} (in other words)"
    desk.say("ABCD-3452")
    assert desk.said()[-1] == phrase("en", "code_wait", count=15)


def test_tries_come_back(desk, typed_for):
    for number in range(6):
        desk.say(f"ABCD-234{number + 2}")
    desk.clock.advance(timedelta(minutes=15))
    user = desk.add_user()
    desk.say(typed_for(user))
    desk.agree()
    assert desk.chat().user_id == user.id


def test_in_a_group_nobody_types_a_code(desk, typed_for):
    user = desk.add_user()
    code = typed_for(user)
    for text in (code, f"/link {code}"):
        desk.feed(desk.group_message({"text": text}))
    with desk.database.reading() as session:
        assert chats.get_by_user(session, user.id) is None


def test_unlink(desk, code_for):
    desk.say("/unlink")
    assert desk.said()[-1] == phrase("en", "not_linked")
    desk.say(f"/start {code_for(desk.add_user())}")
    desk.agree()
    desk.say("/unlink")
    assert desk.chat().user_id is None
    assert desk.said()[-1] == "This chat is no longer linked to the account of Anna Site."
