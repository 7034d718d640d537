"""Alertmanager's webhook, as its documentation shows it."""

from appliance.services import alerts

DISK = {
    "version": "4",
    "groupKey": '{}:{alertname="Disk"}',
    "status": "firing",
    "receiver": "ops",
    "groupLabels": {"alertname": "Disk"},
    "commonLabels": {"alertname": "Disk", "severity": "page"},
    "commonAnnotations": {},
    "externalURL": "http://am:9093",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Disk", "instance": "db1"},
            "annotations": {"summary": "Disk of db1 is full", "description": "98 % of /var"},
            "startsAt": "2026-11-30T10:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prom/graph",
            "fingerprint": "a",
        },
        {"status": "resolved", "labels": {"alertname": "Disk", "instance": "db2"}},
    ],
}


def test_an_alert():
    alert = alerts.read(DISK)
    assert alert.title == "[FIRING:1] Disk"
    assert alert.text == (
        "Disk of db1 is full\n98 % of /var\nalertname=Disk, instance=db1\nhttp://prom/graph\n\n"
        "resolved\nalertname=Disk, instance=db2"
    )


def test_it_is_over():
    over = {**DISK, "status": "resolved", "alerts": [DISK["alerts"][1]]}
    assert alerts.read(over) == alerts.Alert("[RESOLVED:1] Disk", "alertname=Disk, instance=db2")
