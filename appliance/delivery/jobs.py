"""One call that is claimed: committed as `sending`, about to leave or in flight."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from appliance.delivery.answers.classify import Kind, Verdict
from appliance.errors import localized
from appliance.models import DeliveryState
from appliance.services.content import File, Upload

log = logging.getLogger(__name__)

NOT_PREPARED = "not_prepared"
"""The reason of a call that could not be made, so that nothing left."""

_FINAL = {Kind.SENT: DeliveryState.SENT, Kind.UNKNOWN: DeliveryState.UNKNOWN}


@dataclass(slots=True, eq=False)
class Job:
    """A claimed call. `row` is the id of its message, broadcast or operation.

    `tries` are the attempts made before, `files` those of ours whose ids an answer may tell (to an
    `upload`) or refuse. With a `fault` the call could not be made: nothing leaves, that is its
    outcome.
    """

    source: "Source"
    row: int
    chat_id: int
    method: str
    body: bytes
    tries: int = 0
    upload: Upload | None = None
    files: tuple[File, ...] = ()
    fault: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a job. `retry_at` (monotonic seconds) puts it back to `pending` until then.

    `counts` says whether that was an attempt, of which there are only so many.
    """

    job: Job
    verdict: Verdict
    retry_at: float | None = None
    counts: bool = True

    @property
    def state(self) -> DeliveryState:
        """Of the job's row from now on. What went to a group that has a new id waits under that."""
        if self.retry_at is not None or self.verdict.kind == Kind.MIGRATED:
            return DeliveryState.PENDING
        return _FINAL.get(self.verdict.kind, DeliveryState.FAILED)


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on the wall for the ledger and on the monotonic clock for pacing."""

    wall: float
    mono: float


class Source(Protocol):
    """Where jobs come from and where their outcomes are written."""

    def record(self, session: Session, results: list[Result], now: Moment) -> None:
        """Write the outcomes into the rows of the jobs: nothing else, see `side_effects.py`."""
        ...


def prepared(
    make: Callable[[], Job], source: "Source", row: int, chat_id: int, tries: int = 0
) -> Job:
    """The job that `make` makes; one with a `fault` where that fails.

    Whatever is wrong with a recipient's values or with the content is theirs: an error that went on
    from here would end the engine, again after each restart, with others' calls in flight.
    """
    try:
        return make()
    except SQLAlchemyError:  # not the call's fault: the whole transaction is repeated
        raise
    except Exception as error:
        log.exception("a call for chat %d could not be prepared", chat_id)
        return Job(source, row, chat_id, "", b"", tries, fault=not_prepared(error))


def not_prepared(error: Exception, kind: Kind = Kind.REFUSED) -> Verdict:
    """Nothing left: `failed` for certain, with the reason."""
    told = getattr(error, "strerror", None) or str(error) or type(error).__name__
    words = localized("the message could not be prepared: {reason}", reason=str(told)[:200])
    return Verdict(kind, NOT_PREPARED, words.dump())


def encode(params: dict[str, Any]) -> bytes:
    # As UTF-8 and without spaces: escaped, Cyrillic takes six bytes a letter instead of two.
    return json.dumps(params, ensure_ascii=False, separators=(",", ":")).encode()
