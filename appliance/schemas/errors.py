"""How an error is told (RFC 9457)."""

from dataclasses import asdict

from appliance.errors import Fault as DomainFault
from appliance.schemas.base import Answer


class Fault(Answer):
    """One place where the input is wrong; the place within a text counts code points."""

    field: str
    message: str
    offset: int | None = None
    line: int | None = None
    column: int | None = None


class Problem(Answer):
    """RFC 9457. `type` tells kinds of errors apart; `detail` says what is wrong and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    faults: list[Fault] | None = None


def faults_of(faults: tuple[DomainFault, ...]) -> list[Fault]:
    return [Fault(**asdict(fault)) for fault in faults]
