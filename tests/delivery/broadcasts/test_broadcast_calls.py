"""One message for all or one for each, with files that are uploaded once."""

import io
import json
import shutil

import pytest

from appliance.config import SANDBOX_TOKEN
from appliance.crud import media as media_crud
from appliance.crud.broadcasts import albums, broadcasts
from appliance.crud.chats import chats
from appliance.crud.settings import BOT, put_setting
from appliance.delivery.answers.classify import Answer, classify
from appliance.delivery.broadcast_calls import BroadcastCalls
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.outbox import Outbox
from appliance.delivery.retry_policy import again
from appliance.services.broadcasts import NewBroadcast, create
from appliance.services.content import media
from support.people import add_chats
from support.pictures import picture


@pytest.fixture(autouse=True)
def bot(database):
    with database.writing() as session:
        put_setting(session, BOT, {"id": int(SANDBOX_TOKEN.partition(":")[0]), "username": "b"})


@pytest.fixture
def send(database, settings):
    """`send("text", ["photo"])` queues a broadcast with pictures."""

    def send(text, kinds=(), **more):
        kept = [
            media.keep(settings.data, kind, io.BytesIO(picture("PNG", 16 + n)), f"{n}.png")
            for n, kind in enumerate(kinds)
        ]
        with database.writing() as session:
            ids = tuple(media.record(session, one).id for one in kept)
            new = NewBroadcast(text, to=("all",), media=ids, **more)
            return create(session, new)[0].id

    return send


def on_phone(ask, person):
    found = ask(f"people/{person}/messages")["messages"][-1]
    return found


def test_a_picture_is_uploaded_once_and_reused(people, send, run_until, shown, ask, database):
    ids = people(15)
    number = send("caption", ("photo",))

    run_until(lambda: shown(number).status == "done")

    assert shown(number).sent == 15
    phones = [on_phone(ask, i) for i in ids]
    assert {phone["caption"] for phone in phones} == {"caption"}
    assert all(phone["photo"] for phone in phones)
    with database.reading() as session:
        (row,) = media_crud.get_all(session, [m["id"] for m in shown(number).media])
    assert row.file_id


def test_the_next_broadcast_uploads_nothing(people, send, run_until, shown, settings):
    people(3)
    first = send("one", ("photo",))
    run_until(lambda: shown(first).status == "done")
    shutil.rmtree(settings.data / "media")

    second = send_again(shown(first), send)
    run_until(lambda: shown(second).status == "done")

    assert shown(second).sent == 3


def send_again(first, send):
    again = send("two", ("photo",))
    return again


def test_a_file_that_is_gone_halts_and_says_so(people, send, run_until, shown, settings):
    people(20)
    number = send("caption", ("document",))
    shutil.rmtree(settings.data / "media")

    run_until(lambda: shown(number).status == "halted")

    assert "cannot be read" in str(shown(number).note)


def test_a_file_that_cannot_be_read_halts_and_says_so(people, send, run_until, shown, settings):
    """Something is there: `stat` is content with it, and libcurl is not."""
    people(20)
    number = send("caption", ("document",))
    (kept,) = (settings.data / "media").iterdir()
    kept.unlink()
    kept.mkdir()

    run_until(lambda: shown(number).status == "halted")

    assert "Is a directory" in str(shown(number).note)
    assert (shown(number).sent, shown(number).unknown) == (0, 0)


def test_a_refused_file_id_is_uploaded_again(people, send, run_until, shown, database):
    people(6)
    number = send("caption", ("photo",))
    with database.writing() as session:
        media_id = broadcasts.get(session, number).media[0]["id"]
        media_crud.remember(session, int(SANDBOX_TOKEN.partition(":")[0]), {media_id: "stale"})

    run_until(lambda: shown(number).status == "done")

    assert (shown(number).sent, shown(number).failed) == (6, 0)


def test_an_album(people, send, run_until, shown):
    people(4)
    number = send("look", ("photo", "photo"))

    run_until(lambda: shown(number).status == "done")

    assert shown(number).sent == 4


def test_everybody_is_called_by_name_in_their_language(
    people, send, run_until, shown, ask, database
):
    first, second = people(2)
    with database.writing() as session:
        chats.remember(session, first, first_name="Ann <3", language="en")
        chats.remember(session, second, first_name="Ян", language="ru-RU")
        chats.find(session, second).language = "ru-RU"
    number = send(
        "Hello <b>{first_name}</b>", format="html", variants={"ru": "Привет {first_name}"}
    )

    run_until(lambda: shown(number).status == "done")

    assert on_phone(ask, first)["text"] == "Hello Ann <3"
    assert on_phone(ask, second)["text"] == "Привет Ян"


@pytest.mark.parametrize(("ids", "kept"), [([5, 6, 7], []), ([5, 8, 9], [5, 8, 9])])
def test_an_albums_ids_are_kept_where_the_first_does_not_tell_them(
    ids, kept, people, send, shown, database
):
    (chat_id,) = people(1)
    number = send("look", ("photo", "photo", "photo"))
    messages = [{"message_id": message_id} for message_id in ids]
    verdict = classify(Answer(200, json.dumps({"ok": True, "result": messages}).encode()))
    job = Job(OUTBOX, number, chat_id, "sendMediaGroup", b"")

    with database.writing() as session:
        calls = BroadcastCalls(session, shown(number), EngineConfig())
        calls.learn(session, [Result(job, verdict)])
        found = albums.ids_of(session, number, [chat_id])

    assert found.get(chat_id, []) == kept


OUTBOX = Outbox(lambda now: frozenset())
NIGHT = Moment(1_790_000_000.0, 0.0)  # 2026-09-21 14:13 in UTC


@pytest.fixture
def sleepers(database):
    """1 wants no sound at all, 2 between two and three o'clock, 3 said nothing."""
    with database.writing() as session:
        for chat_id, quiet in ((1, "always"), (2, "14:00-15:00"), (3, None)):
            chats.remember(session, chat_id, first_name=f"P{chat_id}").quiet = quiet


def bodies(database, number):
    with database.writing() as session:
        calls = BroadcastCalls(session, broadcasts.get(session, number), EngineConfig())
        tries = [(1, 0), (2, 0), (3, 0)]
        jobs = calls.jobs(session, OUTBOX, number, tries, NIGHT)
        return {job.chat_id: json.loads(job.body) for job in jobs}


@pytest.mark.parametrize("text", ["the same", "for {first_name}"])
def test_who_chose_quiet_hours_hears_nothing(database, sleepers, send, text):
    found = bodies(database, send(text))
    assert {chat: body.get("disable_notification") for chat, body in found.items()} == {
        1: True,
        2: True,
        3: None,
    }
    assert [body["text"] for body in found.values()] == [
        text.replace("{first_name}", f"P{chat}") for chat in (1, 2, 3)
    ]


def test_a_silent_broadcast_need_not_ask(database, sleepers, send):
    found = bodies(database, send("quiet", options={"silent": True}))
    assert all(body["disable_notification"] for body in found.values())


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("kinds", [(), ("photo",)])
def test_stars_are_offered_only_where_the_site_pays(database, people, send, settings, kinds, paid):
    """In every call of it: with a file that goes along, too, and without a sound."""
    (chat_id,) = people(1)
    number = send("words", kinds)
    with database.writing() as session:
        chats.find(session, chat_id).quiet = "always"
        session.flush()
        config = EngineConfig(media=settings.data / "media", paid=paid)
        calls = BroadcastCalls(session, broadcasts.get(session, number), config)
        (job,) = calls.jobs(session, OUTBOX, number, [(chat_id, 0)], NIGHT)

    params = job.upload.fields if kinds else json.loads(job.body)
    assert params.get("allow_paid_broadcast") in ((True, "true") if paid else (None,))
    assert "disable_notification" in params


PHOTO = {"message_id": 1, "photo": [{"file_id": "AgAC", "width": 1, "height": 1}]}
NOT_THERE = "Bad Request: wrong file identifier/HTTP URL specified"


def answered(job, **answer):
    """Its outcome, as the answer says; without one it was put back."""
    if not answer:
        return again(job, "offline", 0.0)
    status = 200 if answer["ok"] else 400
    return Result(job, classify(Answer(status, json.dumps(answer).encode())))


def sent(job):
    return answered(job, ok=True, result=PHOTO)


def refused(job):
    return answered(job, ok=False, error_code=400, description=NOT_THERE)


@pytest.fixture
def claim(database, settle, send):
    """`claim(results, wanted=9)`: what a broadcast with a photo to nine claims then."""
    with database.writing() as session:
        add_chats(session, *range(1, 10))
    send("caption", ("photo",))
    settle(wanted=0)
    return settle


@pytest.mark.parametrize("outcome", [answered, sent])
def test_one_uploads_and_the_others_wait_for_its_answer(outcome, claim):
    (first,) = claim()
    assert first.upload
    assert claim() == []

    others = claim([outcome(first)])

    if outcome is sent:
        assert len(others) == 8
        assert not any(job.upload for job in others)
        assert {json.loads(job.body)["photo"] for job in others} == {"AgAC"}
    else:
        assert [bool(job.upload) for job in others] == [True], "it did not leave: the next tries"


def test_an_id_that_is_refused_is_asked_for_once_more_and_then_it_is_the_files_fault(claim, shown):
    """Or a file that is accepted and never found would be uploaded for one after the other."""
    (first,) = claim()
    second, third, *_ = claim([sent(first)], wanted=4)
    claim([sent(second)], wanted=0)

    (upload,) = claim([refused(third)])
    assert upload.upload
    after = claim([sent(upload)])
    assert not any(job.upload for job in after)

    assert not any(job.upload for job in claim([refused(after[0])]))
    assert shown(1).failed == 1
