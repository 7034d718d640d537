"""The parts of one simulator, together, and the bot that it serves."""

import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from appliance.sandbox.world.faults import Faults
from appliance.sandbox.world.files import Files
from appliance.sandbox.world.flood_control import Flood
from appliance.sandbox.world.state import State

BOT_NAME = "Sandbox"
BOT_USERNAME = "appliance_sandbox_bot"


@dataclass(slots=True)
class World:
    token: str
    state: State
    faults: Faults = field(default_factory=Faults)
    files: Files = field(default_factory=Files)
    flood: Flood = field(default_factory=Flood)
    calls: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    webhook_problem: dict[str, Any] = field(default_factory=dict)
    """The fields of getWebhookInfo about the last failed call."""
    clock: Callable[[], float] = time.time

    @property
    def bot_id(self) -> int:
        """The digits before the colon, as in every bot token; else made from the token."""
        digits, _, _ = self.token.partition(":")
        return int(digits) if digits.isdigit() else zlib.crc32(self.token.encode())

    @property
    def reads_everything(self) -> bool:
        """Whether the owner switched the bot's privacy in groups off."""
        return self.state.profile.get("privacy") is False

    def bot(self) -> dict[str, Any]:
        """The bot as the author of a message."""
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": self.state.profile.get("name", {}).get("", BOT_NAME),
            "username": BOT_USERNAME,
        }
