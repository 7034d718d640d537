"""Faults on demand: what goes wrong, for which calls, how often."""

import random
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from appliance.sandbox.answers import ApiError, too_many_requests

Kind = Literal["429", "403", "400", "401", "500", "502", "latency", "close_before", "close_after"]
KINDS: tuple[str, ...] = get_args(Kind)
EVERY_METHOD = "*"
_RETRY_AFTER = 3
_LATENCY = 1.0
_WORDS = {
    "400": "Bad Request: chat not found",
    "401": "Unauthorized",
    "403": "Forbidden: bot was blocked by the user",
    "500": "Internal Server Error",
    "502": "Bad Gateway",
}


@dataclass(slots=True)
class Fault:
    """Without `method` it strikes every call but getUpdates, which polls all the time and would
    use the `count` up; `method` "*" includes that too."""

    id: int
    kind: str
    method: str | None = None
    chat_id: int | None = None
    count: int | None = None
    """How often it still strikes; None: until it is deleted."""
    probability: float | None = None
    retry_after: int | None = None
    seconds: float | None = None
    description: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def error(self) -> ApiError | None:
        """What the call is answered; None for faults of the connection."""
        if self.kind == "429":
            after = _RETRY_AFTER if self.retry_after is None else self.retry_after
            return too_many_requests(after, self.description)
        if self.kind in _WORDS:
            return ApiError(int(self.kind), self.description or _WORDS[self.kind])
        return None

    def matches(self, method: str, chat_id: int | None) -> bool:
        if self.chat_id is not None and self.chat_id != chat_id:
            return False
        if self.method is None:
            return method != "getUpdates"
        return self.method == EVERY_METHOD or self.method.lower() == method.lower()


class Faults:
    """The faults that are set, in order; the first that matches strikes. Latencies add up."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._last_id = 0
        self._dice = random.Random(1)  # noqa: S311 - the same run twice, not a secret

    def add(self, kind: str, **fields: Any) -> Fault:
        self._last_id += 1
        fault = Fault(self._last_id, kind, **fields)
        self._faults[fault.id] = fault
        return fault

    def all(self) -> list[Fault]:
        return list(self._faults.values())

    def remove(self, fault_id: int) -> bool:
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        self._faults.clear()

    def strike(self, method: str, chat_id: int | None) -> tuple[float, Fault | None]:
        """Seconds to wait first, and the fault to act out, if any."""
        delay = 0.0
        for fault in self.all():
            if not fault.matches(method, chat_id) or not self._happens(fault):
                continue
            if fault.kind != "latency":
                return delay, fault
            delay += _LATENCY if fault.seconds is None else fault.seconds
        return delay, None

    def _happens(self, fault: Fault) -> bool:
        if fault.probability is not None and self._dice.random() >= fault.probability:
            return False
        if fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                del self._faults[fault.id]
        return True
