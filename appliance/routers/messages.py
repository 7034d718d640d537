"""The messages of the logged-in person: their chat with the bot, and broadcasts."""

from flask import Blueprint

from appliance.routers.api import context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.api.paging import page
from appliance.schemas import MemberMessage, MemberMessagePage, PageQuery
from appliance.services.accounts import messages

blueprint = Blueprint("messages", __name__)


@blueprint.get("/messages")
@endpoint(Access.MEMBER, query=PageQuery, response=MemberMessagePage)
def list_messages(query: PageQuery) -> MemberMessagePage:
    """Your messages, the newest first."""
    session, user_id = context.session(), credentials.caller().id
    rows, cursor = page(
        f"messages:{user_id}",
        query,
        lambda limit, before: messages.list_for_user(session, user_id, limit, before),
        lambda item: item.id,
    )
    return MemberMessagePage(
        items=[MemberMessage.model_validate(item) for item in rows], next_cursor=cursor
    )
