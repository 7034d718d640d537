"""The parts of one simulator, together, and the bot that it serves."""

import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from appliance.sandbox.faults import Faults
from appliance.sandbox.files import Files
from appliance.sandbox.state import State

BOT_NAME = "Sandbox"
BOT_USERNAME = "appliance_sandbox_bot"


@dataclass(slots=True)
class World:
    token: str
    state: State
    faults: Faults = field(default_factory=Faults)
    files: Files = field(default_factory=Files)
    calls: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    webhook_problem: dict[str, Any] = field(default_factory=dict)
    """What getWebhookInfo tells of the last failure."""

    @property
    def bot_id(self) -> int:
        """The digits before the colon, as in every bot token; else made from the token."""
        digits, _, _ = self.token.partition(":")
        return int(digits) if digits.isdigit() else zlib.crc32(self.token.encode())

    def bot(self) -> dict[str, Any]:
        """The bot as the author of a message."""
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": BOT_NAME,
            "username": BOT_USERNAME,
        }
