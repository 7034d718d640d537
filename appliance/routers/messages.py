"""The web inbox: what was said to and by the logged-in person."""

from flask import Blueprint

from appliance.routers.api import context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.api.paging import page
from appliance.schemas import InboxItem, InboxPage, PageQuery
from appliance.services.accounts import messages

blueprint = Blueprint("messages", __name__)


@blueprint.get("/messages")
@endpoint(Access.MEMBER, query=PageQuery, response=InboxPage)
def list_messages(query: PageQuery) -> InboxPage:
    """Your messages, the newest first."""
    session, user_id = context.session(), credentials.caller().id
    rows, cursor = page(
        f"messages:{user_id}",
        query,
        lambda limit, before: messages.list_for_user(session, user_id, limit, before),
        lambda item: item.id,
    )
    return InboxPage(items=[InboxItem.model_validate(item) for item in rows], next_cursor=cursor)
