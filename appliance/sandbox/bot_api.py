"""The Bot API over HTTP: finds the method, lets faults strike, answers."""

import asyncio
import hmac
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from appliance.sandbox import albums, queries, sending, webhook
from appliance.sandbox.answers import ApiError, failure, success
from appliance.sandbox.faults import Fault
from appliance.sandbox.parameters import Parameters, read
from appliance.sandbox.world import World

Method = Callable[[World, Parameters], Any]

METHODS: dict[str, Method] = {
    "getMe": queries.get_me,
    "getUpdates": queries.get_updates,
    "setWebhook": webhook.set_webhook,
    "deleteWebhook": webhook.delete_webhook,
    "getWebhookInfo": webhook.webhook_info,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendVideo": sending.send_video,
    "sendMediaGroup": albums.send_media_group,
    "editMessageText": sending.edit_message_text,
    "editMessageCaption": sending.edit_message_caption,
    "editMessageMedia": albums.edit_message_media,
    "editMessageReplyMarkup": sending.edit_message_reply_markup,
    "deleteMessage": sending.delete_message,
    "deleteMessages": sending.delete_messages,
    "sendChatAction": sending.send_chat_action,
    "answerCallbackQuery": queries.answer_callback_query,
    "setMyCommands": queries.set_my_commands,
    "deleteMyCommands": queries.delete_my_commands,
    "getMyCommands": queries.get_my_commands,
    "getChat": queries.get_chat,
    "getFile": queries.get_file,
}
_NAMES = {name.lower(): name for name in METHODS}
_SENDS = frozenset({"sendMessage", "sendPhoto", "sendDocument", "sendVideo", "sendMediaGroup"})


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
            name = _NAMES.get(request.match_info["method"].lower())
            if name is None:
                raise ApiError(404, "Not Found")
            return await self._run(name, request)
        except ApiError as error:
            self._world.errors[str(error.code)] += 1
            return _gateway_page() if error.code == 502 else failure(error)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The content of a file, by the path that getFile told."""
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

    def _authorize(self, request: web.Request) -> None:
        token = request.match_info["token"].encode("utf-8", "replace")
        if not hmac.compare_digest(token, self._world.token.encode()):
            raise ApiError(401, "Unauthorized")

    async def _run(self, name: str, request: web.Request) -> web.StreamResponse:
        world = self._world
        parameters = await read(request)
        world.calls[name] += 1
        chat_id = parameters.number("chat_id")
        delay, fault = world.faults.strike(name, chat_id)
        # A place for flood control of its own: refuse here with `too_many_requests`, before
        # anything is accepted, as Telegram does.
        if delay:
            await asyncio.sleep(delay)
        if fault and fault.kind == "close_before":
            return _hang_up(request)
        if fault and (error := fault.error()):
            raise error
        result = await self._execute(name, parameters, chat_id)
        return _hang_up(request) if _closes_after(fault) else result

    async def _execute(
        self, name: str, parameters: Parameters, chat_id: int | None
    ) -> web.StreamResponse:
        """A slow person's message is accepted half-way through the wait."""
        person = self._world.state.people.get(chat_id or 0) if name in _SENDS else None
        wait = person.latency_ms / 2000 if person else 0
        if wait:
            await asyncio.sleep(wait)
        result = METHODS[name](self._world, parameters)
        if inspect.isawaitable(result):
            result = await _awaited(result)
        if wait:
            await asyncio.sleep(wait)
        return success(result)


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def _closes_after(fault: Fault | None) -> bool:
    return fault is not None and fault.kind == "close_after"


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Cut the connection; what is returned reaches nobody."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def _gateway_page() -> web.Response:
    """Telegram's front server answers 502 with a page, not with JSON."""
    page = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
    return web.Response(text=page, status=502, content_type="text/html")
