"""What the engine must know of the site it works for."""

from dataclasses import dataclass, field
from pathlib import Path

from appliance.config import Settings


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """`media` is where files are kept; `timezone` the one of chats that have none."""

    media: Path = Path("data/media")
    timezone: str = "UTC"
    paid: bool = False
    """Whether broadcasts may cost Telegram Stars, so that the rate may be over 30."""
    site_url: str = ""
    secret: str = field(default="", repr=False)
    """Where tracked links lead, and what signs them."""

    @classmethod
    def of(cls, settings: Settings) -> "EngineConfig":
        return cls(
            media=settings.data / "media",
            timezone=settings.timezone,
            paid=settings.paid,
            site_url=settings.site_url,
            secret=settings.secret_key,
        )
