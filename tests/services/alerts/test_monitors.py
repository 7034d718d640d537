"""`message` and `msg`, which many monitors have; the router's tests post their whole JSON."""

import pytest

from appliance.services import alerts
from appliance.services.alerts import Alert


@pytest.mark.parametrize(
    ("document", "alert"),
    [
        ({"title": "db1", "message": "x", "alerts": [{}], "commonLabels": {}}, Alert("db1", "x")),
        ({"msg": "down", "heartbeat": {}}, Alert("", "down")),
        ({"message": 5, "title": None}, Alert("", "5")),
        ({"message": ""}, None),
        ({"text": "ours"}, None),
    ],
)
def test_messages(document, alert):
    assert alerts.read(document) == alert
