"""A desk: the bot's handlers on a real database, with updates as Telegram words them.

Nothing of Telegram is needed for that; tests that need its side ask for `sandbox` and `phone`.
"""

import itertools

import pytest
import requests

from appliance.bot.context import Site
from appliance.bot.dispatcher import Dispatcher
from appliance.bot.handlers import build_router
from appliance.bot.poller import Poller
from appliance.bot.telegram import make_bot
from appliance.bot.worker import Handler
from appliance.config import SANDBOX_TOKEN
from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.models import Direction, Message, Update
from appliance.services import updates as service_updates
from support import simulator
from support.clock import noon
from support.people import add_user
from support.stored_updates import count_waiting, handle_all

SITE_URL = "https://members.example.org"
ANNA = 1001
GROUP = -1001234567890

_ids = itertools.count(500_000_001)
_message_ids = itertools.count(1)

_RIGHTS = """can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats
can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories
can_edit_stories can_delete_stories can_post_messages can_edit_messages"""


class Desk:
    """The bot without Telegram: updates go in at `feed`, what it says is in the outbox."""

    def __init__(self, database, site_url=SITE_URL):
        self.database = database
        self.clock = noon()
        self.site = Site(site_url, "en")
        self.router = build_router()
        self.dispatcher = Dispatcher(self.router, self.site)
        self.handler = Handler(database, self.dispatcher, clock=self.clock)
        with database.writing() as session:
            settings.put_setting(
                session, settings.BOT, {"id": 100001, "username": "club_bot", "name": "Club"}
            )

    def feed(self, *payloads):
        """Store the updates and handle all that wait; none may fail."""
        self.store(*payloads)
        handle_all(self.handler)
        assert [row.error for row in self.rows() if row.error] == []

    def store(self, *payloads):
        for payload in payloads:
            with self.database.writing() as session:
                service_updates.receive(session, payload, self.clock())

    def say(self, text, **options):
        self.feed(self.text(text, **options))

    def press(self, data, **options):
        self.feed(self.pressed(data, **options))

    def agree(self, person=ANNA, word="yes"):
        """Press a button of the question whether to link that was asked last."""
        asked = [params for _, params in self.calls(person) if _tie_of(params, word)]
        self.press(_tie_of(asked[-1], word), person=person)

    # What Telegram sends

    def text(self, text, person=ANNA, language="en"):
        return self.message({"text": text}, person=person, language=language)

    def message(self, content, person=ANNA, language="en"):
        return self.update(
            message={
                "message_id": next(_message_ids),
                "date": int(self.clock().timestamp()),
                "chat": _private(person),
                "from": _person(person, language),
                **content,
            }
        )

    def group_message(self, content, chat=GROUP):
        return self.update(
            message={
                "message_id": next(_message_ids),
                "date": int(self.clock().timestamp()),
                "chat": {"id": chat, "type": "supergroup", "title": "Choir"},
                "from": _person(ANNA, "en"),
                **content,
            }
        )

    def pressed(
        self,
        data,
        person=ANNA,
        chat=None,
        date=1,
    ):
        query = {
            "id": "4242",
            "from": _person(person, "en"),
            "chat_instance": "1",
            "message": {"message_id": 77, "date": date, "chat": chat or _private(person)},
        }
        if data is not None:
            query["data"] = data
        return self.update(callback_query=query)

    def membership(self, status, chat=None):
        bot = {"id": 100001, "is_bot": True, "first_name": "Club"}
        member = {"user": bot, "status": status}
        if status == "kicked":
            member["until_date"] = 0
        if status == "administrator":
            member |= dict.fromkeys(_RIGHTS.split(), True)
        return self.update(
            my_chat_member={
                "chat": chat or _private(ANNA),
                "from": _person(ANNA, "ru"),
                "date": 1,
                "old_chat_member": {"user": bot, "status": "left"},
                "new_chat_member": member,
            }
        )

    def update(self, **content):
        return {"update_id": next(_ids), **content}

    # What came of it

    def chat(self, chat_id=ANNA):
        with self.database.reading() as session:
            chat = chats.find(session, chat_id)
            assert chat.user is None or chat.user.name  # read while the session is open
            return chat

    def thread(self, chat_id=ANNA, direction=None):
        """Visible messages, oldest first."""
        with self.database.reading() as session:
            rows = reversed(messages.thread(session, chat_id, 1000))
            return [row for row in rows if direction in (None, row.direction)]

    def said(self, chat_id=ANNA):
        return [row.text or "" for row in self.thread(chat_id, Direction.OUT)]

    def heard(self, chat_id=ANNA):
        return [row.text or "" for row in self.thread(chat_id, Direction.IN)]

    def calls(self, chat_id=ANNA):
        """Everything that waits to be sent, invisible calls included, in order."""
        with self.database.reading() as session:
            rows = session.query(Message).filter_by(chat_id=chat_id, direction=Direction.OUT)
            return [(row.method or "", row.params or {}) for row in rows.order_by(Message.id)]

    def answers(self, chat_id=ANNA):
        """The texts with which pressed buttons were answered; None for those without a text."""
        calls = self.calls(chat_id)
        return [params.get("text") for name, params in calls if name == "answerCallbackQuery"]

    def rows(self):
        with self.database.reading() as session:
            return session.query(Update).order_by(Update.seq).all()

    def waiting(self):
        with self.database.reading() as session:
            return count_waiting(session)

    def link(self, role, chat_id=ANNA):
        """Tie a person who has written to a new account with this role."""
        return self.add_user(f"{role} {chat_id}", role=role, chat_id=chat_id)

    def add_user(self, name="Anna Site", **columns):
        with self.database.writing() as session:
            return add_user(session, name, **columns)


class Phone:
    """The simulator's people, over its control API."""

    def __init__(self, url):
        self.url = url

    def ask(self, path, body=None):
        return simulator.ask(self.url, path, body)

    def new(self, **fields):
        return int(self.ask("people", fields)["id"])

    def start(self, person, payload=""):
        self.ask(f"people/{person}/start", {"payload": payload})

    def send(self, person, text):
        self.ask(f"people/{person}/send", {"text": text})

    def fault(self, kind, **fields):
        self.ask("faults", {"kind": kind, **fields})

    def calls(self):
        return dict(self.ask("stats")["calls"])

    def messages(self, person):
        return list(self.ask(f"people/{person}/messages")["messages"])

    def call(self, method, **params):
        """A call to the Bot API, as some other program with the token would make it."""
        url = f"{self.url}/bot{SANDBOX_TOKEN}/{method}"
        return requests.post(url, json=params, timeout=20).json()


@pytest.fixture
def desk(database):
    return Desk(database)


@pytest.fixture
def make_desk(database):
    return lambda site_url: Desk(database, site_url)


@pytest.fixture
def phone(sandbox):
    return Phone(sandbox.url)


@pytest.fixture
def make_poller(database, sandbox, desk):
    """Pollers of the simulator on the desk's database."""

    def make(token=SANDBOX_TOKEN, **options):
        bot = make_bot(token, sandbox.url)
        return Poller(database, bot, clock=desk.clock, **{"poll_seconds": 0, **options})

    return make


def _person(person, language):
    fields = {"id": person, "is_bot": False, "first_name": "Anna", "username": "anna"}
    return fields | ({"language_code": language} if language else {})


def _tie_of(params, word):
    """The data of the button that says yes or no to being linked, if there is one."""
    rows = params.get("reply_markup", {}).get("inline_keyboard", [])
    every = (button.get("callback_data", "") for row in rows for button in row)
    return next((data for data in every if data.startswith(f"tie:{word}:")), None)


def _private(person):
    return {"id": person, "type": "private", "first_name": "Anna", "username": "anna"}
