"""Times as people read them: by the clock of TIMEZONE, to the minute or second."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local(time: datetime | str | None, zone: str, *, seconds: bool = False) -> str:
    """`2026-12-24 18:00`; "" for None. A text is a time as JSON has it, in UTC."""
    if time is None:
        return ""
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M" + (":%S" if seconds else ""))
