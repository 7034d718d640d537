"""Linking an account and a Telegram chat, in both directions, and undoing it."""

import segno
from flask import Blueprint

from appliance.crud.accounts import users
from appliance.database import writing
from appliance.errors import Unavailable, localized
from appliance.models import utcnow
from appliance.routers.api import client_address, context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.schemas import (
    ChatBrief,
    Claim,
    LinkPreview,
    TelegramCode,
    TelegramState,
    User,
)
from appliance.services import bot_identity, telegram_auth
from appliance.services.accounts.rate_limit import Rate

blueprint = Blueprint("telegram", __name__)

_PREVIEWS = Rate(burst=30, seconds=3)


@blueprint.get("/users/me/telegram")
@endpoint(Access.MEMBER, response=TelegramState)
def show_telegram() -> TelegramState:
    """Whether your account is linked to Telegram."""
    chat = credentials.caller().chat
    return TelegramState(
        linked=chat is not None,
        chat=ChatBrief.model_validate(chat) if chat else None,
        bot_username=bot_identity.current(context.session()).username,
    )


@blueprint.post("/users/me/telegram/link")
@endpoint(Access.MEMBER, response=TelegramCode, status=201, errors=(409, 503))
def start_link() -> TelegramCode:
    """Make a code to press Start with in Telegram."""
    user_id = credentials.caller().id
    with writing(context.session()) as session:
        new = telegram_auth.start_link(session, user_id, utcnow())
        if new.url is None:
            raise Unavailable(localized("there is no bot yet: this site does not know its name"))
    picture = segno.make(new.url, micro=False).svg_inline(omitsize=True, border=2)
    return TelegramCode(
        code=new.code,
        url=new.url,
        qr_svg=picture,
        typed_code=new.typed or "",
        expires_at=new.expires_at,
    )


@blueprint.post("/users/me/telegram/claim/preview")
@endpoint(Access.PUBLIC, body=Claim, response=LinkPreview, errors=(404, 429))
def preview_claim(body: Claim) -> LinkPreview:
    """Whom the code of the bot would link: to be shown before anybody agrees to it.

    Otherwise a link sent by a stranger would link the stranger's Telegram to your account.
    """
    context.context().limiter.take(("preview", client_address.network()), _PREVIEWS)
    return LinkPreview.model_validate(telegram_auth.preview(context.session(), body.code, utcnow()))


@blueprint.post("/users/me/telegram/claim")
@endpoint(Access.MEMBER, body=Claim, response=User, errors=(404, 409))
def claim(body: Claim) -> User:
    """Link the chat in which the bot gave you this code."""
    user_id = credentials.caller().id
    with writing(context.session()) as session:
        telegram_auth.claim(session, user_id, body.code, utcnow())
    return User.model_validate(credentials.caller())


@blueprint.delete("/users/me/telegram")
@endpoint(Access.MEMBER, status=204)
def unlink() -> None:
    """Undo the link, which ends your other sessions.

    The bot keeps writing to the chat as to anybody's.
    """
    user_id = credentials.caller().id
    with writing(context.session()) as session:
        undone = telegram_auth.unlink(session, utcnow(), user_id=user_id)
    if undone:
        credentials.stay(users.get(context.session(), user_id))
