"""The ledger: what happened to each recipient of each broadcast."""

from appliance.crud.deliveries.claims import (
    DeliveryOutcome,
    awake,
    move,
    peek,
    put_back,
    record,
    span_end,
    take,
)
from appliance.crud.deliveries.counts import (
    Left,
    Survey,
    Tally,
    chats_in,
    count_left,
    count_sent_before,
    states_of,
    survey,
)
from appliance.crud.deliveries.report import DeliveryRow, iterate, list_page
from appliance.crud.deliveries.sweeps import recover, requeue, skip, skip_pending

__all__ = [
    "DeliveryOutcome",
    "DeliveryRow",
    "Left",
    "Survey",
    "Tally",
    "awake",
    "chats_in",
    "count_left",
    "count_sent_before",
    "iterate",
    "list_page",
    "move",
    "peek",
    "put_back",
    "record",
    "recover",
    "requeue",
    "skip",
    "skip_pending",
    "span_end",
    "states_of",
    "survey",
    "take",
]
