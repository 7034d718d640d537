"""Apprise, Grafana and Gotify (`message`), Uptime Kuma (`msg`), and whatever posts alike."""

from collections.abc import Mapping
from typing import Any

from appliance.services.alerts.alert import Alert, word


def read(document: Mapping[str, Any]) -> Alert | None:
    text = word(document, "message") or word(document, "msg")
    return Alert(word(document, "title"), text) if text else None
