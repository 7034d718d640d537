"""The control API's troubles: faults, flood control, strange updates; and the bot's owner."""

from aiohttp import web

from appliance.errors import Invalid, NotFound
from appliance.sandbox.control import requests
from appliance.sandbox.protocol.responses import as_json
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
        return as_json({"faults": [fault.as_dict() for fault in self._world.faults.all()]})

    async def add_fault(self, request: web.Request) -> web.Response:
        fields = requests.NewFault.read(await requests.document(request))
        return as_json(self._world.faults.add(**fields).as_dict(), 201)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        self._world.faults.clear()
        return web.Response(status=204)

    async def remove_fault(self, request: web.Request) -> web.Response:
        fault_id = int(request.match_info["id"])
        if not self._world.faults.remove(fault_id):
            raise NotFound(f"there is no fault {fault_id}")
        return web.Response(status=204)

    async def show_flood(self, _request: web.Request) -> web.Response:
        return as_json(self._world.flood.as_dict())

    async def set_flood(self, request: web.Request) -> web.Response:
        """Switch it on, with these limits, or off; what was counted is forgotten."""
        body = await requests.document(request)
        self._world.flood.set(requests.NewLimits.read(body))
        return as_json(self._world.flood.as_dict())

    async def add_update(self, request: web.Request) -> web.Response:
        """An update of any kind as it is, known to nobody perhaps; or a jump of the ids.

        Telegram's ids begin anywhere after a week without updates.
        """
        body = await requests.document(request)
        requests.only(body, ("kind", "content", "next_id"))
        state = self._world.state
        if body.get("next_id") is not None:
            next_id = requests.integer(body, "next_id", high=2**31 - 1)
            state.commit("confirm", before=0, next_id=next_id)
        if "kind" in body:
            kind, content = requests.text(body, "kind"), body.get("content")
            if not kind.isidentifier() or kind == "update_id":
                raise Invalid("kind: it takes the name of an update's field")
            update_id = state.updates.next_id
            state.commit("update", update={"update_id": update_id, kind: content})
        return as_json({"next_id": state.updates.next_id}, 201)

    async def show_bot(self, _request: web.Request) -> web.Response:
        return as_json({**self._world.bot(), "privacy": not self._world.reads_everything})

    async def set_bot(self, request: web.Request) -> web.Response:
        """What its owner tells @BotFather: `privacy` off lets it hear all that groups say."""
        body = await requests.document(request)
        requests.only(body, ("privacy",))
        privacy = requests.flag(body, "privacy", True)
        self._world.state.commit("profile", name="privacy", value=privacy)
        return await self.show_bot(request)
