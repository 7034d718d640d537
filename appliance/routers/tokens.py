"""API tokens: everybody's own; admins see and end all. Made in a session only."""

from collections.abc import Sequence

from flask import Blueprint
from sqlalchemy.orm import Session

from appliance import models
from appliance.crud.accounts import tokens as tokens_crud
from appliance.crud.accounts import users
from appliance.database import writing
from appliance.models import Role, utcnow
from appliance.routers.api import context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.api.paging import page
from appliance.schemas import MadeToken, NewToken, PageQuery, Token, TokenPage
from appliance.services.accounts import tokens

blueprint = Blueprint("tokens", __name__)


@blueprint.get("/tokens")
@endpoint(Access.MEMBER, query=PageQuery, response=TokenPage)
def list_tokens(query: PageQuery) -> TokenPage:
    """Your tokens, the newest first; an admin's list has everybody's."""
    session, user = context.session(), credentials.caller()
    whose = None if user.role == Role.ADMIN else user.id
    rows, cursor = page(
        f"tokens:{whose}",
        query,
        lambda limit, before: tokens_crud.list_page(session, limit, before, whose),
        lambda token: token.id,
    )
    return TokenPage(items=_shown(session, rows), next_cursor=cursor)


@blueprint.post("/tokens")
@endpoint(Access.MEMBER, body=NewToken, response=MadeToken, status=201, errors=(409,))
def create_token(body: NewToken) -> MadeToken:
    """Make a token for yourself. It is shown in this answer and never again."""
    user_id = credentials.caller().id
    with writing(context.session()) as session:
        new = tokens.create(
            session, user_id, body.name, body.scopes, body.expires_in_days, utcnow()
        )
        (token,) = _shown(session, [new.row])
    return MadeToken(**token.model_dump(), token=new.token)


@blueprint.delete("/tokens/<id:token_id>")
@endpoint(Access.MEMBER, status=204, errors=(404,))
def revoke_token(token_id: int) -> None:
    """End a token at once."""
    user = credentials.caller()
    with writing(context.session()) as session:
        tokens.revoke(session, token_id, user, utcnow())


def _shown(session: Session, rows: Sequence[models.ApiToken]) -> list[Token]:
    names = users.names_of(session, (row.user_id for row in rows))
    return [Token.of(row, names[row.user_id]) for row in rows]
