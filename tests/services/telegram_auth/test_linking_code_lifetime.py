"""A code works once, for 15 minutes, on the other side, and only until a newer one is made."""

from datetime import timedelta

import pytest

from appliance.errors import AlreadyLinked, NotFound
from appliance.services import telegram_auth
from appliance.services.telegram_auth import codes
from support.linking import (
    ANNA,
    BORIS,
    LATER,
    NOW,
    add_account,
    claim,
    redeem,
    start,
    start_from_chat,
    type_in,
    typed,
    unlink,
)


def test_a_code_works_once(database, anna):
    code = start(database, anna)
    redeem(database, code)
    unlink(database, user_id=anna.id)
    for chat_id in (ANNA, BORIS):
        with pytest.raises(NotFound):
            redeem(database, code, chat_id)


def test_a_code_runs_out(database, anna):
    with pytest.raises(NotFound):
        redeem(database, start(database, anna), now=LATER)
    with pytest.raises(NotFound):
        claim(database, anna, start_from_chat(database), now=LATER)
    redeem(database, start(database, anna), now=LATER - timedelta(seconds=1))


def test_a_typed_code_is_single_and_short_lived(database, anna):
    code = typed(database, anna)
    with pytest.raises(NotFound):
        type_in(database, code, now=LATER)
    type_in(database, code)
    unlink(database, user_id=anna.id)
    with pytest.raises(NotFound):
        type_in(database, code, BORIS)


def test_either_code_uses_up_both(database, anna):
    with database.writing() as session:
        new = telegram_auth.start_link(session, anna.id, NOW)
    type_in(database, codes.read(new.typed or "") or "")
    unlink(database, user_id=anna.id)
    with pytest.raises(NotFound):
        redeem(database, new.code)


def test_a_typed_code_is_no_deep_link_and_none_of_the_site(database, anna):
    code = typed(database, anna)
    for use in (lambda: redeem(database, code), lambda: claim(database, anna, code)):
        with pytest.raises(NotFound):
            use()


def test_a_code_works_only_on_the_other_side(database, anna):
    of_site, of_bot = start(database, anna), start_from_chat(database)
    with pytest.raises(NotFound):
        claim(database, add_account(database, "Other"), of_site)
    with pytest.raises(NotFound):
        redeem(database, of_bot, BORIS)


@pytest.mark.parametrize(
    "code", ["", "x", "A" * 64, "A" * 65, "A" * 100_000, "שלום", "\ud800", "\0", "' OR 1=1 --"]
)
def test_a_strange_code_is_unknown(database, anna, code):
    for use in (lambda: redeem(database, code), lambda: claim(database, anna, code)):
        with pytest.raises(NotFound):
            use()


def test_strangers_learn_nothing_from_the_error(database, anna):
    used, over = start(database, anna), start_from_chat(database, BORIS)
    redeem(database, used)
    errors = set()
    for code in (used, "unknown"):
        with pytest.raises(NotFound) as caught:
            redeem(database, code)
        errors.add(str(caught.value))
    with pytest.raises(NotFound) as caught:
        claim(database, add_account(database, "Late"), over, LATER)
    assert errors == {str(caught.value)}


def test_a_new_code_revokes_the_typed_one(database, anna):
    old, new = typed(database, anna), typed(database, anna)
    with pytest.raises(NotFound):
        type_in(database, old)
    type_in(database, new)


def test_a_new_code_revokes_the_older(database, anna):
    first, second = start(database, anna), start(database, anna)
    with pytest.raises(NotFound):
        redeem(database, first)
    redeem(database, second)


def test_a_new_code_of_a_chat_revokes_the_older(database, anna):
    first, second = start_from_chat(database), start_from_chat(database)
    with pytest.raises(NotFound):
        claim(database, anna, first)
    claim(database, anna, second)


def test_who_is_linked_gets_no_code(database, anna):
    redeem(database, start(database, anna))
    with pytest.raises(AlreadyLinked):
        start(database, anna)
    with pytest.raises(AlreadyLinked):
        start_from_chat(database)
