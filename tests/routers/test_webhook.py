"""What Telegram brings is stored and answered at once; what others bring is refused."""

import dataclasses
import json
import logging

import pytest
from sqlalchemy import text

from appliance import web
from appliance.models import Update
from appliance.services.updates import SECRET_HEADER, webhook_secret

PATH = "/telegram/webhook"
WORDS = "what Anna wrote"
UPDATE = {"update_id": 5, "message": {"chat": {"id": 7}, "text": WORDS}}


@pytest.fixture
def woken():
    return []


@pytest.fixture
def hook(shared_apps, settings, database, woken):
    """`hook(body)`: what Telegram gets to a call with the right secret; `secret=` another one."""
    app = shared_apps.get(settings, on_update=lambda: woken.append(1))
    client = app.test_client()

    def call(body=UPDATE, secret=None, **options):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {SECRET_HEADER: secret if secret is not None else webhook_secret(settings)}
        return client.post(PATH, data=data, headers=headers, **options)

    yield call
    web.close_app(app)


@pytest.fixture
def stored(database):
    def stored():
        with database.reading() as session:
            return [(row.id, row.payload) for row in session.query(Update)]

    return stored


def test_an_update_is_stored_and_the_handler_woken(hook, stored, woken):
    answer = hook()
    assert (answer.status_code, answer.data) == (200, b"")
    assert stored() == [(5, UPDATE)]
    assert woken == [1]


def test_a_repetition_is_answered_and_changes_nothing(hook, stored, woken):
    for _ in range(3):
        assert hook().status_code == 200
    assert len(stored()) == 1
    assert woken == [1]


@pytest.mark.parametrize("secret", ["", "0" * 64, "wrong"])
def test_a_forged_call_is_refused(hook, stored, secret, settings, caplog):
    answer = hook(secret=secret)
    assert answer.status_code == 403
    assert stored() == []
    assert "without the secret" in caplog.text
    for hidden in (WORDS, webhook_secret(settings), str(settings.bot_token)):
        assert hidden not in caplog.text


def test_a_call_without_the_header_is_refused(app):
    assert app.test_client().post(PATH, json=UPDATE).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"NaN",
        b'{"update_id": 1, "x": NaN}',
        b"[" * 100_000,
        b'{"update_id": ' + b"9" * 5000 + b"}",
        b"[]",
        b"{}",
        b'{"update_id": "7"}',
        b'{"update_id": -7}',
    ],
)
def test_garbage_is_refused_clearly(hook, stored, body):
    answer = hook(body)
    assert answer.status_code == 400
    assert answer.mimetype == "text/plain"
    assert stored() == []


def test_too_much_is_refused(hook, stored):
    body = json.dumps({"update_id": 1, "message": {"text": "x" * 10_000_000}}).encode()
    assert hook(body).status_code == 413
    assert stored() == []


@pytest.mark.parametrize(
    "content",
    [
        {"of_the_future": {"chat": {"id": 3}}},
        {"message": {"chat": {"id": 7}, "text": "ab\0c"}},
        {"message": {"text": "hi", "entities": [{"type": "bold", "offset": 1, "length": 99}]}},
        {"message": "what?"},
    ],
)
def test_whatever_has_an_id_is_kept(hook, stored, content):
    assert hook({"update_id": 9, **content}).status_code == 200
    assert stored() == [(9, {"update_id": 9, **content})]


def test_half_a_surrogate_pair_is_kept_as_a_question_mark(hook, stored):
    assert hook({"update_id": 9, "message": {"text": "a\ud800b"}}).status_code == 200
    assert stored() == [(9, {"update_id": 9, "message": {"text": "a?b"}})]


@pytest.mark.sqlite("refuses by a trigger")
def test_what_could_not_be_stored_comes_again(hook, stored, database, woken, caplog):
    """Anything but 200 makes Telegram bring it again."""
    caplog.set_level(logging.DEBUG)
    refuse = "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    with database.writing() as session:
        session.execute(text(f"CREATE TRIGGER full BEFORE INSERT ON updates {refuse}"))
    assert hook().status_code == 503
    assert woken == []
    assert "no room" in caplog.text
    assert WORDS not in caplog.text
    with database.writing() as session:
        session.execute(text("DROP TRIGGER full"))
    assert hook().status_code == 200
    assert len(stored()) == 1


def test_where_there_is_no_bot_there_is_no_webhook(settings, database):
    app = web.create_app(dataclasses.replace(settings, bot_mode="off"))
    assert app.test_client().post(PATH, json=UPDATE).status_code == 405  # pages are read only
    web.close_app(app)
