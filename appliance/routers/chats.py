"""Chats the bot knows, for operators and admins."""

from flask import Blueprint

from appliance.crud.chats import chats
from appliance.crud.chats.chats import ChatFilter
from appliance.database import writing
from appliance.routers.api import context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.api.paging import page
from appliance.schemas import Chat, ChatChange, ChatPage, ChatQuery
from appliance.services.chats import approval

blueprint = Blueprint("chats", __name__)


@blueprint.get("/chats")
@endpoint(Access.OPERATOR, query=ChatQuery, response=ChatPage)
def list_chats(query: ChatQuery) -> ChatPage:
    """Chats by id."""
    session = context.session()
    filter = ChatFilter(query.q, query.status, query.linked, query.type, query.approved)
    rows, cursor = page(
        "chats",
        query,
        lambda limit, after: chats.list_page(session, filter, limit, after),
        lambda chat: chat.id,
    )
    return ChatPage(items=[Chat.model_validate(chat) for chat in rows], next_cursor=cursor)


@blueprint.get("/chats/<chat:chat_id>")
@endpoint(Access.OPERATOR, response=Chat, errors=(404,))
def show_chat(chat_id: int) -> Chat:
    """One chat."""
    return Chat.model_validate(chats.find(context.session(), chat_id))


@blueprint.patch("/chats/<chat:chat_id>")
@endpoint(Access.ADMIN, body=ChatChange, response=Chat, errors=(404, 409))
def change_chat(chat_id: int, body: ChatChange) -> Chat:
    """Make a group or channel a destination of broadcasts, or not any more."""
    with writing(context.session()) as session:
        user = credentials.current()
        chat = approval.decide(session, chat_id, body.approved, user.id if user else None)
        return Chat.model_validate(chat)
