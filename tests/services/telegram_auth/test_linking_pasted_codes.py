"""A code that others are about to read is ended, wherever it stands in what was written."""

import time

import pytest
from sqlalchemy import event

from appliance.errors import NotFound
from appliance.services import telegram_auth
from appliance.services.telegram_auth import codes
from support.linking import ANNA, LATER, NOW, claim, redeem, start, start_from_chat, type_in, typed


def test_what_others_will_read_is_good_no_more(database, anna):
    code = typed(database, anna)
    with database.writing() as session:
        telegram_auth.invalidate_codes_in(session, "Is it ABCD-2345?", NOW)
        assert telegram_auth.preview_code(session, ANNA, codes.hashed(code), NOW).id == anna.id
        telegram_auth.invalidate_codes_in(session, f"It is {code}.", NOW)
    with pytest.raises(NotFound):
        type_in(database, code)


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "https://t.me/club_bot?start={}",
        "Who can open {}? It says nothing to me.",
        "x{}",  # amid letters that a code may have itself
        "{}x",
        "-_{}_-",
        "xy" * 16 + "{}" + "yx" * 16,
    ],
)
def test_a_pasted_deep_link_is_ended_with_its_short_code(database, anna, around):
    with database.writing() as session:
        new = telegram_auth.start_link(session, anna.id, NOW)
        assert telegram_auth.invalidate_codes_in(session, around.format(new.code), NOW)
    with pytest.raises(NotFound):
        redeem(database, new.code)
    with pytest.raises(NotFound):
        type_in(database, codes.read(new.typed))


@pytest.mark.parametrize("around", ["{}", "https://example.org/link#{}"])
def test_a_pasted_code_of_the_bot_is_ended(database, anna, around):
    code = start_from_chat(database)
    with database.writing() as session:
        telegram_auth.invalidate_codes_in(session, around.format(code), NOW)
    with pytest.raises(NotFound):
        claim(database, anna, code)


def test_half_a_code_ends_nothing(database, anna):
    code = start(database, anna)
    with database.writing() as session:
        halves = f"{code[:-1]} {code[1:]}"
        assert not telegram_auth.invalidate_codes_in(session, halves, NOW)
    assert redeem(database, code).id == anna.id


CODE = "aB3-_678" * 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (CODE, CODE),
        (f"\n{CODE} ", CODE),
        (f"https://t.me/club_bot?start={CODE}", CODE),
        (f"tg://resolve?domain=club_bot&start={CODE}", CODE),
        (f"https://example.org/link#{CODE}", CODE),
        (f"{CODE} {CODE}", None),
        (f"mine: https://t.me/club_bot?start={CODE}", None),
        (f"https://example.org/{CODE}", None),
        (CODE[1:], None),
        (f"{CODE}x", None),
        ("", None),
    ],
)
def test_a_text_that_is_a_link_or_its_code(text, code):
    assert telegram_auth.read_pasted(text) == code


def test_a_code_for_the_site_is_one_of_the_bot_that_is_good(database, anna):
    of_bot, of_site = start_from_chat(database), start(database, anna)
    with database.reading() as session:
        told = [
            telegram_auth.is_for_site(session, telegram_auth.hashed(code), now)
            for code, now in ((of_bot, NOW), (of_bot, LATER), (of_site, NOW), (CODE, NOW))
        ]
    assert told == [True, False, False, False]


@pytest.mark.parametrize("text", ["x" * 10**7, "ABCD 2345 " * 10**6, f"{'b' * 31}." * 10**5])
def test_a_text_of_any_length_is_looked_through_at_once(database, anna, text):
    code, statements = typed(database, anna), []

    def note(*told):
        statements.append(told[2])

    with database.writing() as session:
        event.listen(database.engine, "before_cursor_execute", note)
        began = time.process_time()
        telegram_auth.invalidate_codes_in(session, f"{code} {text}", NOW)
        assert time.process_time() - began < 5  # in steps of the square it would be hours
        event.remove(database.engine, "before_cursor_execute", note)
    assert [statement.split()[0] for statement in statements] == ["SELECT", "DELETE"]
    with pytest.raises(NotFound):
        type_in(database, code)
