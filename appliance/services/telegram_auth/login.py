"""Logging in with Telegram: what follows from a proof of who somebody is there.

Whichever way the proof came (Login Widget, Mini App, OpenID Connect), it is a verified person here.
If their chat is linked to an account, they are logged in to it. For anybody else a code of the chat
is made, with which the page `/link` shows who it is and asks. A proof never sets a password, never
takes over what is linked elsewhere, and never changes who a visitor is logged in as.

Signed data does not prove that the visitor is that person: by a link, anybody can make somebody
else's browser open the site with their own data. So it links nothing by itself. OpenID Connect
links at once, because its state shows that the user of this browser asked for it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud.accounts import proofs
from appliance.crud.accounts import users as users_crud
from appliance.crud.chats import chats
from appliance.errors import Expired, localized
from appliance.models import Chat, ChatStatus, User
from appliance.services.accounts import users
from appliance.services.telegram_auth import linking
from appliance.services.telegram_auth.proofs import Person, Proof


@dataclass(frozen=True, slots=True)
class Arrival:
    """Either a user to be logged in, or the code of a person who is not linked yet."""

    user: User | None
    code: str | None


def use_proof(session: Session, proof: Proof, visitor_id: int | None, now: datetime) -> Arrival:
    """`arrive` with signed data, which works once: raises Expired the second time.

    Where something else is refused, the caller's transaction is rolled back, and the proof stays
    usable.
    """
    # First: on PostgreSQL the second of two requests with one proof waits here, and is refused.
    use_once(session, proof.digest, proof.expires_at)
    return arrive(session, proof.person, visitor_id, now, requested=False)


def use_once(session: Session, digest: bytes, expires_at: datetime) -> None:
    """Note that it was used. Raises Expired where it was used before."""
    if not proofs.use(session, digest, expires_at):
        raise Expired(localized("this login was used already: log in with Telegram again"))


def arrive(
    session: Session, person: Person, visitor_id: int | None, now: datetime, *, requested: bool
) -> Arrival:
    """A verified person has come; `visitor_id` is the user who is logged in already, if anybody is.

    `requested`: it is certain that this visitor asked for it, so that they may be linked at once.
    Inside the caller's writing transaction. Raises AlreadyLinked where the person or the visitor is
    linked elsewhere, Forbidden where the account is disabled.
    """
    chat = _meet(session, person, now)
    if visitor_id is not None:
        user = users_crud.get(session, visitor_id)
        linking.check_free(session, chat, user)
        if chat.user_id == user.id:
            return Arrival(user, None)
        if requested:
            linking.link(session, chat, user, now)
            return Arrival(user, None)
    elif chat.user_id is not None:
        login = users.Login(chat.user_id, new_hash=None)
        return Arrival(users.record_login(session, login, now), None)
    return Arrival(None, linking.start_link_from_chat(session, chat.id, now).code)


def _meet(session: Session, person: Person, now: datetime) -> Chat:
    """The person's private chat, with the names that Telegram has now.

    A person who is new to the bot gets no broadcasts before they press Start, unless Telegram said
    that the bot may write: then they have just agreed to it.
    """
    # Looked at before `remember`, which makes an unknown chat `active`: a login is no consent.
    before = chats.get(session, person.id)
    status = before.status if before else ChatStatus.NEW
    chat = chats.remember(
        session,
        person.id,
        first_name=person.first_name,
        last_name=person.last_name,
        username=person.username,
        language=person.language,
        now=now,
    )
    if status == ChatStatus.NEW:
        chats.set_status(
            session, chat.id, ChatStatus.ACTIVE if person.may_write else ChatStatus.NEW, now
        )
    return chat
