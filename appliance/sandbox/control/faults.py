"""The control API's troubles (faults, flood control, strange updates) and the bot's settings."""

from aiohttp import web

from appliance.errors import Invalid, NotFound
from appliance.sandbox.control.http import answer, read_body
from appliance.sandbox.control.requests import (
    BotOwnerSettings,
    FloodLimits,
    NewSimulatedFault,
    RawUpdate,
)
from appliance.sandbox.control.views import (
    BotAsOwned,
    FloodState,
    NextUpdate,
    SimulatedFault,
    SimulatedFaults,
)
from appliance.sandbox.world.flood_control import Limits
from appliance.sandbox.world.world import World


class TroubleControl:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/faults", self.list_faults),
            web.post("/sandbox/faults", self.add_fault),
            web.delete("/sandbox/faults", self.clear_faults),
            web.delete(r"/sandbox/faults/{id:\d+}", self.remove_fault),
            web.get("/sandbox/flood", self.show_flood),
            web.put("/sandbox/flood", self.set_flood),
            web.post("/sandbox/updates", self.add_update),
            web.get("/sandbox/bot", self.show_bot),
            web.put("/sandbox/bot", self.set_bot),
        ]

    async def list_faults(self, _request: web.Request) -> web.Response:
        faults = [SimulatedFault.of(fault) for fault in self._world.faults.all()]
        return answer(SimulatedFaults(faults=faults))

    async def add_fault(self, request: web.Request) -> web.Response:
        body = await read_body(request, NewSimulatedFault)
        return answer(SimulatedFault.of(self._world.faults.add(**body.model_dump())), 201)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        self._world.faults.clear()
        return web.Response(status=204)

    async def remove_fault(self, request: web.Request) -> web.Response:
        fault_id = int(request.match_info["id"])
        if not self._world.faults.remove(fault_id):
            raise NotFound(f"there is no fault {fault_id}")
        return web.Response(status=204)

    async def show_flood(self, _request: web.Request) -> web.Response:
        return answer(FloodState.of(self._world.flood))

    async def set_flood(self, request: web.Request) -> web.Response:
        """Switch it on with these limits, or off. Either way it forgets what it counted."""
        body = await read_body(request, FloodLimits)
        limits = Limits(**body.model_dump(exclude={"enabled"}, exclude_none=True))
        self._world.flood.set(limits if body.enabled else None)
        return await self.show_flood(request)

    async def add_update(self, request: web.Request) -> web.Response:
        """Queue an update as it is, even of a kind that Telegram does not have; or let ids jump.

        Telegram's ids begin anew, anywhere, after a week without updates.
        """
        body = await read_body(request, RawUpdate)
        state = self._world.state
        if body.kind is not None and (not body.kind.isidentifier() or body.kind == "update_id"):
            raise Invalid(f"invalid kind {body.kind!r}: expected the name of an update's field")
        if body.next_id is not None:
            state.commit("confirm", before=0, next_id=body.next_id)
        if body.kind is not None:
            update = {"update_id": state.updates.next_id, body.kind: body.content}
            state.commit("update", update=update)
        return answer(NextUpdate(next_id=state.updates.next_id), 201)

    async def show_bot(self, _request: web.Request) -> web.Response:
        privacy = not self._world.reads_everything
        return answer(BotAsOwned(**self._world.bot(), privacy=privacy))

    async def set_bot(self, request: web.Request) -> web.Response:
        """What its owner sets with @BotFather; without `privacy` it gets all messages of groups."""
        body = await read_body(request, BotOwnerSettings)
        self._world.state.commit("profile", name="privacy", value=body.privacy)
        return await self.show_bot(request)
