"""Notifications: whom they reach, what they say, who may ask, and once for a key."""

import json
import threading
from functools import partial

import pytest

from appliance.crud.accounts import users
from appliance.crud.chats import chats, supergroups
from appliance.crud.messages import messages
from appliance.errors import Forbidden, Invalid, KeyReused, NotFound, NothingToDo
from appliance.models import (
    Broadcast,
    ChatStatus,
    ChatType,
    DeliveryState,
    Message,
    Notification,
    Priority,
)
from appliance.services import content, notify
from appliance.services.chats import topics
from appliance.services.notify import NewNotification, Sender
from support.people import add_user
from support.stored import all_rows

CLI = Sender("cli:root")


@pytest.fixture
def enrol(database):
    """`enrol("ann", 5)`: a user linked to the chat 5; returns the id."""

    def enrol(name, chat_id=None, role="member", status=ChatStatus.ACTIVE):
        with database.writing() as session:
            user = add_user(session, name.title(), role, chat_id)
            if chat_id is not None:
                chats.find(session, chat_id).status = status
            return user.id

    return enrol


@pytest.fixture
def ask(database):
    """`ask(to="chat:5", text="x", user=1)`: the notification, and whether it is new."""

    def ask(to, text="disk full", user=None, **values):
        with database.writing() as session:
            sender = CLI if user is None else Sender("token:1", users.get(session, user))
            return notify.create(session, NewNotification(to=to, text=text, **values), sender)

    return ask


@pytest.fixture
def stored(database):
    return partial(all_rows, database)


@pytest.fixture
def empty(stored):
    """Nothing was stored or queued."""

    def empty():
        return [stored(table) for table in (Notification, Message, Broadcast)] == [[], [], []]

    return empty


def params(message):
    return {name: value for name, value in message.params.items() if name != "text"}


def test_to_a_person_it_is_one_message_before_any_broadcast(enrol, ask, stored):
    ann = enrol("ann", 5)
    row, created = ask("user:ann@example.org", title="db1")
    (message,) = stored(Message)
    assert created and (row.message_id, row.broadcast_id) == (message.id, None)
    assert (row.target, row.actor, row.title, row.priority) == (
        *(f"user:{ann}", "cli:root"),
        *("db1", "normal"),
    )
    assert (message.chat_id, message.method, message.visible) == (5, "sendMessage", True)
    assert (message.state, message.priority) == (DeliveryState.PENDING, Priority.NOTIFICATION)
    assert message.params == {"text": "<b>db1</b>\ndisk full", "parse_mode": "HTML"}
    assert message.text == "db1\ndisk full"


@pytest.mark.parametrize("to", ["chat:5", "user:1", " user:ann@example.org "])
def test_words_for_one(enrol, ask, stored, to):
    enrol("ann", 5)
    ask(to)
    assert [message.chat_id for message in stored(Message)] == [5]


def test_to_a_role_or_topic_it_is_a_broadcast(enrol, ask, stored, database):
    ann, _ = enrol("ann", 5, "admin"), enrol("ben", 6)
    with database.writing() as session:
        topics.add(session, "dev", None, None, default_on=True)
    for to, count in [("role:admin", 1), ("topic:dev", 2)]:
        row, _ = ask(to, title="T", user=ann, buttons=[[{"text": "Log", "url": "https://x.org"}]])
        broadcast = stored(Broadcast)[-1]
        assert (row.broadcast_id, row.message_id) == (broadcast.id, None)
        assert broadcast.audience == {"to": [to], "not": []}
        assert (broadcast.priority, broadcast.created_by) == (Priority.NOTIFICATION, ann)
        assert (broadcast.text, broadcast.format) == ("<b>T</b>\ndisk full", "html")
        assert broadcast.options == {"buttons": [[{"text": "Log", "url": "https://x.org"}]]}
        with database.reading() as session:
            assert notify.count(session, row) == count
    assert stored(Message) == []


def test_a_broadcast_that_began_counts_whom_it_went_to(enrol, ask, stored, database):
    row, _ = ask("role:admin") if enrol("ann", 5, "admin") else (None, None)
    with database.writing() as session:
        broadcast = session.get(Broadcast, row.broadcast_id)
        broadcast.frozen_at, broadcast.total = broadcast.created_at, 17
    with database.reading() as session:
        assert notify.count(session, row) == 17


@pytest.mark.parametrize(
    ("priority", "said"),
    [
        ("low", {"disable_notification": True}),
        ("normal", {}),
        ("high", {"disable_notification": False}),
    ],
)
def test_priority_is_about_the_sound(enrol, ask, stored, priority, said):
    """False is not the same as nothing: quiet hours leave it alone."""
    enrol("ann", 5, "admin")
    ask("chat:5", priority=priority)
    ask("role:admin", priority=priority)
    (message,), (broadcast,) = stored(Message), stored(Broadcast)
    assert params(message) == {"parse_mode": "HTML"} | said
    silent = said.get("disable_notification")
    assert broadcast.options == ({} if silent is None else {"silent": silent})
    assert message.priority == broadcast.priority == Priority.NOTIFICATION


def test_buttons(enrol, ask, stored):
    enrol("ann", 5)
    ask("chat:5", buttons=[[{"text": "Log", "url": "https://x.org/1"}]])
    keyboard = {"inline_keyboard": [[{"text": "Log", "url": "https://x.org/1"}]]}
    assert params(stored(Message)[0]) == {"parse_mode": "HTML", "reply_markup": keyboard}


@pytest.mark.parametrize(
    "text",
    [
        *("a <b> & c", "{first_name}", "{{name}}", "{ name }", "{unknown}", '{"up": {job}}', "&#1"),
        *("a\n\nb", "👩‍👩‍👧 שלום"),
    ],
)
@pytest.mark.parametrize("title", [None, "T <i> {name}"])
def test_plain_text_is_told_as_it_stands(enrol, ask, stored, text, title):
    """Also by a broadcast, which would fill in names."""
    enrol("ann", 5, "admin")
    expected = text if title is None else f"{title}\n{text}"
    ask("chat:5", text, title=title)
    assert stored(Message)[0].text == expected
    ask("role:admin", text, title=title)
    composer = content.Composer(stored(Broadcast)[0])
    assert not composer.needs_person
    sent = json.loads(composer.body_for(5))["text"]
    assert sent == stored(Message)[0].params["text"]


def test_html_is_kept(enrol, ask, stored):
    enrol("ann", 5)
    ask("chat:5", "<b>full</b> <a href='https://x.org/?a={b}'>log</a>", format="html")
    (message,) = stored(Message)
    assert message.text == "full log"
    assert message.params["text"].startswith("<b>full</b> <a href='https://x.org/?a=&#123;b}'")


@pytest.mark.parametrize("to", ["chat:5", "role:admin"])
def test_what_telegram_drops_in_silence_is_no_reason_to_refuse(enrol, ask, to):
    """A program that raises an alarm does not try again."""
    enrol("ann", 5, "admin")
    text = 'disk&nbsp;full <a href="http://localhost:3000">panel</a>' + "<b>x</b> " * 101
    _, created = ask(to, text, format="html")
    assert created


def test_a_title_is_enough(enrol, ask, stored):
    enrol("ann", 5)
    ask("chat:5", " ", title=" Backup\n done ")
    assert stored(Message)[0].params["text"] == "<b>Backup done</b>"


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"text": ""}, ("text", None)),
        ({"text": " \n"}, ("text", None)),
        ({"text": "<b>x", "format": "html"}, ("text", 0)),
        ({"text": "{{{a}}} <b>ok</b> <i>x", "format": "html"}, ("text", 18)),
        ({"text": "x" * 4097}, ("text", 4096)),
        ({"text": "x" * 4096, "title": "T"}, ("text", None)),
        ({"text": "a\0b"}, ("text", 1)),
        ({"title": "a\0b"}, ("title", 1)),
        ({"title": "x" * 256}, ("title", None)),
        ({"format": "markdown"}, ("format", None)),
        ({"priority": "urgent"}, ("priority", None)),
        ({"key": ""}, ("key", None)),
        ({"key": "x" * 201}, ("key", None)),
        ({"buttons": [[{"text": "", "url": "https://x.org"}]]}, ("buttons.0.0", None)),
        ({"buttons": [[{"text": "x", "url": "javascript:1"}]]}, ("buttons.0.0", None)),
        ({"to": "all"}, ("to", None)),
        ({"to": "user:"}, ("to", None)),
        ({"to": "chat:x"}, ("to", None)),
        ({"to": "role:king"}, ("to", None)),
        ({"to": "ann@example.org"}, ("to", None)),
    ],
)
def test_what_is_refused_with_its_place(enrol, ask, empty, values, fault):
    enrol("ann", 5)
    with pytest.raises(Invalid) as caught:
        ask(**{"to": "chat:5", **values})
    assert [(one.field, one.offset) for one in caught.value.faults] == [fault]
    assert empty()


def test_4096_characters_after_parsing_are_taken(enrol, ask, stored):
    enrol("ann", 5)
    ask("chat:5", "<" * 4094, title="T")
    assert len(stored(Message)[0].text) == 4096


@pytest.mark.parametrize("to", ["user:nobody@example.org", "user:77", "chat:77", "topic:nothing"])
def test_whom_nobody_knows(ask, empty, to):
    with pytest.raises(NotFound):
        ask(to)
    assert empty()


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (ChatStatus.STOPPED, "Ann sent /stop"),
        (ChatStatus.BLOCKED, "Ann blocked the bot"),
        (ChatStatus.LEFT, "the bot was removed from Ann"),
        (ChatStatus.NEW, "Ann never pressed Start"),
    ],
)
@pytest.mark.parametrize("priority", ["normal", "high"])
def test_who_is_in_no_audience_is_left_alone(enrol, ask, empty, status, told, priority):
    enrol("ann", 5, status=status)
    for to in ("chat:5", "user:ann@example.org"):
        with pytest.raises(NothingToDo, match=f"{told}.*: nothing was queued"):
            ask(to, priority=priority)
    assert empty()


def test_who_is_not_linked_cannot_be_told(enrol, ask, empty):
    enrol("ann")
    with pytest.raises(NothingToDo, match=r"ann@example\.org is not linked to Telegram"):
        ask("user:ann@example.org")
    with pytest.raises(NothingToDo, match="this audience is empty"):
        ask("role:member")
    assert empty()


def test_a_group_takes_them_once_it_is_approved(ask, stored, database):
    def group(approved):
        with database.writing() as session:
            chat = chats.remember(session, -7, type=ChatType.GROUP, title="Ops")
            chat.approved = approved

    group(True)
    ask("chat:-7")
    assert [message.chat_id for message in stored(Message)] == [-7]
    group(False)
    with pytest.raises(NothingToDo, match="Ops is not approved"):
        ask("chat:-7")


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_operators_and_admins_write_to_anybody(enrol, ask, role):
    enrol("ann", 5)
    assert ask("chat:5", user=enrol("olga", role=role))[0].actor == "token:1"


def test_many_people_are_for_admins_to_notify(enrol, ask, empty, database):
    """A notification to a topic or role is a broadcast, and operators send none."""
    olga = enrol("olga", 6, "operator")
    with database.writing() as session:
        topics.add(session, "dev", None, None, default_on=True)
    for to in ("role:operator", "topic:dev", " role:operator", "topic:nothing", "role:king"):
        with pytest.raises(Forbidden, match="only admins can notify a topic or a role"):
            ask(to, user=olga)
    assert empty()
    ada = enrol("ada", 7, "admin")
    for to in ("role:operator", "topic:dev"):
        assert ask(to, user=ada)[0].broadcast_id is not None


def test_members_write_to_themselves(enrol, ask, stored):
    ann, ben = enrol("ann", 5), enrol("ben", 6)
    for to in ("user:ann@example.org", f"user:{ann}", "chat:5", "user:ANN@example.org"):
        ask(to, user=ann)
    assert {message.chat_id for message in stored(Message)} == {5}
    known, unknown = "user:ben@example.org", "user:nobody@example.org"
    for to in (known, unknown, f"user:{ben}", "chat:6", "role:member", "topic:x", "chat:7"):
        with pytest.raises(Forbidden, match="notify only themselves"):
            ask(to, user=ann)


def test_a_key_sends_once_and_answers_the_first(enrol, ask, stored):
    enrol("ann", 5, "admin")
    for to, table in [("chat:5", Message), ("role:admin", Broadcast)]:
        first, created = ask(to, "one", key=f"k-{to}")
        again, anew = ask(to, "one", key=f"k-{to}")
        with pytest.raises(KeyReused, match="something else"):
            ask(to, "two", key=f"k-{to}")
        assert (created, anew, again.id) == (True, False, first.id)
        assert len(stored(table)) == 1


def test_a_key_answers_when_the_person_is_gone(enrol, ask, database):
    enrol("ann", 5)
    first, _ = ask("chat:5", key="k")
    with database.writing() as session:
        chats.set_status(session, 5, ChatStatus.BLOCKED)
    assert ask("chat:5", key="k")[0].id == first.id


def test_a_key_belongs_to_who_asks(enrol, ask, stored):
    """Nobody can use up the key of somebody else, and so keep them from being told."""
    ann, olga = enrol("ann", 5), enrol("olga", 6, "operator")
    made = [ask("chat:5", key="k", user=user)[1] for user in (ann, olga, None)]
    assert made == [True, True, True]
    assert [row.key for row in stored(Notification)] == [f"{ann}:k", f"{olga}:k", "cli:k"]


def test_a_key_whose_attempt_failed_is_free(enrol, ask, stored):
    ann = enrol("ann")
    with pytest.raises(NothingToDo):
        ask("user:ann@example.org", key="k")
    with pytest.raises(NothingToDo):
        ask("role:member", key="k")
    assert (ann, stored(Notification)) == (1, [])


@pytest.mark.parametrize(
    "db", ["database", pytest.param("postgresql_database", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("to", ["chat:5", "role:admin"])
def test_one_key_from_eight_threads_at_once(request, db, to):
    database = request.getfixturevalue(db)
    with database.writing() as session:
        add_user(session, "Ada", "admin", 5)
    go, results = threading.Barrier(8), []

    def ask():
        go.wait()
        with database.writing() as session:
            new = NewNotification(to=to, text="x", key="k")
            row, created = notify.create(session, new, CLI)
            results.append((row.id, created))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8 and len({number for number, _ in results}) == 1
    assert sum(created for _, created in results) == 1
    with database.reading() as session:
        assert session.query(Message).count() + session.query(Broadcast).count() == 1
        assert messages.any_waiting(session) == (to == "chat:5")


def test_a_group_is_told_by_the_id_it_had_before_it_became_a_supergroup(database, ask, stored):
    with database.writing() as session:
        chats.remember(session, -5, type=ChatType.GROUP, title="Ops").approved = True
        chats.set_status(session, -5, ChatStatus.ACTIVE)
        session.flush()
        supergroups.migrate(session, -5, -1005)
    row, _ = ask("chat:-5")
    assert row.target == "chat:-1005"
    assert [message.chat_id for message in stored(Message)] == [-1005]
