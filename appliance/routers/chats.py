"""Chats the bot knows, for operators and admins."""

from flask import Blueprint

from appliance.crud import chats
from appliance.crud.chats import ChatFilter
from appliance.routers import context
from appliance.routers.endpoints import Access, endpoint
from appliance.routers.paging import page
from appliance.schemas import Chat, ChatPage, ChatQuery

blueprint = Blueprint("chats", __name__)


@blueprint.get("/chats")
@endpoint(Access.OPERATOR, query=ChatQuery, answer=ChatPage)
def list_chats(query: ChatQuery) -> ChatPage:
    """Chats by id."""
    session, narrow = context.session(), ChatFilter(query.q, query.status, query.linked)
    rows, cursor = page(
        "chats",
        query,
        lambda limit, after: chats.list_page(session, narrow, limit, after),
        lambda chat: chat.id,
    )
    return ChatPage(items=[Chat.model_validate(chat) for chat in rows], next_cursor=cursor)


@blueprint.get("/chats/<chat:chat_id>")
@endpoint(Access.OPERATOR, answer=Chat, errors=(404,))
def show_chat(chat_id: int) -> Chat:
    """One chat."""
    return Chat.model_validate(chats.find(context.session(), chat_id))
