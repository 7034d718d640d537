"""A code ties one chat to one account, once, in time, and both sides are told."""

import re
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from appliance.crud import settings
from appliance.crud.accounts import link_codes, users
from appliance.crud.chats import chats
from appliance.database import Database
from appliance.errors import AlreadyLinked, ApplianceError, Conflict, NotFound
from appliance.models import Chat, ChatStatus, ChatType, LinkCode, User
from appliance.services import telegram_auth
from appliance.services.telegram_auth import codes
from support.people import add_user
from support.stored import texts

NOW = datetime(2026, 9, 1, tzinfo=UTC)
LATER = NOW + telegram_auth.LIFETIME
ANNA, BORIS = 1001, 1002


@pytest.fixture
def anna(database):
    """A user; with the chats of Anna, who speaks Russian, and Boris, none of them linked."""
    with database.writing() as session:
        settings.put_setting(session, settings.BOT, {"id": 1, "username": "club_bot"})
        chats.remember(session, ANNA, first_name="Анна", language="ru")
        chats.remember(session, BORIS, first_name="Boris")
    return enrol(database, "Anna <Site>")


def enrol(database: Database, name: str) -> User:
    with database.writing() as session:
        return add_user(session, name)


def start(database: Database, user: User, now: datetime = NOW) -> str:
    with database.writing() as session:
        return telegram_auth.start_link(session, user.id, now).code


def _note(statements: list[str], *told: Any) -> None:
    statements.append(told[2])


def start_from_chat(database: Database, chat_id: int = ANNA, now: datetime = NOW) -> str:
    with database.writing() as session:
        return telegram_auth.start_link_from_chat(session, chat_id, now).code


def typed(database: Database, user: User) -> str:
    with database.writing() as session:
        new = telegram_auth.start_link(session, user.id, NOW)
    return codes.read(new.typed or "") or ""


def type_in(database: Database, code: str, chat_id: int = ANNA, now: datetime = NOW) -> User:
    with database.writing() as session:
        return telegram_auth.redeem(session, chat_id, codes.hashed(code), now)


def redeem(database: Database, code: str, chat_id: int = ANNA, now: datetime = NOW) -> User:
    with database.writing() as session:
        return telegram_auth.redeem(session, chat_id, telegram_auth.hashed(code), now)


def claim(database: Database, user: User, code: str, now: datetime = NOW) -> Chat:
    with database.writing() as session:
        return telegram_auth.claim(session, user.id, code, now)


def unlink(database: Database, **side: int) -> bool:
    with database.writing() as session:
        return telegram_auth.unlink(session, now=NOW, **side)


def linked(database: Database, chat_id: int = ANNA) -> int | None:
    with database.reading() as session:
        return chats.find(session, chat_id).user_id


def test_a_code_of_the_site_leads_to_the_bot(database, anna):
    with database.writing() as session:
        new = telegram_auth.start_link(session, anna.id, NOW)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,64}", new.code)  # 22 characters hold 128 bits
    assert new.url == f"https://t.me/club_bot?start={new.code}"
    assert new.expires_at == NOW + timedelta(minutes=15)


def test_without_a_bot_there_is_no_address(database):
    user = enrol(database, "Early")
    with database.writing() as session:
        assert telegram_auth.start_link(session, user.id, NOW).url is None


def test_only_the_hash_is_stored(database, anna):
    with database.writing() as session:
        new = telegram_auth.start_link(session, anna.id, NOW)
    with database.reading() as session:
        stored = {row.code_hash for row in session.query(LinkCode)}
    typed = codes.read(new.typed or "") or ""
    assert stored == {telegram_auth.hashed(new.code), codes.hashed(typed)}
    assert not any(word.encode() in hash_ for hash_ in stored for word in (new.code, typed))


def test_a_pressed_deep_link_ties_and_tells(database, anna):
    assert redeem(database, start(database, anna)).id == anna.id
    assert linked(database) == anna.id
    (text,) = texts(database, ANNA)
    assert "привязан" in text and "Anna <Site>" in text


def test_a_code_of_the_bot_leads_to_the_site(database, anna):
    with database.writing() as session:
        new = telegram_auth.start_link_from_chat(session, ANNA, NOW, "https://example.org")
    assert new.url == f"https://example.org/link#{new.code}"  # a fragment reaches no server
    chat = claim(database, anna, new.code)
    assert (chat.id, chat.user_id) == (ANNA, anna.id)
    assert linked(database) == anna.id
    assert len(texts(database, ANNA)) == 1


def test_a_typed_code_ties_too(database, anna):
    assert type_in(database, typed(database, anna)).id == anna.id
    assert linked(database) == anna.id
    assert len(texts(database, ANNA)) == 1


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


def test_a_new_code_revokes_the_typed_one(database, anna):
    old, new = typed(database, anna), typed(database, anna)
    with pytest.raises(NotFound):
        type_in(database, old)
    type_in(database, new)


def test_a_preview_says_whom_and_changes_nothing(database, anna):
    code = start_from_chat(database)
    for _ in range(2):
        with database.reading() as session:
            assert telegram_auth.preview(session, code, NOW).name == "Анна"
    assert linked(database) is None
    claim(database, anna, code)
    for strange in (code, start(database, enrol(database, "Other")), ""):
        with pytest.raises(NotFound), database.reading() as session:
            telegram_auth.preview(session, strange, NOW)


def test_who_never_pressed_start_is_tied_in_silence(database, anna):
    code = start_from_chat(database)
    with database.writing() as session:
        chats.set_status(session, ANNA, ChatStatus.NEW)
    claim(database, anna, code)
    assert linked(database) == anna.id and texts(database, ANNA) == []


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
        claim(database, enrol(database, "Late"), over, LATER)
    assert errors == {str(caught.value)}


def test_a_code_works_only_on_the_other_side(database, anna):
    of_site, of_bot = start(database, anna), start_from_chat(database)
    with pytest.raises(NotFound):
        claim(database, enrol(database, "Other"), of_site)
    with pytest.raises(NotFound):
        redeem(database, of_bot, BORIS)


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


def test_a_linked_chat_is_not_taken_over(database, anna):
    other = enrol(database, "Other")
    of_site, of_bot = start(database, other), start_from_chat(database)
    redeem(database, start(database, anna))
    with pytest.raises(AlreadyLinked, match="/unlink"):
        redeem(database, of_site)
    with pytest.raises(NotFound):  # linking revoked the chat's open code
        claim(database, other, of_bot)
    assert linked(database) == anna.id
    unlink(database, chat_id=ANNA)
    redeem(database, of_site)  # the refused code was not used up
    assert linked(database) == other.id


def test_a_linked_user_is_not_taken_over(database, anna):
    of_boris = start_from_chat(database, BORIS)
    redeem(database, start(database, anna))
    with pytest.raises(AlreadyLinked):
        claim(database, anna, of_boris)
    assert linked(database, BORIS) is None


@pytest.mark.parametrize("made_by", ["site", "bot"])
def test_a_code_that_could_not_link_is_not_used_up(database, anna, monkeypatch, made_by):
    """Also where the caller goes on, to tell the person, as the bot does; and where the other link
    was made since the look before, as can happen on PostgreSQL."""
    code = start(database, anna) if made_by == "site" else start_from_chat(database)
    redeem(database, start(database, enrol(database, "Other")), BORIS)
    with database.writing() as session:
        session.execute(update(Chat).where(Chat.id == BORIS).values(user_id=anna.id))
    look = telegram_auth.linking.check_free

    def look_too_early(*arguments: Any) -> None:
        monkeypatch.setattr(telegram_auth.linking, "check_free", look)

    monkeypatch.setattr(telegram_auth.linking, "check_free", look_too_early)
    with database.writing() as session, pytest.raises(AlreadyLinked):
        if made_by == "site":
            telegram_auth.redeem(session, ANNA, telegram_auth.hashed(code), NOW)
        else:
            telegram_auth.claim(session, anna.id, code, NOW)
    with database.writing() as session:
        session.execute(update(Chat).where(Chat.id == BORIS).values(user_id=None))
    if made_by == "site":
        redeem(database, code)
    else:
        claim(database, anna, code)
    assert linked(database) == anna.id


def test_only_private_chats_are_linked(database, anna):
    with database.writing() as session:
        chats.remember(session, -5, type=ChatType.GROUP, title="Choir")
    with pytest.raises(NotFound):
        redeem(database, start(database, anna), -5)
    with pytest.raises(Conflict):
        start_from_chat(database, -5)


def test_a_disabled_user_is_not_linked(database, anna):
    code = start(database, anna)
    with database.writing() as session:
        users.get(session, anna.id).disabled = True
    with pytest.raises(NotFound):
        redeem(database, code)


def test_an_unknown_user_or_chat(database, anna):
    for user_id in (0, 999, 2**70):
        with pytest.raises(NotFound), database.writing() as session:
            telegram_auth.start_link(session, user_id, NOW)
    with pytest.raises(NotFound):
        start_from_chat(database, 999)


def test_who_made_a_code_is_told_before_it_is_used(database, anna):
    code_hash = telegram_auth.hashed(start(database, anna))
    for _ in range(2):
        with database.writing() as session:
            assert telegram_auth.preview_code(session, ANNA, code_hash, NOW).id == anna.id
    assert linked(database) is None
    with pytest.raises(NotFound), database.writing() as session:
        telegram_auth.preview_code(session, ANNA, code_hash, LATER)


def test_what_others_will_read_is_good_no_more(database, anna):
    code = typed(database, anna)
    with database.writing() as session:
        telegram_auth.invalidate_codes_in(session, "Is it ABCD-2345?", NOW)
        assert telegram_auth.preview_code(session, ANNA, codes.hashed(code), NOW).id == anna.id
        telegram_auth.invalidate_codes_in(session, f"It is {code}.", NOW)
    with pytest.raises(NotFound):
        type_in(database, code)


@pytest.mark.parametrize("text", ["x" * 10**7, "ABCD 2345 " * 10**6, f"{'b' * 31}." * 10**5])
def test_a_text_of_any_length_is_looked_through_at_once(database, anna, text):
    code, statements = typed(database, anna), list[str]()
    note = partial(_note, statements)
    with database.writing() as session:
        event.listen(database.engine, "before_cursor_execute", note)
        began = time.process_time()
        telegram_auth.invalidate_codes_in(session, f"{code} {text}", NOW)
        assert time.process_time() - began < 5  # in steps of the square it would be hours
        event.remove(database.engine, "before_cursor_execute", note)
    assert [statement.split()[0] for statement in statements] == ["SELECT", "DELETE"]
    with pytest.raises(NotFound):
        type_in(database, code)


@pytest.mark.parametrize("side", ["user_id", "chat_id"])
def test_unlinking_ends_every_session(database, anna, side):
    redeem(database, start(database, anna))
    for _ in range(2):
        unlink(database, **{side: anna.id if side == "user_id" else ANNA})
    with database.reading() as session:
        assert users.get(session, anna.id).session_version == anna.session_version + 1


@pytest.mark.parametrize("side", ["user_id", "chat_id"])
def test_both_sides_can_unlink(database, anna, side):
    redeem(database, start(database, anna))
    assert unlink(database, **{side: anna.id if side == "user_id" else ANNA})
    assert linked(database) is None
    assert "больше не привязан" in texts(database, ANNA)[0]
    assert not unlink(database, **{side: anna.id if side == "user_id" else ANNA})


def test_unlinking_revokes_open_codes(database, anna):
    code = start(database, anna)
    assert not unlink(database, user_id=anna.id)
    with pytest.raises(NotFound):
        redeem(database, code)


@pytest.mark.parametrize("side", ["user_id", "chat_id"])
def test_unlinking_revokes_open_codes_of_the_chat(database, anna, side):
    """Made while it was not linked yet, by a transaction that was slow to end."""
    redeem(database, start(database, anna))
    with database.writing() as session:
        code_hash = telegram_auth.hashed("late")
        link_codes.add(session, code_hash, now=NOW, expires_at=LATER, chat_id=ANNA)
    assert unlink(database, **{side: anna.id if side == "user_id" else ANNA})
    with database.reading() as session:
        assert link_codes.get_usable(session, code_hash, NOW) is None


@pytest.mark.parametrize("made_by", ["site", "bot"])
def test_whoever_comes_second_finds_the_code_used(database, anna, monkeypatch, made_by):
    """On PostgreSQL another transaction may use it up between a look at it and its use."""
    look = link_codes.get_usable

    def look_and_be_late(session: Session, code_hash: bytes, now: datetime) -> LinkCode | None:
        found = look(session, code_hash, now)
        assert link_codes.use(session, code_hash, now)
        return found

    with database.writing() as session:
        if made_by == "bot":
            code = telegram_auth.start_link_from_chat(session, ANNA, NOW).code
        else:
            code = telegram_auth.start_link(session, anna.id, NOW).code
    monkeypatch.setattr(link_codes, "get_usable", look_and_be_late)
    with pytest.raises(NotFound):
        if made_by == "bot":
            claim(database, anna, code)
        else:
            redeem(database, code)
    assert linked(database) is None


def test_who_blocked_the_bot_is_not_written_to(database, anna):
    redeem(database, start(database, anna))
    with database.writing() as session:
        chats.set_status(session, ANNA, ChatStatus.BLOCKED)
    before = texts(database, ANNA)
    assert unlink(database, user_id=anna.id)
    assert texts(database, ANNA) == before


def test_of_many_at_once_one_wins(database, anna):
    code = start(database, anna)
    with database.writing() as session:
        people = [chats.remember(session, 5000 + n, first_name="P").id for n in range(8)]
    start_line = threading.Barrier(len(people))
    outcomes: list[object] = []

    def press(chat_id: int) -> None:
        start_line.wait()
        try:
            outcomes.append(redeem(database, code, chat_id).id)
        except ApplianceError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=press, args=(chat_id,)) for chat_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(anna.id) == 1
    assert outcomes.count(NotFound) == len(people) - 1
    assert sum(linked(database, chat_id) == anna.id for chat_id in people) == 1
