"""Which methods there are; test_conformance.py calls every one."""

import pytest
from aiogram import methods

from appliance.sandbox.methods.table import METHODS, SENDING, count_of
from appliance.sandbox.protocol.parameters import Parameters


def test_all_are_telegrams():
    known = {name[0].lower() + name[1:] for name in methods.__all__}
    assert set(METHODS) <= known


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
