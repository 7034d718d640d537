"""What programs said and nobody got, by token, for `appliance status`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.settings import REFUSED_ALERTS, get_setting, put_setting
from appliance.services.timing.clock import rfc3339

KEPT = timedelta(days=30)
"""After its last refusal a token is forgotten here: whoever runs the site has seen it by then."""

MAX_REASON = 255  # characters


def add(session: Session, refused: Mapping[int, tuple[str, int, str]], now: datetime) -> None:
    """Add to the counts: by token its name, how many more, and why the last one."""
    since = rfc3339(now - KEPT)
    stored = get_setting(session, REFUSED_ALERTS) or {}
    kept = {token: entry for token, entry in stored.items() if entry["at"] >= since}
    for token, (name, count, reason) in refused.items():
        before = kept.get(str(token), {}).get("count", 0)
        kept[str(token)] = {
            "token": name,
            "count": before + count,
            "reason": reason[:MAX_REASON],
            "at": rfc3339(now),
        }
    put_setting(session, REFUSED_ALERTS, kept, now)


def listed(session: Session) -> list[dict[str, Any]]:
    """The latest first."""
    stored = get_setting(session, REFUSED_ALERTS) or {}
    return sorted(stored.values(), key=lambda entry: str(entry["at"]), reverse=True)
