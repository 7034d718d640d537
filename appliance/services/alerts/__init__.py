"""What programs of others post of themselves, read as alerts: a module a sender.

A sender cannot be taught our fields, so each is known by the shape of its JSON. To add one: a
module with `read`, which gives None for what is not of its sender, and its name in `SENDERS`.
"""

from collections.abc import Mapping
from typing import Any

from appliance.services.alerts import alertmanager, discord, github, monitors, slack
from appliance.services.alerts.alert import Alert

__all__ = ["SENDERS", "Alert", "read"]

# Grafana's has `alerts`, as Alertmanager's, and a `message` made by people: so that goes first.
SENDERS = (monitors, alertmanager, github, discord, slack)


def read(document: Mapping[str, Any]) -> Alert | None:
    """The alert of a sender that is known; None for any other JSON."""
    return next((alert for sender in SENDERS if (alert := sender.read(document))), None)
