"""The Bot API over HTTP: finds the method, lets faults strike, answers."""

import asyncio
import hmac
import inspect
from collections.abc import Awaitable
from typing import Any

from aiohttp import web

from appliance.sandbox.methods.table import COUNTED, METHODS, SENDING, count_of
from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.protocol.requests import read
from appliance.sandbox.protocol.responses import failure, success
from appliance.sandbox.world.faults import PAGES
from appliance.sandbox.world.model import Group
from appliance.sandbox.world.world import World

_NAMES = {name.lower(): name for name in METHODS}


class BotApi:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/bot{token}/{method}", self.call),
            web.get("/file/bot{token}/{path:.+}", self.download),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Any Bot API method, by GET or POST."""
        try:
            self._authorize(request)
            # Telegram's method names have no case.
            name = _NAMES.get(request.match_info["method"].lower())
            if name is None:
                raise ApiError(404, "Not Found: method not found")
            return await self._run(name, request)
        except ApiError as error:
            self._world.errors[str(error.code)] += 1
            return _gateway_page(error.code) if error.code in PAGES else failure(error)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The content of a file, by the path from getFile."""
        try:
            self._authorize(request)
            stored = self._world.files.at(request.match_info["path"])
            if stored is None:
                raise ApiError(404, "Not Found")
        except ApiError as error:
            return failure(error)
        # As a download: a browser must not run what a stranger uploaded.
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return web.Response(
            body=stored.content, content_type="application/octet-stream", headers=headers
        )

    async def reply(self, method: str, values: dict[str, Any]) -> None:
        """A call that a site makes in its response to the webhook; errors are only counted."""
        name = _NAMES.get(method.lower())
        if name is None:
            return
        self._world.calls[name] += 1
        try:
            await self._execute(name, Parameters(values))
        except ApiError as error:
            self._world.errors[str(error.code)] += 1

    def _authorize(self, request: web.Request) -> None:
        token = request.match_info["token"].encode("utf-8", "replace")
        if not hmac.compare_digest(token, self._world.token.encode()):
            raise ApiError(401, "Unauthorized")

    async def _run(self, name: str, request: web.Request) -> web.StreamResponse:
        world = self._world
        parameters = await read(request)
        world.calls[name] += 1
        chat_id = parameters.number("chat_id")
        waits = parameters.integer("timeout") > 0 and not world.state.updates.pending
        delay, fault = world.faults.strike(name, chat_id, waits=waits)
        if delay:
            await asyncio.sleep(delay)
        if fault and fault.kind == "close_before":
            return _hang_up(request)
        if fault and (error := fault.error()):
            raise error
        result = await self._execute(name, parameters)
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.wait)
        return _hang_up(request) if fault and fault.kind == "close_after" else result

    async def _execute(self, name: str, parameters: Parameters) -> web.StreamResponse:
        """A slow person's message is accepted half-way through the wait.

        So a sender that is killed, or gives up, may do so on either side of that moment.
        """
        wait = self._admit(name, parameters) if name in COUNTED else 0.0
        if wait:
            await asyncio.sleep(wait)
        result = METHODS[name](self._world, parameters)
        if inspect.isawaitable(result):
            result = await _awaited(result)
        if wait:
            await asyncio.sleep(wait)
        return success(result)

    def _admit(self, name: str, parameters: Parameters) -> float:
        """Let flood control count the messages. Returns half the seconds a slow chat takes."""
        chat_id = parameters.number("chat_id")
        chat = self._world.state.chat(chat_id) if chat_id is not None else None
        if chat is None and chat_id is None:
            chat = self._world.state.chat_by_name(parameters.text("chat_id").strip()[1:])
        if chat is None:
            return 0.0
        messages = count_of(name, parameters)
        self._world.flood.admit(chat.id, messages, group=isinstance(chat, Group))
        return chat.latency_ms / 2000 if name in SENDING else 0.0


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Cut the connection; what is returned reaches nobody."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def _gateway_page(code: int) -> web.Response:
    """Telegram's front server answers with a page, not with JSON."""
    title = f"{code} {PAGES[code]}"
    page = f"<html><head><title>{title}</title></head><body>{title}</body></html>"
    return web.Response(text=page, status=code, content_type="text/html")
