"""The simulator as its callers see it: over HTTP."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from appliance import config
from appliance.sandbox.people.names import make_person
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.server import Sandbox
from appliance.sandbox.world.model import Person, person_fields
from appliance.sandbox.world.state import State
from appliance.sandbox.world.world import World

TOKEN = config.SANDBOX_TOKEN


class Refused(Exception):
    """The Bot API said no."""

    def __init__(self, status: int, document: dict[str, Any], headers: dict[str, str]) -> None:
        super().__init__(document["description"])
        self.status = status
        self.code = document["error_code"]
        self.description = document["description"]
        self.parameters = document.get("parameters")
        self.headers = headers


class Api:
    """Calls the Bot API and the control API of one simulator."""

    def __init__(self, url: str, token: str = TOKEN) -> None:
        self.url = url
        self.token = token

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body, headers. Header names are written with underscores."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return response.status, response.read(), dict(response.headers)
        finally:
            connection.close()

    def raw(self, method: str, body: bytes | None, content_type: str, query: str = "") -> Any:
        """The result of a Bot API call. Raises Refused."""
        status, content, headers = self.request(
            "POST", f"/bot{self.token}/{method}{query}", body, Content_Type=content_type
        )
        document = json.loads(content)
        if not document["ok"]:
            raise Refused(status, document, headers)
        assert status == 200
        return document["result"]

    def call(self, method: str, **parameters: Any) -> Any:
        body = json.dumps(parameters).encode()
        return self.raw(method, body, "application/json")

    def query(self, method: str, **parameters: Any) -> Any:
        return self.raw(method, None, "", "?" + urlencode(parameters, quote_via=quote))

    def refused(self, method: str, **parameters: Any) -> Refused:
        with pytest.raises(Refused) as caught:
            self.call(method, **parameters)
        assert caught.value.status == caught.value.code
        return caught.value

    def control(self, method: str, path: str, body: Any = None) -> Any:
        status, document = self.try_control(method, path, body)
        assert status < 400, document
        return document

    def try_control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content_Type": "application/json"}
        status, answer, _ = self.request(method, f"/sandbox{path}", content, **headers)
        return status, json.loads(answer) if answer else None

    def person(self, started: bool = True, **given: str) -> int:
        """The id of somebody new; what pressing Start brought is confirmed already."""
        person_id: int = self.control("POST", "/people", given)["id"]
        if started:
            self.act(person_id, "start")
            self.call("getUpdates", offset=-1)
            self.updates()
        return person_id

    def group(self, creator: int, **given: Any) -> int:
        """The id of a group with this person and the bot; the updates of that are confirmed."""
        chat_id: int = self.control("POST", "/chats", {"creator": creator, **given})["id"]
        self.updates()
        return chat_id

    def act(self, person_id: int, act: str, **body: Any) -> Any:
        return self.control("POST", f"/people/{person_id}/{act}", body)

    def messages(self, person_id: int) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.control("GET", f"/people/{person_id}/messages")[
            "messages"
        ]
        return messages

    def updates(self) -> list[dict[str, Any]]:
        """What is pending, confirmed by that."""
        updates: list[dict[str, Any]] = self.call("getUpdates")
        if updates:
            self.call("getUpdates", offset=updates[-1]["update_id"] + 1)
        return updates


@pytest.fixture
def api(sandbox):
    return Api(sandbox.url)


@pytest.fixture
def make_api():
    """`make_api(**options)` starts a simulator with these options of `Sandbox`."""
    running: list[Sandbox] = []

    def make(**options: Any) -> Api:
        simulator = Sandbox(TOKEN, **options)
        simulator.start()
        running.append(simulator)
        return Api(simulator.url)

    make.stop_all = lambda: [simulator.stop() for simulator in running]  # type: ignore[attr-defined]
    yield make
    for simulator in running:
        simulator.stop()


@pytest.fixture
def world():
    """The parts of a simulator without its server."""
    return World(TOKEN, State())


@pytest.fixture
def person(world):
    """Somebody who has pressed Start."""
    import random

    somebody = make_person(random.Random(1), world.state.people)
    somebody.started = True
    added: Person = world.state.commit("person", person=person_fields(somebody))
    return added


def parameters(**values: Any) -> Parameters:
    return Parameters(values)
