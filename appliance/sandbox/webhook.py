"""The webhook: checks of the address, and the deliverer that posts updates to it in order."""

import asyncio
import os
import re
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aiohttp

from appliance.config import LOOPBACK
from appliance.sandbox.answers import Described, bad_request
from appliance.sandbox.parameters import Parameters
from appliance.sandbox.world import World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a name
_PORTS = (443, 80, 88, 8443)
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_SECRET_LIMIT = 256
_ANSWER_SECONDS = 60
_LONGEST_PAUSE = 60.0
_MAX_CONNECTIONS = 40


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
        "max_connections": parameters.integer("max_connections", _MAX_CONNECTIONS),
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
        "has_custom_certificate": False,
        "pending_update_count": len(world.state.updates.pending),
    }
    if webhook:
        info["max_connections"] = webhook["max_connections"]
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
    wanted = [kind.lower() for kind in kinds] or None
    if wanted != world.state.updates.allowed:
        world.state.commit("allow", kinds=wanted)


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


def _secret(parameters: Parameters) -> str:
    secret = parameters.text("secret_token")
    if len(secret) > _SECRET_LIMIT:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    return secret


class Deliverer:
    """Posts pending updates one by one while a webhook is set; run it as a task."""

    def __init__(self, world: World, first_pause: float = 1.0) -> None:
        """`first_pause` is the wait after a first failure, in seconds; it doubles."""
        self._world = world
        self._first_pause = first_pause

    async def run(self) -> None:
        updates = self._world.state.updates
        pause = self._first_pause
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                updates.arrived.clear()
                if self._world.state.webhook is None or not updates.pending:
                    await updates.arrived.wait()
                elif await self._deliver(session, self._world.state.webhook):
                    pause = self._first_pause
                else:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)

    async def _deliver(self, session: aiohttp.ClientSession, webhook: dict[str, Any]) -> bool:
        update = self._world.state.updates.pending[0]
        headers = {SECRET_HEADER: webhook["secret_token"]} if webhook["secret_token"] else {}
        # Certificates on loopback are the tester's own.
        verify = not _is_loopback(urlsplit(webhook["url"]))
        try:
            async with session.post(
                webhook["url"], json=update, headers=headers, ssl=verify, allow_redirects=False
            ) as response:
                problem = _problem(response.status, response.reason)
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
            return False
        self._world.state.commit("confirm", before=update["update_id"] + 1)
        return True


def _problem(status: int, reason: str | None) -> str:
    if 200 <= status < 300:
        return ""
    return f"Wrong response from the webhook: {status} {reason or ''}".rstrip()
