"""Prometheus' Alertmanager, version 4 of its webhook; Grafana's without a message is alike."""

from collections.abc import Mapping
from typing import Any

from appliance.services.alerts.alert import Alert, lines, objects, paragraphs, word


def read(document: Mapping[str, Any]) -> Alert | None:
    alerts = objects(document.get("alerts"))
    if not alerts or not {"groupLabels", "commonLabels", "groupKey"} & document.keys():
        return None
    status = word(document, "status") or "firing"
    active = [alert for alert in alerts if word(alert, "status") == status]
    name = word(document, "commonLabels", "alertname") or word(alerts[0], "labels", "alertname")
    head = f"[{status.upper()}:{len(active) or len(alerts)}] {name}".strip()
    return Alert(head, paragraphs(_told(alert, status) for alert in alerts))


def _told(alert: Mapping[str, Any], status: str) -> str:
    """Its words, else its labels, which are all that a rule without annotations has."""
    own = word(alert, "status")
    summary, description = (
        word(alert, "annotations", "summary"),
        word(alert, "annotations", "description") or word(alert, "annotations", "message"),
    )
    labels = alert.get("labels")
    named = (
        [f"{name}={word(labels, name)}" for name in labels] if isinstance(labels, Mapping) else []
    )
    return lines(
        own if own != status else "",
        summary,
        description if description != summary else "",
        ", ".join(named),
        word(alert, "generatorURL"),
    )
