"""Who is answered and what is kept, whatever comes."""

from datetime import timedelta

import pytest

from appliance.services import telegram_auth
from appliance.services.i18n.catalog import phrase
from support.stored_updates import handle_all

GROUP = -1001234567890
CHANNEL = {"id": -1007, "type": "channel", "title": "News"}


def test_an_unknown_command_gets_a_hint(desk):
    desk.say("/destroy everything")
    assert desk.said() == [phrase("en", "unknown_command")]
    assert desk.heard() == ["/destroy everything"]


def test_photos_are_kept_with_their_captions(desk):
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    desk.feed(desk.message({"photo": photo, "caption": "at sea"}))
    assert desk.heard() == ["at sea"]
    assert [item["kind"] for item in desk.thread()[0].files] == ["photo"]


def test_what_telegram_says_of_the_chat_is_not_kept(desk):
    desk.feed(desk.message({"message_auto_delete_timer_changed": {"message_auto_delete_time": 5}}))
    assert desk.thread() == []


@pytest.mark.parametrize("kind", ["edited_message", "channel_post", "edited_channel_post"])
def test_edits_and_posts_pass(desk, kind):
    message = desk.text("/start")["message"]
    desk.feed(desk.update(**{kind: message}))
    assert desk.waiting() == 0
    assert desk.calls() == []


def test_updates_of_the_future_pass(desk):
    desk.feed(desk.update(telepathy={"thought": "🤯"}), desk.update(), desk.text("/help"))
    assert desk.waiting() == 0
    assert len(desk.said()) == 1


class TestSaidOnce:
    """What somebody repeats within a minute: while the bot was down, or with an impatient thumb."""

    def test_six_starts_while_it_was_down(self, desk):
        desk.feed(*(desk.text("/start") for _ in range(6)))
        assert desk.said() == [phrase("en", "welcome", name="Anna")]
        assert desk.heard() == ["/start"] * 6

    def test_six_with_a_code(self, desk):
        """Each asks anew, and only the buttons of the last question work: so that one is left."""
        user = desk.add_user()
        with desk.database.writing() as session:
            code = telegram_auth.start_link(session, user.id, desk.clock()).code
        desk.feed(*(desk.text(f"/start {code}") for _ in range(6)))
        welcome, question = desk.said()
        assert welcome == phrase("en", "welcome", name="Anna")
        assert user.name in question
        desk.agree()
        assert desk.chat().user_id == user.id

    def test_six_links(self, desk):
        desk.feed(*(desk.text("/link") for _ in range(6)))
        ((_, params),) = desk.calls()
        code = params["reply_markup"]["inline_keyboard"][0][0]["url"].partition("#")[2]
        user = desk.add_user()
        with desk.database.writing() as session:
            telegram_auth.claim(session, user.id, code, desk.clock())
        assert desk.chat().user_id == user.id

    @pytest.mark.parametrize(
        "command", ["/help", "/me", "/stop", "/language", "/nonsense", "/quiet"]
    )
    def test_other_commands(self, desk, command):
        desk.feed(*(desk.text(command) for _ in range(3)))
        assert len(desk.calls()) == 1

    def test_after_a_minute_it_is_said_again(self, desk):
        desk.say("/help")
        for _ in range(3):
            desk.clock.advance(timedelta(seconds=25))
            desk.say("/help")
        assert len(desk.said()) == 2, "the second after 75 s, whatever was asked in between"

    def test_another_person_is_answered(self, desk):
        desk.feed(desk.text("/help"), desk.text("/help", person=1002))
        assert len(desk.said()) == len(desk.said(1002)) == 1

    def test_another_command_in_between(self, desk):
        desk.feed(*map(desk.text, ("/stop", "/start", "/stop", "/start")))
        assert len(desk.said()) == 4

    def test_another_code(self, desk):
        users = [desk.add_user("Anna"), desk.add_user("Boris")]
        with desk.database.writing() as session:
            codes = [
                telegram_auth.start_link(session, user.id, desk.clock()).code for user in users
            ]
        desk.feed(*(desk.text(f"/start {code}") for code in codes))
        assert [name for name in ("Anna", "Boris") if name in desk.said()[-1]] == ["Boris"]

    def test_an_answer_that_would_be_another_by_now(self, desk):
        desk.say("/me")
        desk.link("member")
        desk.say("/me")
        assert len(desk.said()) == 2

    def test_a_press_in_between(self, desk):
        desk.say("/language")
        desk.press("language:en")
        desk.say("/language")
        assert len(desk.said()) == 2

    @pytest.mark.parametrize(
        ("text", "key"),
        [("/link ABCD-2345", "code_wrong"), ("ABCD-2345", "code_in_message"), ("hi", "thanks")],
    )
    def test_what_is_no_other_try_is_no_other_answer(self, desk, text, key):
        desk.feed(*(desk.text(text) for _ in range(8)))
        told = phrase("en", key, **({} if key == "thanks" else {"count": 15}))
        assert desk.said() == [told]
        assert len(desk.heard()) == 8


class TestGroups:
    def test_talk_is_not_kept(self, desk):
        desk.feed(desk.group_message({"text": "hello all"}), desk.group_message({"text": "/dice"}))
        assert desk.chat(GROUP).name == "Choir"
        assert desk.thread(GROUP) == []

    def test_a_known_command_leads_to_the_private_chat(self, desk):
        desk.feed(desk.group_message({"text": "/link@CLUB_bot"}))
        assert desk.said(GROUP) == [phrase("en", "in_private")]
        assert desk.heard(GROUP) == ["/link"]

    def test_another_bot_s_command_is_left_alone(self, desk):
        desk.feed(desk.group_message({"text": "/help@other_bot"}))
        assert desk.thread(GROUP) == []

    def test_commands_do_not_make_it_talk_all_the_time(self, desk):
        desk.feed(*(desk.group_message({"text": "/help"}) for _ in range(5)))
        assert len(desk.said(GROUP)) == 1

    def test_a_code_is_not_used_in_a_group(self, desk):
        desk.feed(desk.group_message({"text": "/start " + "A" * 32}))
        assert desk.heard(GROUP) == ["/start"]


class TestBanned:
    @pytest.fixture(autouse=True)
    def banned(self, desk):
        desk.say("/start")
        with desk.database.writing() as session:
            session.get(type(desk.chat()), 1001).banned = True

    def test_what_is_written_is_neither_kept_nor_answered(self, desk):
        desk.say("hello")
        desk.say("/help")
        desk.feed(desk.update(edited_message=desk.text("hello!")["message"]))
        assert desk.heard() == ["/start"]
        assert len(desk.said()) == 1

    def test_news_can_still_be_stopped_and_begun(self, desk):
        desk.say("/stop")
        assert desk.chat().status == "stopped"
        desk.say("/start")
        assert desk.chat().status == "active"


def test_whoever_writes_has_pressed_start(desk):
    desk.say("/start")
    with desk.database.writing() as session:
        session.get(type(desk.chat()), 1001).status = "new"
    desk.say("hello")
    assert desk.chat().status == "active"


class TestHooks:
    """What other modules register: who is asked, in which order."""

    @pytest.fixture
    def heard(self, desk):
        heard = []

        def note(name, answer=None):
            def handler(context, what):
                heard.append((name, getattr(what, "text", what), context.person_id))
                return answer

            return handler

        router = desk.router
        router.text, router.edited = note("text"), note("edited")
        router.typed, router.group = note("typed", False), note("group", True)
        router.dialog("asked", note("dialog", True))
        return heard

    def test_a_message(self, desk, heard):
        desk.say("hello")
        assert heard == [("typed", "hello", 1001), ("text", "hello", 1001)]

    def test_an_answer_the_bot_waits_for(self, desk, heard):
        desk.say("/start")
        with desk.database.writing() as session:
            session.get(type(desk.chat()), 1001).dialog = {"kind": "asked"}
        desk.say("hello")
        desk.say("/help")
        assert heard == [("dialog", "hello", 1001)]

    def test_an_edit(self, desk, heard):
        desk.feed(desk.update(edited_message=desk.text("hallo")["message"]))
        desk.feed(desk.update(edited_message=desk.group_message({"text": "x"})["message"]))
        assert heard == [("edited", "hallo", 1001)]

    def test_a_group_is_asked_first(self, desk, heard):
        desk.feed(desk.group_message({"text": "/help"}))
        assert heard == [("group", "/help", 1001)]
        assert desk.said(GROUP) == []


@pytest.mark.parametrize("payload", ["A" * 64, "A" * 65, "%00", "שלום", "-_" * 32])
def test_any_start_payload_is_answered(desk, payload):
    desk.say(f"/start {payload}")
    assert desk.said()[0].startswith("Hello, Anna!")
    assert desk.heard() == ["/start"]


def test_names_of_all_kinds(desk):
    name = "\u202eשלום 👩‍👩‍👧 <b>&\0"
    update = desk.text("/start")
    update["message"]["from"]["first_name"] = update["message"]["chat"]["first_name"] = name
    desk.feed(update)
    assert desk.chat().name == name.replace("\0", "")
    assert len(desk.said()) == 1


@pytest.mark.parametrize("kind", ["inline_query", "chosen_inline_result", "poll_answer"])
def test_what_nobody_asked_for_passes(desk, kind):
    person = {"id": 1001, "is_bot": False, "first_name": "Anna"}
    bodies = {
        "inline_query": {"id": "1", "from": person, "query": "x", "offset": ""},
        "chosen_inline_result": {"result_id": "1", "from": person, "query": "x"},
        "poll_answer": {"poll_id": "1", "user": person, "option_ids": [0]},
    }
    desk.feed(desk.update(**{kind: bodies[kind]}))
    assert desk.waiting() == 0


def test_apologies_go_to_known_people_only(desk):
    desk.say("/start")
    desk.feed(desk.group_message({"text": "hello"}))
    payloads = [desk.text("x"), desk.text("x", person=5), desk.group_message({}), desk.update()]
    with desk.database.writing() as session:
        for payload in payloads:
            desk.dispatcher.apologise(session, payload, desk.clock())
    assert desk.said()[1:] == [phrase("en", "wrong")]
    assert desk.calls(GROUP) == []


class TestPressesThatFail:
    """The button would go on waiting before the person's eyes."""

    @pytest.fixture(autouse=True)
    def broken(self, desk):
        def fail(context, press):
            raise RuntimeError("on purpose")

        desk.say("/start")
        desk.feed(desk.group_message({"text": "hello"}))
        desk.router.buttons["language"] = fail
        desk.router.shared.add("language")
        desk.link("admin")

    def last(self, desk, chat_id):
        handle_all(desk.handler)
        assert desk.rows()[-1].error == "RuntimeError"
        return desk.calls(chat_id)[-1]

    def answer(self, words):
        return "answerCallbackQuery", {
            "callback_query_id": "4242",
            "text": words,
            "show_alert": True,
        }

    def test_in_private(self, desk):
        said = desk.said()
        desk.store(desk.pressed("language:ru"))
        assert self.last(desk, 1001) == self.answer(phrase("en", "wrong"))
        assert desk.said() == said

    def test_in_a_group_in_the_language_of_who_pressed(self, desk):
        group = {"id": GROUP, "type": "supergroup", "title": "Choir"}
        pressed = desk.pressed("language:ru", chat=group)
        pressed["callback_query"]["from"]["language_code"] = "ru"
        desk.store(pressed)
        assert self.last(desk, GROUP) == self.answer(phrase("ru", "wrong"))


class TestOldButtons:
    """Refused in the language of whoever pressed: their choice here, else that of their app."""

    def test_in_private_the_choice_counts(self, desk):
        desk.say("/start")
        desk.press("language:ru")
        desk.press("from-long-ago:1")  # the app says English
        assert desk.answers()[-1] == phrase("ru", "button_old")

    def test_in_a_group_the_app_counts(self, desk):
        desk.feed(desk.group_message({"text": "hello"}))
        with desk.database.writing() as session:
            session.get(type(desk.chat(GROUP)), GROUP).language = "en"
        pressed = desk.pressed("from-long-ago:1", chat={"id": GROUP, "type": "supergroup"})
        pressed["callback_query"]["from"]["language_code"] = "ru"
        desk.feed(pressed)
        assert desk.answers(GROUP) == [phrase("ru", "button_old")]

    def test_under_an_inline_message(self, desk):
        """The bot sends none; whoever is known is answered all the same."""
        pressed = desk.pressed("language:ru")
        del pressed["callback_query"]["message"]
        stranger = desk.update(callback_query={**pressed["callback_query"]})
        desk.feed(stranger)
        assert desk.calls() == []
        desk.say("/start")
        desk.feed(pressed)
        assert desk.answers() == [phrase("en", "button_old")]


@pytest.mark.parametrize("data", ["broadcast:send:\ud83d", "\ud83d", "broadcast:send:\0"])
def test_a_press_with_broken_data_is_answered(desk, data):
    desk.say("/start")
    desk.link("admin")
    desk.press(data)
    assert desk.calls()[-1][0] == "answerCallbackQuery"
