"""Topics and what people chose."""

from typing import Annotated

from pydantic import Field

from appliance.schemas.base import Answer, Line, Request, Text

TopicName = Annotated[Text, Field(max_length=32)]


class Topic(Answer):
    """With `default_on` everybody gets it until they opt out, otherwise those who subscribe."""

    id: int
    name: str
    title: str
    title_ru: str | None
    default_on: bool


class TopicList(Answer):
    items: list[Topic]


class NewTopic(Request):
    name: TopicName
    title: Line | None = None
    title_ru: Line | None = None
    default_on: bool = True


class TopicChoice(Answer):
    name: str
    title: str
    title_ru: str | None
    subscribed: bool


class TopicChoices(Answer):
    """What your chat gets; empty as long as none is linked."""

    linked: bool
    items: list[TopicChoice]


class TopicsChosen(Request):
    """Topics by name; those that are not named stay as they are."""

    topics: dict[TopicName, bool] = Field(max_length=1000)
