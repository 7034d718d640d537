"""Faults on demand: what goes wrong, for which calls, how often."""

import random
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, get_args

from appliance.sandbox.protocol.errors import ApiError, too_many_requests

FaultKind = Literal[
    "429",
    "403",
    "400",
    "401",
    "500",
    "502",
    "504",
    "404",
    "409",
    "webhook_active",
    "blocked",
    "deactivated",
    "not_started",
    "kicked",
    "not_member",
    "not_found",
    "migrated",
    "bad_entities",
    "too_long",
    "caption_too_long",
    "bad_media",
    "latency",
    "slow",
    "close_before",
    "close_after",
]
"""Telegram's answers by their number and by their cause; the last four strike the connection."""
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


class Answer(NamedTuple):
    code: int
    description: str
    method: str | None = None
    """The only method that is ever answered this, if the fault names none."""


_ANSWERS: dict[FaultKind, Answer] = {
    "429": Answer(429, "Too Many Requests: retry after 3"),
    "403": Answer(403, "Forbidden: bot was blocked by the user"),
    "400": Answer(400, "Bad Request: chat not found"),
    "401": Answer(401, "Unauthorized"),
    "500": Answer(500, "Internal Server Error"),
    "502": Answer(502, "Bad Gateway"),
    "504": Answer(504, "Gateway Timeout"),
    "404": Answer(404, "Not Found"),
    "409": Answer(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
        " running",
        "getUpdates",
    ),
    "webhook_active": Answer(
        409,
        "Conflict: can't use getUpdates method while webhook is active;"
        " use deleteWebhook to delete the webhook first",
        "getUpdates",
    ),
    "blocked": Answer(403, "Forbidden: bot was blocked by the user"),
    "deactivated": Answer(403, "Forbidden: user is deactivated"),
    "not_started": Answer(403, "Forbidden: bot can't initiate conversation with a user"),
    "kicked": Answer(403, "Forbidden: bot was kicked from the supergroup chat"),
    "not_member": Answer(403, "Forbidden: bot is not a member of the channel chat"),
    "not_found": Answer(400, "Bad Request: chat not found"),
    "migrated": Answer(400, "Bad Request: group chat was upgraded to a supergroup chat"),
    "bad_entities": Answer(
        400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0'
    ),
    "too_long": Answer(400, "Bad Request: message is too long"),
    "caption_too_long": Answer(400, "Bad Request: message caption is too long"),
    "bad_media": Answer(400, "Bad Request: wrong file identifier/HTTP URL specified"),
}
PAGES = {502: "Bad Gateway", 504: "Gateway Time-out"}
"""What Telegram's front server answers itself."""
EVERY_METHOD = "*"
_RETRY_AFTER = 3
_SECONDS = 1.0
_MIGRATED_TO = -1_002_222_222_222


@dataclass(slots=True)
class InjectedFault:
    """Without `method` it strikes every call but getUpdates, which polls all the time and would
    use the `count` up; `method` "*" includes that too. Conflicts strike getUpdates alone, and
    "409", which stands for another program that polls all the time, only those polls that wait."""

    id: int
    kind: FaultKind
    method: str | None = None
    chat_id: int | None = None
    count: int | None = None
    """How often it still strikes; None: until it is deleted."""
    probability: float | None = None
    retry_after: int | None = None
    seconds: float | None = None
    description: str | None = None
    migrate_to_chat_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def error(self) -> ApiError | None:
        """What the call is answered; None for faults of the connection."""
        if self.kind == "429":
            after = _RETRY_AFTER if self.retry_after is None else self.retry_after
            return too_many_requests(after, self.description)
        answer = _ANSWERS.get(self.kind)
        if answer is None:
            return None
        moved = {"migrate_to_chat_id": self.migrate_to_chat_id or _MIGRATED_TO}
        parameters = moved if self.kind == "migrated" else None
        return ApiError(answer.code, self.description or answer.description, parameters)

    @property
    def wait(self) -> float:
        """For `latency`, before anything is accepted, and for `slow`, after that."""
        return _SECONDS if self.seconds is None else self.seconds

    def matches(self, method: str, chat_id: int | None, waits: bool = False) -> bool:
        if self.kind == "409" and not waits:
            return False
        if self.chat_id is not None and self.chat_id != chat_id:
            return False
        if self.method is None:
            only = _ANSWERS[self.kind].method if self.kind in _ANSWERS else None
            return method == only if only else method != "getUpdates"
        return self.method == EVERY_METHOD or self.method.lower() == method.lower()


class Faults:
    """The faults that are set, in order; the first that matches strikes. Latencies add up."""

    def __init__(self) -> None:
        self._faults: dict[int, InjectedFault] = {}
        self._last_id = 0
        self._dice = random.Random(1)  # noqa: S311 - the same run twice, not a secret

    def add(self, kind: FaultKind, **fields: Any) -> InjectedFault:
        self._last_id += 1
        fault = InjectedFault(self._last_id, kind, **fields)
        self._faults[fault.id] = fault
        return fault

    def all(self) -> list[InjectedFault]:
        return list(self._faults.values())

    def remove(self, fault_id: int) -> bool:
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        self._faults.clear()

    def strike(
        self, method: str, chat_id: int | None, *, waits: bool = False
    ) -> tuple[float, InjectedFault | None]:
        """Seconds to wait first, and the fault to act out, if any.

        `waits`: the call is a long poll, and there is nothing to answer it with at once.
        """
        delay = 0.0
        for fault in self.all():
            if not fault.matches(method, chat_id, waits) or not self._happens(fault):
                continue
            if fault.kind != "latency":
                return delay, fault
            delay += fault.wait
        return delay, None

    def _happens(self, fault: InjectedFault) -> bool:
        # The dice before the count: a fault that did not happen is not used up.
        if fault.probability is not None and self._dice.random() >= fault.probability:
            return False
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                del self._faults[fault.id]
        return True
