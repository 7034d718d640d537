"""The control API's people: who there is, what they do, and what they received."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from appliance.errors import NotFound
from appliance.sandbox.control.actions import ACTIONS, Action
from appliance.sandbox.control.http import answer, read_body, read_query
from appliance.sandbox.control.requests import (
    CallbacksQuery,
    CommandsQuery,
    MessagesQuery,
    NewCrowd,
    NewPeople,
    NewPerson,
    PeopleQuery,
    RecordQuery,
)
from appliance.sandbox.control.views import (
    ActingPerson,
    CallbackAnswers,
    CommandMenu,
    PhoneMessages,
    SandboxRecord,
    SandboxStats,
    SimulatedCrowd,
    SimulatedPeople,
    SimulatedPerson,
)
from appliance.sandbox.people import actions
from appliance.sandbox.people.command_menu import commands_seen
from appliance.sandbox.people.messages import find_destination
from appliance.sandbox.people.names import make_person
from appliance.sandbox.world.model import Person, person_fields
from appliance.sandbox.world.state import people_after
from appliance.sandbox.world.world import World


class PeopleControl:
    def __init__(self, world: World) -> None:
        self._world = world
        self._dice = random.Random()  # noqa: S311 - names, not secrets

    def routes(self) -> list[web.RouteDef]:
        person = r"/sandbox/people/{id:\d+}"
        return [
            web.get("/sandbox/people", self.list_people),
            web.post("/sandbox/people", self.add_people),
            web.get(person, self.show_person),
            web.get(f"{person}/messages", self.list_messages),
            web.get(f"{person}/commands", self.list_commands),
            *(
                web.post(f"{person}/{name}", self._handler(action))
                for name, action in ACTIONS.items()
            ),
            web.get("/sandbox/callbacks", self.list_callbacks),
            web.get("/sandbox/record", self.list_record),
            web.get("/sandbox/stats", self.show_stats),
        ]

    async def list_people(self, request: web.Request) -> web.Response:
        query = read_query(request, PeopleQuery)
        page = SimulatedCrowd.of(people_after(self._world.state, query.after, query.limit))
        return answer(SimulatedPeople(people=page.people, total=len(self._world.state.people)))

    async def add_people(self, request: web.Request) -> web.Response:
        kind = NewPeople.kind_of(await request.read())
        body = await read_body(request, kind)
        if isinstance(body, NewCrowd):
            return answer(SimulatedCrowd.of(self._add_crowd(body)), 201)
        return answer(SimulatedPerson.of(self._add_person(self._dice, body)), 201)

    async def show_person(self, request: web.Request) -> web.Response:
        return answer(SimulatedPerson.of(self._person(request)))

    async def list_messages(self, request: web.Request) -> web.Response:
        after = read_query(request, MessagesQuery).after
        messages = self._person(request).messages.values()
        return answer(PhoneMessages.of(it for it in messages if it.message_id > after))

    async def list_commands(self, request: web.Request) -> web.Response:
        """The menu in one chat; without `chat_id` that with the bot."""
        person = self._person(request)
        chat_id = read_query(request, CommandsQuery).chat_id
        chat = find_destination(self._world, person, chat_id).chat
        return answer(CommandMenu.of(commands_seen(self._world, person, chat)))

    async def list_callbacks(self, request: web.Request) -> web.Response:
        person = read_query(request, CallbacksQuery).person
        callbacks = self._world.state.callbacks.values()
        return answer(CallbackAnswers.of(it for it in callbacks if person in (0, it.person)))

    async def list_record(self, request: web.Request) -> web.Response:
        query = read_query(request, RecordQuery)
        record = self._world.state.record
        page = record[query.after : query.after + query.limit]
        return answer(SandboxRecord.of(page, len(record)))

    async def show_stats(self, _request: web.Request) -> web.Response:
        world = self._world
        return answer(
            SandboxStats(
                calls=world.calls, errors=world.errors, peak_per_second=world.state.peak_per_second
            )
        )

    def _person(self, request: web.Request) -> Person:
        person_id = int(request.match_info["id"])
        person = self._world.state.people.get(person_id)
        if person is None:
            raise NotFound(f"there is no simulated person {person_id}")
        return person

    def _handler(self, action: Action[Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            person = self._person(request)
            body = await read_body(request, action.body)
            wrote = [message.message_id for message in action.perform(self._world, person, body)]
            return answer(ActingPerson.of(person, wrote=wrote))

        return handle

    def _add_person(self, dice: random.Random, new: NewPerson) -> Person:
        state = self._world.state
        person = make_person(dice, state.people, **new.model_dump(exclude_none=True))
        added: Person = state.commit("person", person=person_fields(person))
        return added

    def _add_crowd(self, crowd: NewCrowd) -> list[Person]:
        """Everybody is made before anybody acts, so that ids do not tell who blocks or is slow."""
        dice = self._dice if crowd.seed is None else random.Random(crowd.seed)  # noqa: S311
        people = [self._add_person(dice, NewPerson()) for _ in range(crowd.count)]
        chosen = dice.sample(people, crowd.blocked + crowd.slow)
        blocking, slow = chosen[: crowd.blocked], chosen[crowd.blocked :]
        for person in slow:
            actions.change(self._world, person, latency_ms=crowd.latency_ms)
        for person in people if crowd.start else blocking:
            actions.start(self._world, person)
        for person in blocking:
            actions.block(self._world, person)
        return people
