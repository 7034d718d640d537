"""The control API's groups and channels: make them, let people and the bot come and go."""

import random

from aiohttp import web

from appliance.errors import Invalid, NotFound
from appliance.sandbox.control.http import answer, read_body, read_query
from appliance.sandbox.control.requests import (
    BotStatus,
    ByMember,
    ChatMessagesQuery,
    ChatTitle,
    MembersStatus,
    NewSimulatedChat,
    TopicChange,
    TopicName,
)
from appliance.sandbox.control.views import PhoneMessages, SimulatedChat, SimulatedChats
from appliance.sandbox.people import groups as people_groups
from appliance.sandbox.people.groups import NewGroup
from appliance.sandbox.people.names import make_person
from appliance.sandbox.world.model import (
    ADMINISTRATOR,
    CHANNEL,
    CREATOR,
    MEMBER,
    Group,
    Person,
    person_fields,
)
from appliance.sandbox.world.world import World


class ChatControl:
    def __init__(self, world: World) -> None:
        self._world = world
        self._dice = random.Random()  # noqa: S311 - names, not secrets

    def routes(self) -> list[web.RouteDef]:
        chat = r"/sandbox/chats/{id:-\d+}"
        return [
            web.get("/sandbox/chats", self.list_chats),
            web.post("/sandbox/chats", self.add_chat),
            web.get(chat, self.show_chat),
            web.get(f"{chat}/messages", self.list_messages),
            web.post(f"{chat}/bot", self.set_bot),
            web.post(f"{chat}/members", self.set_members),
            web.post(f"{chat}/title", self.set_title),
            web.post(f"{chat}/migrate", self.migrate),
            web.post(f"{chat}/topics", self.open_topic),
            web.post(chat + r"/topics/{topic:\d+}", self.change_topic),
        ]

    async def list_chats(self, _request: web.Request) -> web.Response:
        return answer(SimulatedChats.of(self._world))

    async def add_chat(self, request: web.Request) -> web.Response:
        """Without a `creator` somebody new is made for it."""
        body = await read_body(request, NewSimulatedChat)
        for person in (*body.members, *([body.creator] if body.creator else [])):
            self._check_person(person)
        new = NewGroup(
            type=body.type,
            title=body.title,
            creator=body.creator or self._somebody().id,
            username=body.username or None,
            is_forum=body.is_forum,
            bot=body.bot or (ADMINISTRATOR if body.type == CHANNEL else MEMBER),
            members=body.members,
        )
        return self._shown(people_groups.create_group(self._world, new), 201)

    async def show_chat(self, request: web.Request) -> web.Response:
        return self._shown(self._group(request))

    async def list_messages(self, request: web.Request) -> web.Response:
        query = read_query(request, ChatMessagesQuery)
        messages = [
            message
            for message in self._group(request).messages.values()
            if message.message_id > query.after and query.thread in (0, message.thread)
        ]
        return answer(PhoneMessages.of(messages))

    async def set_bot(self, request: web.Request) -> web.Response:
        """Add, remove, promote or demote the bot."""
        group, body = self._group(request), await read_body(request, BotStatus)
        self._set_status(group, self._world.bot_id, body, self._by(group, body))
        return self._shown(group)

    async def set_members(self, request: web.Request) -> web.Response:
        """The same with `people`. `by` may be one of them: they join or leave by themselves."""
        group, body = self._group(request), await read_body(request, MembersStatus)
        for person in body.people:
            self._check_person(person)
            if group.status_of(person) == CREATOR:
                raise Invalid(f"people: {person} is the creator")
        for person in body.people:
            by = person if body.by == person else self._by(group, body)
            self._set_status(group, person, body, by)
        return self._shown(group)

    async def set_title(self, request: web.Request) -> web.Response:
        group, body = self._group(request), await read_body(request, ChatTitle)
        people_groups.rename(self._world, group, body.title, by=self._by(group, body))
        return self._shown(group)

    async def migrate(self, request: web.Request) -> web.Response:
        """Answers with the new supergroup; calls to the old id are refused with the new one."""
        group, body = self._group(request), await read_body(request, ByMember)
        new = people_groups.migrate(self._world, group, by=self._by(group, body))
        return self._shown(new, 201)

    async def open_topic(self, request: web.Request) -> web.Response:
        group, body = self._group(request), await read_body(request, TopicName)
        people_groups.open_topic(self._world, group, body.name, by=self._by(group, body))
        return self._shown(group, 201)

    async def change_topic(self, request: web.Request) -> web.Response:
        """Rename, close or open again."""
        group, body = self._group(request), await read_body(request, TopicChange)
        topic = group.topics.get(int(request.match_info["topic"]))
        if topic is None or topic.deleted:
            raise NotFound("there is no such topic in this chat")
        changes = body.model_dump(include={"name", "closed"}, exclude_none=True)
        people_groups.change_topic(self._world, group, topic, by=self._by(group, body), **changes)
        return self._shown(group)

    def _set_status(self, group: Group, user: int, body: BotStatus, by: int) -> None:
        people_groups.set_status(self._world, group, user, body.status, by=by, rights=body.rights)

    def _by(self, group: Group, body: ByMember) -> int:
        return people_groups.acting_member(self._world, group, body.by)

    def _group(self, request: web.Request) -> Group:
        chat_id = int(request.match_info["id"])
        group = self._world.state.groups.get(chat_id)
        if group is None:
            raise NotFound(f"there is no chat {chat_id}")
        return group

    def _check_person(self, person: int) -> None:
        if person not in self._world.state.people:
            raise NotFound(f"there is no simulated person {person}")

    def _somebody(self) -> Person:
        state = self._world.state
        person = make_person(self._dice, state.people)
        made: Person = state.commit("person", person=person_fields(person))
        return made

    def _shown(self, group: Group, status: int = 200) -> web.Response:
        return answer(SimulatedChat.of(self._world, group), status)
