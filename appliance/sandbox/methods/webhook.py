"""The webhook: its methods, and the deliverer that posts updates to it in order."""

import asyncio
import json
import os
import re
import time
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aiohttp

from appliance.config import LOOPBACK
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.protocol.responses import Described
from appliance.sandbox.world.update_queue import Update
from appliance.sandbox.world.world import World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a name
_PORTS = (443, 80, 88, 8443)
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_SECRET_LIMIT = 256
_TIMEOUT_SECONDS = 60
_LONGEST_PAUSE_SECONDS = 60.0
_USUAL_CONNECTIONS = 40
_MAX_CONNECTIONS = 100
# Updates looked at for a chat that is not busy: a stuck chat with thousands of them must not make
# every arrival walk through all.
_LOOK_AHEAD = 200
_REPLY_BYTES = 1024 * 1024

Reply = Callable[[str, dict[str, Any]], Awaitable[None]]


def set_webhook(world: World, parameters: Parameters) -> object:
    url = parameters.text("url").strip()
    if not url:
        return delete_webhook(world, parameters)
    _check(url)
    remember_allowed(world, parameters)
    if parameters.flag("drop_pending_updates"):
        drop_pending(world)
    before = world.state.webhook
    webhook = {
        "url": url,
        "secret_token": _secret(parameters),
        "max_connections": _connections(parameters),
        "certificate": "certificate" in parameters.uploads,
        "ip_address": parameters.text("ip_address") or None,
    }
    if before != webhook:
        world.webhook_problem = {}
    world.state.commit("webhook", webhook=webhook)
    world.state.updates.terminate("setWebhook request")
    world.state.updates.arrived.set()
    return Described(True, "Webhook is already set" if before == webhook else "Webhook was set")


def delete_webhook(world: World, parameters: Parameters) -> object:
    if parameters.flag("drop_pending_updates"):
        drop_pending(world)
    if world.state.webhook is None:
        return Described(True, "Webhook is already deleted")
    world.state.commit("webhook", webhook=None)
    return Described(True, "Webhook was deleted")


def webhook_info(world: World, _parameters: Parameters) -> dict[str, Any]:
    webhook = world.state.webhook
    info: dict[str, Any] = {
        "url": webhook["url"] if webhook else "",
        "has_custom_certificate": bool(webhook and webhook.get("certificate")),
        "pending_update_count": len(world.state.updates.pending),
    }
    if webhook:
        info["max_connections"] = webhook["max_connections"]
        if webhook.get("ip_address"):
            info["ip_address"] = webhook["ip_address"]
        info.update(world.webhook_problem)
    if world.state.updates.allowed:
        info["allowed_updates"] = world.state.updates.allowed
    return info


def remember_allowed(world: World, parameters: Parameters) -> None:
    """`allowed_updates`, where it is given, also for the time after; an empty list is all."""
    kinds = parameters.json("allowed_updates", "Can't parse allowed updates JSON array")
    if kinds is None:
        return
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise bad_request("Expected an Array of allowed updates")
    allowed = [kind.lower() for kind in kinds] or None
    if allowed != world.state.updates.allowed:
        world.state.commit("allow", kinds=allowed)


def drop_pending(world: World) -> None:
    world.state.commit("confirm", before=world.state.updates.next_id)


def _check(url: str) -> None:
    parts = urlsplit(url)
    if _is_loopback(parts):
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in _PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _is_loopback(parts: SplitResult) -> bool:
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK


def _connections(parameters: Parameters) -> int:
    number = parameters.integer("max_connections", _USUAL_CONNECTIONS)
    return min(max(number, 1), _MAX_CONNECTIONS)


def _secret(parameters: Parameters) -> str:
    secret = parameters.text("secret_token")
    if len(secret) > _SECRET_LIMIT:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    return secret


class Deliverer:
    """Posts pending updates while a webhook is set; run it as a task.

    As Telegram does: in order within a chat, several chats side by side. An update that the site
    refuses is repeated, and only its own chat waits for it.
    """

    def __init__(self, world: World, first_pause: float = 1.0, reply: Reply | None = None) -> None:
        """`first_pause` is the wait after a first failure, in seconds; it doubles.

        `reply` makes the call that a site may put into its response.
        """
        self._world = world
        self._first_pause = first_pause
        self._reply = reply
        self._busy: dict[object, asyncio.Task[None]] = {}

    async def run(self) -> None:
        updates = self._world.state.updates
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                while True:
                    # Cleared before the look: what comes during it sets the event again.
                    updates.arrived.clear()
                    self._begin(session)
                    await updates.arrived.wait()
        finally:
            tasks = list(self._busy.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, session: aiohttp.ClientSession) -> None:
        """A task for the first update of every chat that has none under way."""
        webhook = self._world.state.webhook
        if webhook is None:
            return
        for update in islice(self._world.state.updates.pending, _LOOK_AHEAD):
            if len(self._busy) >= webhook["max_connections"]:
                return
            queue = _queue_of(update)
            if queue not in self._busy:
                self._busy[queue] = asyncio.create_task(self._repeat(session, queue, update))

    async def _repeat(self, session: aiohttp.ClientSession, queue: object, update: Update) -> None:
        """Post the update until it is accepted or dropped, or the webhook is deleted."""
        pause = self._first_pause
        updates = self._world.state.updates
        try:
            # Asked anew each time: the webhook may be another one by now, or the updates were
            # dropped.
            while (webhook := self._world.state.webhook) and update in updates.pending:
                wait = await self._deliver(session, webhook, update)
                if wait is None:
                    return
                await asyncio.sleep(max(pause, wait))
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        finally:
            # Also when it was cancelled: the chat's next update must not wait for a task that is
            # gone.
            self._busy.pop(queue, None)
            updates.arrived.set()

    async def _deliver(
        self, session: aiohttp.ClientSession, webhook: dict[str, Any], update: Update
    ) -> float | None:
        """Post it once. Returns None if it was accepted, else the seconds of `Retry-After`."""
        headers = {SECRET_HEADER: webhook["secret_token"]} if webhook["secret_token"] else {}
        # On loopback the tester signs the certificate, and nobody is in between.
        verify = not _is_loopback(urlsplit(webhook["url"]))
        wait = 0.0
        try:
            async with session.post(
                webhook["url"], json=update, headers=headers, ssl=verify, allow_redirects=False
            ) as response:
                problem = _problem(response.status, response.reason)
                wait = _retry_after(response)
                body = await response.content.read(_REPLY_BYTES)
        except TimeoutError:
            problem = "Read timeout expired"
        except aiohttp.ClientConnectorError as error:
            problem = os.strerror(error.errno) if error.errno else str(error)
        except aiohttp.ClientError as error:
            problem = str(error) or "Connection closed"
        if problem:
            self._world.webhook_problem = {
                "last_error_date": int(time.time()),
                "last_error_message": problem,
            }
            return wait
        self._world.state.commit("delivered", update_id=update["update_id"])
        await self._call_back(body)
        return None

    async def _call_back(self, body: bytes) -> None:
        """A site may call one method in its response; it never learns how that went."""
        try:
            call = json.loads(body)
        except ValueError:
            return
        if self._reply and isinstance(call, dict) and isinstance(call.get("method"), str):
            await self._reply(call.pop("method"), call)


def _queue_of(update: Update) -> object:
    """Updates of the same queue stay in order: a chat's, or a person's outside chats."""
    content = next((value for name, value in update.items() if name != "update_id"), None)
    if not isinstance(content, dict):
        return None
    place = content.get("chat") or (content.get("message") or {}).get("chat") or content.get("from")
    return place.get("id") if isinstance(place, dict) else None


def _retry_after(response: aiohttp.ClientResponse) -> float:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0


def _problem(status: int, reason: str | None) -> str:
    if 200 <= status < 300:
        return ""
    return f"Wrong response from the webhook: {status} {reason or ''}".rstrip()
