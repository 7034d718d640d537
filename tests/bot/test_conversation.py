"""The whole way: a person's Telegram, the updates, the site, the engine, the operators' group."""

import base64
import dataclasses
import io
import threading

import pytest

from appliance import config, web
from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.delivery.client import Client
from appliance.delivery.engine import Engine
from appliance.delivery.engine_config import EngineConfig
from appliance.models import DeliveryState, Media, Message
from appliance.services.accounts import users
from appliance.services.leases import DELIVERY, Holding
from support.stored_updates import handle_all

PASSWORD = "correct horse battery"
PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10" + b"\0" * 60


class Site:
    """A browser in which an operator is logged in."""

    def __init__(self, app):
        self.client = app.test_client()
        self.token = self.get("/session").json["csrf_token"]
        body = {"email": "olga@example.org", "password": PASSWORD}
        self.token = self.post("/auth/login", json=body).json["csrf_token"]

    def get(self, path):
        return self.client.get(f"/api/v1{path}", buffered=True)

    def post(self, path, **options):
        headers = {"X-CSRF-Token": self.token}
        return self.client.post(f"/api/v1{path}", headers=headers, **options)


@pytest.fixture
def site(settings, database, sandbox):
    """The real application, with the simulator for Telegram."""
    with database.writing() as session:
        hashed = users.hash_password(PASSWORD)
        users.create_user(session, "olga@example.org", hashed, "Olga", "admin", "en")
    app = web.create_app(dataclasses.replace(settings, bot_api_url=sandbox.url))
    yield Site(app)
    web.close_app(app)


@pytest.fixture
def until(
    database,
    sandbox,
    settings,
    desk,
    make_poller,
    wait_until,
):
    """`until(lambda: …)`: the bot listens and the engine sends until something is true."""
    client = Client(sandbox.url, config.SANDBOX_TOKEN, timeout=5)
    holding = Holding(database, DELIVERY)
    assert holding.acquire()
    engine = Engine(
        database, client, holding, rate=1000, config=EngineConfig(media=settings.data / "media")
    )
    stop, poller = threading.Event(), make_poller()
    sending = threading.Thread(target=engine.run, args=(stop,))
    sending.start()

    def until(done):
        def stepped():
            poller.poll_once(0)
            handle_all(desk.handler)
            assert [row.error for row in desk.rows() if row.error] == []
            return done()

        return wait_until(stepped, 20)

    yield until
    stop.set()
    sending.join()
    client.close()


@pytest.fixture
def person(phone):
    person = phone.new(first_name="Anna", language_code="en")
    phone.start(person)
    return int(person)


@pytest.fixture
def make_group(phone, database, site, until):
    """`make_group()`: an operators' group and its founder, Olga, who is an admin of the site."""

    def make(**fields):
        olga = phone.new(first_name="Olga")
        phone.start(olga)
        body = {"type": "supergroup", "title": "Desk", "creator": olga, "bot": "administrator"}
        group = int(phone.ask("chats", {**body, **fields})["id"])
        until(lambda: phone.messages(olga)[1:])
        with database.writing() as session:
            user = users.users.get_by_email(session, "olga@example.org")
            chats.find(session, olga).user_id = user.id
        phone.ask(f"people/{olga}/send", {"chat_id": group, "text": "/operators"})
        until(lambda: _chosen(database))
        return group, olga

    return make


def _chosen(database):
    with database.reading() as session:
        return settings.get_setting(session, settings.OPERATORS)


def texts(phone, chat):
    path = f"chats/{chat}/messages" if chat < 0 else f"people/{chat}/messages"
    found = phone.ask(path)["messages"]
    return [m["text"] or m["caption"] or "" for m in found if m["from"] == "bot"]


def find(phone, group, words):
    found = phone.ask(f"chats/{group}/messages")["messages"]
    return next((m for m in found if words in (m["text"] or m["caption"] or "")), None)


@pytest.mark.slow
def test_answered_on_the_site(phone, person, site, until, database, settings):
    phone.send(person, "Where is the hall?")
    thread = until(lambda: site.get("/inbox").json["items"])[0]
    assert (thread["chat"]["id"], thread["last_text"]) == (person, "Where is the hall?")

    site.post(f"/inbox/{person}/reply", json={"text": "At the river"})
    until(lambda: "At the river" in texts(phone, person))

    for _ in range(2):
        form = {"file": (io.BytesIO(b"a plan"), "plan.txt"), "caption": "The plan"}
        site.post(f"/inbox/{person}/files", data=form)
    until(lambda: texts(phone, person).count("The plan") == 2)
    with database.reading() as session:
        (kept,) = session.query(Media)
        assert kept.file_id

    phone.ask(f"people/{person}/block", {"silent": True})
    number = site.post(f"/inbox/{person}/reply", json={"text": "Hello?"}).json["id"]

    def told():
        lines = site.get(f"/inbox/{person}/messages").json["items"]
        return next(it for it in lines if it["id"] == number)["state"] == "failed"

    until(told)
    assert site.get(f"/inbox/{person}").json["chat"]["status"] == "blocked"
    assert site.post(f"/inbox/{person}/reply", json={"text": "?"}).status_code == 409


def test_files_are_fetched_from_telegram(phone, person, site, until):
    content = base64.b64encode(PICTURE).decode()
    body = {"content": content, "name": "a.png", "mime": "image/png", "caption": "see"}
    phone.ask(f"people/{person}/document", body)
    until(lambda: site.get("/inbox").json["items"])
    (line, *_) = [it for it in site.get(f"/inbox/{person}/messages").json["items"] if it["files"]]
    assert (line["text"], line["files"][0]["kind"]) == ("see", "document")
    fetched = site.get(line["files"][0]["url"].removeprefix("/api/v1"))
    assert (fetched.status_code, fetched.data) == (200, PICTURE)
    assert fetched.mimetype == "image/png"


@pytest.mark.slow
def test_answered_in_the_group(phone, person, site, make_group, until):
    group, olga = make_group()
    phone.send(person, "Where is the hall?")
    copy = until(lambda: find(phone, group, "Where is the hall?"))
    assert "Anna" in copy["text"]

    reply = {"chat_id": group, "text": "At the river", "reply_to": copy["message_id"]}
    phone.ask(f"people/{olga}/send", reply)
    until(lambda: "At the river" in texts(phone, person))
    lines = site.get(f"/inbox/{person}/messages").json["items"]
    answer = next(line for line in lines if line["text"] == "At the river")
    assert answer["author"]["name"] == "Olga"

    content = base64.b64encode(b"a plan").decode()
    file = {"content": content, "name": "plan.txt", "chat_id": group, "caption": "The plan"}
    phone.ask(f"people/{olga}/document", {**file, "reply_to": copy["message_id"]})
    until(lambda: "The plan" in texts(phone, person))

    site.post(f"/inbox/{person}/reply", json={"text": "And from the site"})
    until(lambda: find(phone, group, "And from the site"))


@pytest.mark.slow
def test_an_album_of_the_group_is_one_answer(phone, person, site, make_group, until):
    group, olga = make_group()
    phone.send(person, "What does the hall look like?")
    copy = until(lambda: find(phone, group, "What does the hall look like?"))
    content = base64.b64encode(PICTURE).decode()
    files = [{"content": content, "kind": "photo", "name": f"{n}.png"} for n in range(3)]
    body = {"files": files, "caption": "So", "chat_id": group, "reply_to": copy["message_id"]}
    phone.ask(f"people/{olga}/album", body)

    until(lambda: "So" in texts(phone, person))
    lines = site.get(f"/inbox/{person}/messages").json["items"]
    (answer,) = [line for line in lines if line["files"]]
    assert (answer["text"], len(answer["files"])) == ("So", 3)
    until(lambda: site.get(f"/inbox/{person}/messages").json["items"][0]["state"] == "sent")
    assert phone.calls()["copyMessages"] == 1
    assert "sendPhoto" not in phone.calls()


@pytest.mark.slow
def test_a_topic_for_each_person(phone, person, make_group, until, database):
    group, olga = make_group(is_forum=True)
    phone.send(person, "Hello")
    copy = until(lambda: find(phone, group, "Hello"))
    (topic,) = [it for it in phone.ask(f"chats/{group}")["topics"] if it["name"] == "Anna"]
    assert copy["thread"] == topic["id"]

    reply = {"chat_id": group, "text": "Hi", "thread": topic["id"]}
    phone.ask(f"people/{olga}/send", {**reply, "text": "among us"})
    phone.ask(f"people/{olga}/send", {**reply, "reply_to": copy["message_id"]})
    until(lambda: "Hi" in texts(phone, person))
    assert "among us" not in texts(phone, person)

    phone.call("deleteForumTopic", chat_id=group, message_thread_id=topic["id"])
    phone.send(person, "Still there?")
    until(lambda: find(phone, group, "Still there?"))

    def all_arrived():
        with database.reading() as session:
            rows = session.query(Message).filter_by(chat_id=group, about_chat_id=person)
            return {row.state for row in rows} == {DeliveryState.SENT}

    until(all_arrived)
