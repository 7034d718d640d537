"""Who may bring updates, and what of them is kept."""

import dataclasses
import re

import pytest

from appliance.errors import Invalid
from appliance.models import Update, utcnow
from appliance.services.updates import (
    chat_id_of,
    is_from_telegram,
    read,
    receive,
    webhook_secret,
    webhook_url,
)


def test_the_secret_is_as_telegram_takes_it_and_tells_nothing(settings):
    secret = webhook_secret(settings)
    assert re.fullmatch(r"[A-Za-z0-9_-]{32,256}", secret)
    assert settings.secret_key not in secret
    assert str(settings.bot_token).partition(":")[2] not in secret
    assert webhook_secret(settings) == secret, "every process of the site derives the same"


@pytest.mark.parametrize("change", [{"bot_token": "1:other"}, {"secret_key": "k" * 40}])
def test_another_site_or_bot_has_another_secret(settings, change):
    other = dataclasses.replace(settings, **change)
    assert webhook_secret(other) != webhook_secret(settings)
    assert not is_from_telegram(settings, webhook_secret(other))


def test_only_the_secret_itself_is_right(settings):
    secret = webhook_secret(settings)
    assert is_from_telegram(settings, secret)
    for given in (None, "", secret[:-1], secret + "0", secret.upper(), "\udcff", "ü" * 64):
        assert not is_from_telegram(settings, given)


def test_the_address_is_the_site_s(settings):
    site = dataclasses.replace(settings, domain="club.example.org")
    assert webhook_url(site) == "https://club.example.org/telegram/webhook"


def test_an_update_is_stored_once(database):
    update = {"update_id": 5, "message": {"chat": {"id": 7}}}
    for expected in (True, False):
        with database.writing() as session:
            assert receive(session, update, utcnow()) is expected
    with database.reading() as session:
        kept = session.query(Update).one()
        assert (kept.id, kept.chat_id, kept.payload) == (5, 7, update)


def test_halves_of_surrogate_pairs_are_kept_by_no_database_and_go():
    name = {"first_name": "A\udc00", "\ud83d": ["😀", 1, None, True, 0.5]}
    update = {"update_id": 5, "message": {"chat": {"id": 7, **name}}}
    chat = read(update).payload["message"]["chat"]
    assert chat == {"id": 7, "first_name": "A?", "?": ["😀", 1, None, True, 0.5]}


def test_what_is_whole_stays_as_it_came():
    update = {"update_id": 5, "message": {"text": "😀 \\ud83d \0 Привет"}}
    assert read(update).payload is update


@pytest.mark.parametrize(
    "raw",
    [None, [], "x", {}, *({"update_id": value} for value in ("1", True, -1, 1.0, 2**63))],
)
def test_what_is_no_update_is_refused(raw):
    with pytest.raises(Invalid, match="update_id: expected"):
        read(raw)


@pytest.mark.parametrize("chat", [{}, {"id": "7"}, {"id": True}, {"id": 2**63}, {"id": None}, [7]])
def test_an_update_without_a_usable_chat_is_one(chat):
    assert read({"update_id": 1, "message": {"chat": chat}}).chat_id is None


@pytest.mark.parametrize(
    ("payload", "chat_id"),
    [
        ({"update_id": 1, "poll": {"id": "4"}}, None),
        ({"update_id": 1, "something_new": {"chat": {"id": -100}}}, -100),
        ({"update_id": 1, "callback_query": {"message": {"chat": {"id": 9}}}}, 9),
        ({"update_id": 1, "message_reaction": {"chat": {"id": -5}, "message_id": 1}}, -5),
        ({"update_id": 1, "my_chat_member": {"chat": {"id": 8}}}, 8),
        ({"update_id": 1, "message": {"chat": "what?"}, "x": {"message": []}}, None),
        ({"update_id": 1}, None),
    ],
)
def test_the_chat_of_any_kind_of_update(payload, chat_id):
    assert chat_id_of(payload) == chat_id
