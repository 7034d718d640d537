"""What is known of our files at Telegram, and what an answer changes in it."""

import pytest

from appliance.crud import media as media_crud
from appliance.crud import settings
from appliance.delivery import uploads
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Job, Result
from appliance.errors import NotFound
from appliance.models import Media
from appliance.services.content import File, Upload

BOT_ID = 7
WORDS = "Bad Request: wrong file identifier/HTTP URL specified"
KNOWN = File(1, "photo", "a" * 64, "a.png", "known")
UPLOAD = Upload("sendPhoto", {}, ())


@pytest.fixture(autouse=True)
def files(database):
    """Two files, 1 and 2, of which this bot knows the first."""
    with database.writing() as session:
        settings.put_setting(session, settings.BOT, {"id": BOT_ID})
        for number, file_id in ((1, "known"), (2, None)):
            row = Media(id=number, sha256=str(number) * 64, kind="photo", name="a.png", size=1)
            row.file_id, row.bot_id = file_id, BOT_ID if file_id else None
            session.add(row)


@pytest.fixture
def ids(database):
    """The ids that are known now, of both files."""

    def ids():
        with database.reading() as session:
            return [file.file_id for file in uploads.load(session, [1, 2])]

    return ids


def result(verdict, files=(KNOWN,), upload=None):
    return Result(Job(None, 1, 5, "sendPhoto", b"", upload=upload, files=tuple(files)), verdict)


def sent(*file_ids):
    """Telegram's answer to an upload of these: an album, where they are several."""
    messages = [{"photo": [{"file_id": file_id}]} for file_id in file_ids]
    return Verdict(Kind.SENT, result=messages if len(messages) > 1 else messages[0])


def test_a_file_is_loaded_with_the_id_it_has_with_this_bot(database, ids):
    assert ids() == ["known", None]
    with database.writing() as session:
        settings.put_setting(session, settings.BOT, {"id": BOT_ID + 1})
    assert ids() == [None, None]
    with database.writing() as session:
        settings.put_setting(session, settings.BOT, {})
    assert ids() == [None, None], "it is not known yet who the bot is"


def test_a_file_that_is_gone_is_not_found(database):
    with database.reading() as session, pytest.raises(NotFound):
        uploads.load(session, [1, 99])


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (["x", "y"], ["x", "y"]),
        (["x"], ["known", None]),  # which of the two it is nobody knows
        (["x", "y", "z"], ["known", None]),
    ],
)
def test_an_answer_with_an_id_for_each_file_is_remembered(database, ids, answer, known):
    with database.writing() as session:
        both = uploads.load(session, [1, 2])
        uploads.remember(session, result(sent(*answer), both, UPLOAD))
    assert ids() == known


@pytest.mark.parametrize(
    ("case", "stale"),
    [
        (result(Verdict(Kind.CONTENT, description=WORDS)), True),
        (result(Verdict(Kind.CONTENT, description=WORDS.upper())), True),
        (result(Verdict(Kind.CONTENT, description="Bad Request: can't parse entities")), False),
        (result(Verdict(Kind.CONTENT)), False),
        (result(Verdict(Kind.REFUSED, description=WORDS)), False),
        (result(Verdict(Kind.CONTENT, description=WORDS), upload=UPLOAD), False),
        (result(Verdict(Kind.CONTENT, description=WORDS), files=()), False),
    ],
)
def test_a_refusal_is_of_a_file_id_where_one_was_sent_and_telegram_names_it(case, stale):
    assert uploads.is_stale(case) is stale


def test_what_was_refused_is_forgotten_and_nothing_that_came_in_meanwhile(database, ids):
    refused = result(Verdict(Kind.CONTENT, description=WORDS))
    with database.writing() as session:
        uploads.forget(session, refused)
    assert ids() == [None, None]
    with database.writing() as session:
        media_crud.remember(session, BOT_ID, {1: "newer", 2: "other"})
        uploads.forget(session, refused)
    assert ids() == ["newer", "other"]
