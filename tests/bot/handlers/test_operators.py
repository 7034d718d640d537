"""The operators' group: copies go there, replies to them come back to the person."""

import pytest

from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.models import ChatStatus, Message, Priority, Role
from appliance.services.i18n.catalog import phrase
from appliance.services.inbox import operators_group

GROUP = -1001234567890
PHOTO = [{"file_id": "pic", "file_unique_id": "u", "width": 9, "height": 9}]
LIVE = {"file_id": "live", "file_unique_id": "l", "width": 9, "height": 9, "duration": 3}
THANKS = phrase("en", "thanks")
DIRECT = {"is_bot": False, "first_name": "Olga"}
BOT = {"id": 100001, "is_bot": True, "first_name": "Club"}


@pytest.fixture
def group(desk):
    """Makes the group the operators'; `group(topics=True)` one with topics."""

    def make(topics=False):
        with desk.database.writing() as session:
            chats.remember(session, GROUP, type="supergroup", title="Desk")
            value = {"chat_id": GROUP, "topics": topics, "language": "en"}
            settings.put_setting(session, settings.OPERATORS, value)

    return make


@pytest.fixture
def arrive(desk):
    """The engine has sent everything that waits for the group, with these ids from 700 on."""

    def arrive():
        with desk.database.writing() as session:
            rows = session.query(Message).filter_by(chat_id=GROUP, direction="out")
            for number, row in enumerate(rows.order_by(Message.id), 700):
                row.message_id = number
                row.state = 2

    return arrive


@pytest.fixture
def answer(desk):
    """`answer(700, text="…")`: Olga replies in the group to a message of the bot there."""

    def answer(to, person=2001, written=None, **content):
        sender = {"id": person, **DIRECT}
        replied = {
            "message_id": to,
            "date": 1,
            "chat": {"id": GROUP, "type": "supergroup", "title": "Desk"},
            "text": "…",
            **(written or {"from": BOT}),
        }
        desk.feed(desk.group_message({"from": sender, "reply_to_message": replied, **content}))

    return answer


@pytest.fixture
def copies(desk):
    return lambda: desk.calls(GROUP)


def admin(desk, role=Role.ADMIN):
    user = desk.add_user("Ada", role=role)
    with desk.database.writing() as session:
        chats.remember(session, 1001, first_name="Anna")
        chats.find(session, 1001).user_id = user.id
    return user


# Copies


def test_a_copy_has_the_name_and_the_way_to_the_thread(desk, group, copies):
    group()
    desk.say("<b>Hello</b>")
    ((method, params),) = copies()
    assert method == "sendMessage"
    link = '<a href="https://members.example.org/inbox/1001"><b>Anna</b></a>'
    assert params["text"] == f"👤 {link} @anna\n&lt;b&gt;Hello&lt;/b&gt;"
    with desk.database.reading() as session:
        row = session.query(Message).filter_by(chat_id=GROUP).one()
        assert (row.priority, row.about_chat_id) == (Priority.NOTIFICATION, 1001)


def test_files_are_copied_with_a_caption(desk, group, copies):
    group()
    desk.feed(desk.message({"message_id": 55, "photo": PHOTO, "caption": "x" * 1024}))
    ((method, params),) = copies()
    assert (method, params["from_chat_id"], params["message_id"]) == ("copyMessage", 1001, 55)
    assert len(params["caption"]) < 1024


def test_what_has_no_caption_follows_the_name(desk, group, copies):
    group()
    desk.feed(desk.message({"message_id": 56, "location": {"latitude": 1.5, "longitude": 2.5}}))
    (_, head), (method, params) = copies()
    assert head["text"].endswith("[location] 1.5, 2.5")
    assert (method, params) == ("copyMessage", {"from_chat_id": 1001, "message_id": 56})


@pytest.mark.parametrize("text", ["[", "[location] 1, 2", "[photo] of me"])
def test_a_text_in_brackets_is_a_text(desk, group, copies, text):
    group()
    desk.say(text)
    ((method, params),) = copies()
    assert (method, params["text"].splitlines()[-1]) == ("sendMessage", text)


def test_a_long_text_fits(desk, group, copies):
    group()
    desk.say("&" * 4096)
    assert copies()[0][1]["text"].count("&amp;") == 3500


def test_an_edit_is_told(desk, group, copies):
    group()
    desk.say("Tuesday")
    number = desk.thread()[0].message_id
    changed = desk.message({"message_id": number, "text": "Wednesday"})["message"]
    desk.feed(desk.update(edited_message=changed))
    assert "(edited)\nWednesday" in copies()[-1][1]["text"]


def test_without_a_group_nothing_is_copied(desk, group, copies):
    desk.say("Hello")
    group()
    with desk.database.writing() as session:
        chats.set_status(session, GROUP, ChatStatus.LEFT)
    desk.say("again")
    assert copies() == []


def test_each_person_gets_a_topic(desk, group, copies):
    group(topics=True)
    desk.say("one")
    desk.say("two")
    desk.say("other", person=1002)
    assert [method for method, _ in copies()] == [
        "createForumTopic",
        "sendMessage",
        "sendMessage",
        "createForumTopic",
        "sendMessage",
    ]
    assert copies()[0][1] == {"name": "Anna"}


# Answers


def test_a_reply_answers_the_person(desk, group, arrive, answer):
    group()
    desk.say("Hello")
    arrive()
    bold = {"type": "bold", "offset": 0, "length": 2}
    answer(700, text="Hi & bye", entities=[bold])
    method, params = desk.calls()[-1]
    assert (method, params["text"], params["parse_mode"]) == (
        "sendMessage",
        "<b>Hi</b> &amp; bye",
        "HTML",
    )
    asked = desk.thread()[0].message_id
    reply = {"message_id": asked, "allow_sending_without_reply": True}
    assert params["reply_parameters"] == reply
    line = desk.thread()[-1]
    assert (line.text, line.author_id, line.priority) == ("Hi & bye", None, Priority.REPLY)


def test_the_author_is_known_where_linked(desk, group, arrive, answer):
    group()
    olga = desk.add_user("Olga", role=Role.OPERATOR)
    mila = desk.add_user("Mila")
    with desk.database.writing() as session:
        for person, user in ((2001, olga), (2002, mila)):
            chats.remember(session, person, first_name="P").user_id = user.id
    desk.say("Hello")
    arrive()
    answer(700, text="one")
    answer(700, person=2002, text="two")
    assert [line.author_id for line in desk.thread()[-2:]] == [olga.id, None]


@pytest.mark.parametrize(
    ("content", "method", "params"),
    [
        ({"photo": PHOTO, "caption": "<"}, "sendPhoto", {"photo": "pic", "caption": "&lt;"}),
        ({"voice": {"file_id": "v", "file_unique_id": "v", "duration": 1}}, "sendVoice", {}),
        ({"document": {"file_id": "d", "file_unique_id": "d"}}, "sendDocument", {"document": "d"}),
        (
            {"location": {"latitude": 1, "longitude": 2}},
            "copyMessage",
            {"from_chat_id": GROUP},
        ),
        ({"photo": PHOTO, "live_photo": LIVE}, "copyMessage", {"from_chat_id": GROUP}),
        ({"rich_message": {"blocks": []}}, "copyMessage", {"from_chat_id": GROUP}),
    ],
)
def test_files_go_back_by_their_id(desk, group, arrive, answer, content, method, params):
    group()
    desk.say("Hello")
    arrive()
    answer(700, **content)
    called, sent = desk.calls()[-1]
    assert called == method
    assert params.items() <= sent.items()


@pytest.fixture
def albums(desk):
    """What waits for Anna of albums, in order."""

    def albums():
        calls = [params for method, params in desk.calls() if method == "copyMessages"]
        return [params["message_ids"] for params in calls]

    return albums


def test_an_album_stays_one(desk, group, arrive, answer, albums):
    group()
    desk.say("Hello")
    arrive()
    for number in (9002, 9001, 9003):
        answer(700, message_id=number, media_group_id="7", photo=PHOTO, caption=f"{number}")
    answer(700, message_id=9005, media_group_id="8", photo=PHOTO)
    assert albums() == [[9001, 9002, 9003], [9005]]
    assert {params.get("from_chat_id", GROUP) for _, params in desk.calls()} == {GROUP}
    line = desk.thread()[-2]
    assert (line.text, len(line.files), line.priority) == ("9001\n9002\n9003", 3, Priority.REPLY)


def test_a_part_that_comes_late_follows_alone(desk, group, arrive, answer, albums):
    group()
    desk.say("Hello")
    arrive()
    answer(700, message_id=9001, media_group_id="7", photo=PHOTO)
    desk.clock.advance(messages.GATHERS)
    answer(700, message_id=9002, media_group_id="7", photo=PHOTO)
    assert albums() == [[9001], [9002]]


def test_what_is_no_reply_to_a_copy_is_ignored(desk, group, arrive, answer):
    group()
    desk.say("Hello")
    arrive()
    desk.feed(desk.group_message({"text": "lunch?"}))
    answer(4711, text="to a colleague")
    answer(700, text="/help")
    answer(700, pinned_message={"message_id": 1, "date": 1, "chat": {"id": GROUP, "type": "group"}})
    assert desk.said() == [THANKS]


OURS = "https://members.example.org/inbox/1001"


def test_a_colleague_under_the_id_of_a_copy_is_no_copy(desk, group, arrive, answer):
    """Whatever the database has under this id: only what the bot wrote is about a person."""
    group()
    desk.say("Hello")
    arrive()
    peter = {"id": 3003, "is_bot": False, "first_name": "Peter"}
    answer(700, written={"from": peter}, text="what a pain she is")
    assert desk.said() == [THANKS]


def test_after_a_migration_an_old_id_leads_to_nobody(desk, group, arrive, answer):
    group()
    with desk.database.writing() as session:
        chats.remember(session, -55, type="group", title="Desk")
        settings.put_setting(session, settings.OPERATORS, {"chat_id": -55})
    desk.say("Hello")
    with desk.database.writing() as session:
        session.query(Message).filter_by(chat_id=-55).one().message_id = 12
    moved = desk.group_message({"migrate_to_chat_id": GROUP}, chat=-55)
    moved["message"]["chat"]["type"] = "group"
    desk.feed(moved)
    answer(12, text="lunch?")
    assert desk.said() == [THANKS]
    desk.say("again")
    arrive()
    answer(701, text="Hi")
    assert desk.said()[-1] == "Hi"


def test_a_bot_that_is_an_anonymous_administrator(desk, group, arrive, answer):
    """It writes in the group's name, as Telegram tells it."""
    group()
    desk.say("Hello")
    arrive()
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    itself = {"id": GROUP, "type": "supergroup", "title": "Desk"}
    answer(700, written={"from": anonymous, "sender_chat": itself}, text="Hi")
    assert desk.said()[-1] == "Hi"


@pytest.fixture
def unknown(desk):
    """`unknown(text="…")`: a message of the bot in the group whose id is not recorded (yet)."""

    def unknown(sender=BOT, **content):
        chat = {"id": GROUP, "type": "supergroup", "title": "Desk"}
        return {"message_id": 701, "date": 1, "chat": chat, "from": sender, **content}

    return unknown


def linked(url=OURS, offset=3):
    return [{"type": "text_link", "offset": offset, "length": 4, "url": url}]


def test_a_copy_whose_id_is_not_recorded_yet(desk, group, unknown):
    """The link on its name leads to the person."""
    group()
    desk.say("Hello")
    copy = unknown(text="👤 Anna @anna\nHello", entities=linked())
    desk.feed(desk.group_message({"text": "Hi", "reply_to_message": copy}))
    assert desk.said() == [THANKS, "Hi"]


@pytest.mark.parametrize(
    "content",
    [
        {"text": "👤 Anna", "entities": linked(), "sender": {**BOT, "id": 3001}},
        {"text": "👤 Anna", "entities": linked("https://x.example/inbox/1001")},
        {"text": "👤 Anna", "entities": linked("https://members.example.org/x/inbox/1001")},
        {"text": "👤 Eve\nlook, Anna", "entities": linked(offset=11)},
        {"text": "👤 Eve\nlook, Anna", "entities": [*linked("https://e.org"), *linked(offset=11)]},
        {"text": "x, Anna", "entities": linked()},
        {"photo": PHOTO, "caption": "👤 Anna", "caption_entities": linked()},
    ],
)
def test_a_link_that_the_bot_did_not_write_leads_nowhere(desk, group, unknown, content):
    group()
    desk.say("Hello")
    copy = unknown(**content)
    desk.feed(desk.group_message({"text": "forged", "reply_to_message": copy}))
    assert desk.said() == [THANKS]


def test_another_group_answers_nobody(desk, group, arrive, answer):
    group()
    desk.say("Hello")
    arrive()
    with desk.database.writing() as session:
        settings.put_setting(session, settings.OPERATORS, {"chat_id": -5})
    answer(700, text="Hi")
    assert desk.said() == [THANKS]


def test_an_answer_to_who_blocked_is_told_at_once(desk, group, arrive, answer, copies):
    group()
    desk.say("Hello")
    arrive()
    with desk.database.writing() as session:
        chats.set_status(session, 1001, ChatStatus.BLOCKED)
    answer(700, text="Hi")
    assert desk.said() == [THANKS]
    assert copies()[-1][1]["text"] == phrase("en", "relay_blocked", name="Anna")


# The command


def test_an_admin_makes_it_the_operators_group(desk, copies):
    admin(desk)
    desk.feed(desk.group_message({"text": "/operators@club_bot"}))
    assert copies()[-1][1]["text"] == phrase("en", "operators_set")
    with desk.database.reading() as session:
        chosen = settings.get_setting(session, settings.OPERATORS)
    assert chosen == {
        "chat_id": GROUP,
        "topics": False,
        "language": "en",
        "topics_off": False,
    }
    desk.feed(desk.group_message({"text": "/operators off"}))
    assert copies()[-1][1]["text"] == phrase("en", "operators_off")
    desk.feed(desk.group_message({"text": "/operators off"}))
    assert copies()[-1][1]["text"] == phrase("en", "operators_none")


def test_a_forum_gets_topics(desk, copies):
    admin(desk)
    chat = {"id": GROUP, "type": "supergroup", "title": "Desk", "is_forum": True}
    desk.feed(desk.group_message({"text": "/operators", "chat": chat}))
    assert phrase("en", "operators_topics") in copies()[-1][1]["text"]
    with desk.database.reading() as session:
        assert settings.get_setting(session, settings.OPERATORS)["topics"] is True


def test_refused_topics_are_not_asked_for_again(desk, copies):
    """Until an admin says /operators anew, with the right given meanwhile."""
    admin(desk)
    chat = {"id": GROUP, "type": "supergroup", "title": "Desk", "is_forum": True}
    desk.feed(desk.group_message({"text": "/operators", "chat": chat}))
    with desk.database.writing() as session:
        operators_group.refuse_topics(session, operators_group.chosen_group(session))
    desk.feed(desk.group_message({"text": "lunch?", "chat": chat}))
    desk.say("one", person=1002)
    assert "createForumTopic" not in [method for method, _ in copies()]
    desk.feed(desk.group_message({"text": "/operators", "chat": chat}))
    desk.say("two", person=1002)
    assert "createForumTopic" in [method for method, _ in copies()]


def test_a_group_that_got_topics_since(desk, group, copies):
    group()
    chat = {"id": GROUP, "type": "supergroup", "title": "Desk", "is_forum": True}
    desk.feed(desk.group_message({"text": "we have topics now", "chat": chat}))
    desk.say("one")
    assert copies()[0][0] == "createForumTopic"


@pytest.mark.parametrize("role", [Role.MEMBER, Role.OPERATOR])
def test_others_may_not(desk, copies, role):
    admin(desk, role)
    desk.feed(desk.group_message({"text": "/operators"}))
    assert copies()[-1][1]["text"] == phrase("en", "operators_not_admin")
    with desk.database.reading() as session:
        assert settings.get_setting(session, settings.OPERATORS) is None


def test_for_another_bot_or_in_private(desk, copies):
    admin(desk)
    desk.feed(desk.group_message({"text": "/operators@other_bot"}))
    assert copies() == []
    desk.say("/operators")
    assert desk.said()[-1] == phrase("en", "operators_private")
