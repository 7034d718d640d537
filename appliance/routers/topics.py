"""Topics: which there are, and what a member gets of them."""

from collections.abc import Iterable

from flask import Blueprint

from appliance.crud.chats import topics as topics_crud
from appliance.database import writing
from appliance.routers.api import context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.schemas import (
    NewTopic,
    Topic,
    TopicChoice,
    TopicChoices,
    TopicList,
    TopicsChosen,
)
from appliance.services.chats import topics
from appliance.services.chats.topics import Choice

blueprint = Blueprint("topics", __name__)


@blueprint.get("/topics")
@endpoint(Access.MEMBER, response=TopicList)
def list_topics() -> TopicList:
    """Topics by name."""
    rows = topics_crud.list_all(context.session())
    return TopicList(items=[Topic.model_validate(row) for row in rows])


@blueprint.post("/topics")
@endpoint(Access.ADMIN, body=NewTopic, response=Topic, status=201, errors=(409,))
def add_topic(body: NewTopic) -> Topic:
    """Make a topic; without a title its name is the title."""
    with writing(context.session()) as session:
        topic = topics.add(
            session, body.name, body.title, body.title_ru, default_on=body.default_on
        )
        return Topic.model_validate(topic)


@blueprint.delete("/topics/<name>")
@endpoint(Access.ADMIN, status=204, errors=(404, 409))
def delete_topic(name: str) -> None:
    """Delete a topic and everybody's choices about it."""
    with writing(context.session()) as session:
        topics.remove(session, name)


@blueprint.get("/users/me/topics")
@endpoint(Access.MEMBER, response=TopicChoices)
def show_my_topics() -> TopicChoices:
    """Which topics your chat gets."""
    chat = credentials.caller().chat
    if chat is None:
        return TopicChoices(linked=False, items=[])
    return _answer(topics.choices_of(context.session(), chat))


@blueprint.put("/users/me/topics")
@endpoint(Access.MEMBER, body=TopicsChosen, response=TopicChoices, errors=(404, 409))
def choose_my_topics(body: TopicsChosen) -> TopicChoices:
    """Choose; topics you do not name stay as they are."""
    user_id = credentials.caller().id
    with writing(context.session()) as session:
        return _answer(topics.choose_as_user(session, user_id, body.topics))


def _answer(choices: Iterable[Choice]) -> TopicChoices:
    items = [
        TopicChoice(
            name=choice.topic.name,
            title=choice.topic.title,
            title_ru=choice.topic.title_ru,
            subscribed=choice.subscribed,
        )
        for choice in choices
    ]
    return TopicChoices(linked=True, items=items)
