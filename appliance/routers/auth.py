"""Registering, logging in and out."""

from flask import Blueprint

from appliance.database import writing
from appliance.models import Role, utcnow
from appliance.routers.api import client_address, context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.schemas import Credentials, Registration, Session, User
from appliance.services import telegram_auth
from appliance.services.accounts import users
from appliance.services.accounts.rate_limit import Rate

blueprint = Blueprint("auth", __name__)

# Generous to an office behind one address; a guesser gets 20 tries a minute, an account 2.
_LOGINS_FROM = Rate(burst=30, seconds=3)
_LOGINS_TO = Rate(burst=10, seconds=30)
_REGISTRATIONS = Rate(burst=30, seconds=10)


@blueprint.get("/session")
@endpoint(Access.PUBLIC, response=Session)
def show_session() -> Session:
    """Who is logged in, and the token for writes."""
    return session_answer()


@blueprint.post("/auth/register")
@endpoint(Access.PUBLIC, body=Registration, response=Session, status=201, errors=(404, 409, 429))
def register(body: Registration) -> Session:
    """Make an account and log in.

    With the `code` of a link from the bot, the account is linked to that chat: both or neither.
    """
    email = users.normalise_email(body.email)
    users.validate_password(body.password)
    # Before the hash: that costs 24 ms and 19 MB, which is what a flood of registrations is after.
    context.context().limiter.take(("register", client_address.network()), _REGISTRATIONS)
    language = body.language or context.settings().default_language
    password_hash = users.hash_password(body.password)
    with writing(context.session()) as session:
        user = users.create_user(session, email, password_hash, body.name, Role.MEMBER, language)
        if body.code is not None:
            telegram_auth.claim(session, user.id, body.code, utcnow())
    credentials.begin(user)
    return session_answer()


@blueprint.post("/auth/login")
@endpoint(Access.PUBLIC, body=Credentials, response=Session, errors=(401, 429))
def log_in(body: Credentials) -> Session:
    """Log in with an email address and a password."""
    limiter, account = context.context().limiter, ("login", body.email.strip().lower())
    # By address and by account: one guesses many passwords of one, or one password of many.
    limiter.take(("login from", client_address.network()), _LOGINS_FROM)
    limiter.take(account, _LOGINS_TO)
    login = users.authenticate(context.session(), body.email, body.password)
    with writing(context.session()) as session:
        user = users.record_login(session, login)
    limiter.forget(account)
    credentials.begin(user)
    return session_answer()


@blueprint.post("/auth/logout")
@endpoint(Access.PUBLIC, status=204)
def log_out() -> None:
    """End this session."""
    credentials.end()


def session_answer() -> Session:
    """Who is logged in now, and the token."""
    user = credentials.current()
    return Session(
        user=User.model_validate(user) if user else None,
        csrf_token=credentials.csrf_token(),
        ended=credentials.was_ended(),
    )
