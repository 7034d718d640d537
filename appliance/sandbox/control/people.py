"""The control API's people: who there is, what they do, what reached them."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from appliance.errors import NotFound
from appliance.sandbox.control import requests
from appliance.sandbox.control.actions import ACTS, Act
from appliance.sandbox.control.views import message_view, person_view
from appliance.sandbox.people import actions
from appliance.sandbox.people.command_menu import commands_seen
from appliance.sandbox.people.messages import find_place
from appliance.sandbox.people.names import make_person
from appliance.sandbox.protocol.responses import as_json
from appliance.sandbox.world.model import Person, Sent, person_fields
from appliance.sandbox.world.state import people_after
from appliance.sandbox.world.world import World

_PAGE = 100
_RECORD_PAGE = 1000


class Control:
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
            *(web.post(f"{person}/{name}", self._acting(act)) for name, act in ACTS.items()),
            web.get("/sandbox/callbacks", self.list_callbacks),
            web.get("/sandbox/record", self.list_record),
            web.get("/sandbox/stats", self.show_stats),
        ]

    async def list_people(self, request: web.Request) -> web.Response:
        limit = requests.number(request, "limit", _PAGE)
        after = requests.number(request, "after", 0)
        people = people_after(self._world.state, after, limit)
        total = len(self._world.state.people)
        return as_json({"people": [person_view(person) for person in people], "total": total})

    async def add_people(self, request: web.Request) -> web.Response:
        body = await requests.document(request)
        if "count" not in body:
            given = requests.NewPerson.read(body)
            return as_json(person_view(self._add_person(self._dice, **given)), 201)
        crowd = requests.Crowd.read(body)
        return as_json({"people": [person_view(p) for p in self._add_crowd(crowd)]}, 201)

    async def show_person(self, request: web.Request) -> web.Response:
        return as_json(person_view(self._person(request)))

    async def list_messages(self, request: web.Request) -> web.Response:
        after = requests.number(request, "after", 0)
        messages = self._person(request).messages.values()
        shown = [message_view(message) for message in messages if message.message_id > after]
        return as_json({"messages": shown})

    async def list_commands(self, request: web.Request) -> web.Response:
        """The menu in one chat; without `chat_id` that with the bot."""
        person = self._person(request)
        chat_id = requests.signed(request, "chat_id")
        chat = find_place(self._world, person, chat_id).chat
        return as_json({"commands": commands_seen(self._world, person, chat)})

    async def list_callbacks(self, request: web.Request) -> web.Response:
        person = requests.number(request, "person", 0)
        callbacks = self._world.state.callbacks.values()
        answers = [
            {
                "id": callback.id,
                "data": callback.data,
                "text": callback.text,
                "show_alert": callback.show_alert,
                "url": callback.url,
                "answered": callback.answered,
            }
            for callback in callbacks
            if not person or callback.person == person
        ]
        return as_json({"answers": answers})

    async def list_record(self, request: web.Request) -> web.Response:
        """`next` is what to pass as `after` for the rest; null at the end."""
        after = requests.number(request, "after", 0)
        limit = requests.number(request, "limit", _RECORD_PAGE)
        record = self._world.state.record
        page = record[after : after + limit]
        following = page[-1].seq if page and page[-1].seq < len(record) else None
        return as_json({"record": [Sent._asdict(sent) for sent in page], "next": following})

    async def show_stats(self, _request: web.Request) -> web.Response:
        return as_json(
            {
                "calls": dict(self._world.calls),
                "errors": dict(self._world.errors),
                "peak_per_second": self._world.state.peak_per_second,
            }
        )

    def _person(self, request: web.Request) -> Person:
        person_id = int(request.match_info["id"])
        person = self._world.state.people.get(person_id)
        if person is None:
            raise NotFound(f"there is no simulated person {person_id}")
        return person

    def _acting(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            person = self._person(request)
            wrote = act(self._world, person, await requests.document(request))
            return as_json({**person_view(person), "wrote": wrote})

        return handle

    def _add_person(self, dice: random.Random, **given: Any) -> Person:
        state = self._world.state
        person = make_person(dice, state.people, **given)
        added: Person = state.commit("person", person=person_fields(person))
        return added

    def _add_crowd(self, crowd: requests.Crowd) -> list[Person]:
        """Everybody first, then what they do, so that the order of ids says nothing."""
        dice = self._dice if crowd.seed is None else random.Random(crowd.seed)  # noqa: S311
        people = [self._add_person(dice) for _ in range(crowd.count)]
        chosen = dice.sample(people, crowd.blocked + crowd.slow)
        blocking, slow = chosen[: crowd.blocked], chosen[crowd.blocked :]
        for person in slow:
            actions.change(self._world, person, latency_ms=crowd.latency_ms)
        for person in people if crowd.start else blocking:
            actions.start(self._world, person)
        for person in blocking:
            actions.block(self._world, person)
        return people
