"""Which methods there are; clients/test_conformance.py calls every one."""

import pytest

from appliance.sandbox.methods.table import SENDING, count_of
from appliance.sandbox.protocol.parameters import Parameters


@pytest.mark.parametrize(
    ("method", "values", "count"),
    [
        ("sendMessage", {}, 1),
        ("sendMediaGroup", {"media": "[{}, {}]"}, 2),
        ("sendMediaGroup", {"media": "["}, 1),
        ("copyMessages", {"message_ids": [1, 2, 3]}, 3),
        ("forwardMessages", {"message_ids": []}, 1),
    ],
)
def test_how_many_messages(method, values, count):
    assert method in SENDING
    assert count_of(method, Parameters(values)) == count
