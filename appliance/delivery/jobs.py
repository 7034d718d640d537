"""One call that is claimed: committed as `sending`, about to leave or in flight."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from appliance.delivery.classify import Verdict
from appliance.services.content import Upload


@dataclass(slots=True, eq=False)
class Job:
    """A claimed call. `row` is its message or broadcast id, `tries` the attempts made before."""

    source: "Source"
    row: int
    chat_id: int
    method: str
    body: bytes
    tries: int = 0
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a job. `retry_at` (monotonic seconds) puts it back to `pending` until then."""

    job: Job
    verdict: Verdict
    retry_at: float | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on the wall for the ledger and on the monotonic clock for pacing."""

    wall: float
    mono: float


class Source(Protocol):
    """Where jobs come from and where their outcomes are written; called inside one transaction."""

    def exchange(
        self, session: Session, results: list[Result], limit: int, now: Moment
    ) -> list[Job]:
        """Hand in outcomes, take up to `limit` new jobs."""
        ...


def encode(params: dict[str, Any]) -> bytes:
    return json.dumps(params, ensure_ascii=False, separators=(",", ":")).encode()
