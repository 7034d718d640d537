"""What a proof of who somebody is in Telegram does on the site.

Whichever way it came (Login Widget, Mini App, OpenID Connect), it is one verified person here.
Whose chat is tied to an account is logged in there; for anybody else a code of the chat is made,
with which the page `/link` shows who it is and asks. A proof never sets a password, never takes
over what is tied elsewhere, and never makes somebody else of a visitor who is logged in.

Signed data is no proof that the visitor is the person: anybody can open the site with his own data
in somebody else's browser, by a link. So it ties nothing by itself. OpenID Connect ties at once,
because its state shows that this browser's user asked for it.
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
    """Either a user, to be logged in, or a code of a person who is tied to nobody yet."""

    user: User | None
    code: str | None


def use_proof(session: Session, proof: Proof, visitor_id: int | None, now: datetime) -> Arrival:
    """`arrive` with signed data, which works once. Raises Expired for a second time, too.

    What is refused is not used up: the caller's transaction is rolled back.
    """
    use_once(session, proof.digest, proof.expires_at)
    return arrive(session, proof.person, visitor_id, now, asked=False)


def use_once(session: Session, digest: bytes, expires_at: datetime) -> None:
    """Raises Expired when this was used before."""
    if not proofs.use(session, digest, expires_at):
        raise Expired(localized("this login was used already: log in with Telegram again"))


def arrive(
    session: Session, person: Person, visitor_id: int | None, now: datetime, *, asked: bool
) -> Arrival:
    """A verified person is here; `visitor_id` is who is logged in already.

    `asked`: it is certain that the visitor himself wanted it, so that he may be tied at once.
    Inside the caller's writing transaction. Raises AlreadyLinked when the person or the visitor has
    another partner, Forbidden when the account is disabled.
    """
    chat = _meet(session, person, now)
    if visitor_id is not None:
        user = users_crud.get(session, visitor_id)
        linking.check_free(session, chat, user)
        if chat.user_id == user.id:
            return Arrival(user, None)
        if asked:
            linking.link(session, chat, user, now)
            return Arrival(user, None)
    elif chat.user_id is not None:
        login = users.Login(chat.user_id, new_hash=None)
        return Arrival(users.record_login(session, login, now), None)
    return Arrival(None, linking.start_link_from_chat(session, chat.id, now).code)


def _meet(session: Session, person: Person, now: datetime) -> Chat:
    """The person's private chat, by what Telegram says today.

    One whom the bot never met gets no broadcasts before pressing Start, unless Telegram said that
    the bot may write: then the person has just agreed to it.
    """
    known = chats.get(session, person.id)
    status = known.status if known else ChatStatus.NEW
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
