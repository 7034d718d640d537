"""How bodies are read; what becomes of them is in test_notify.py."""

import pytest

from appliance.routers import alert_body


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("text=a&title=b", {"text": "a", "title": "b"}),
        ("message=a+b&version=1.0&type=info", {"text": "a b"}),
        ("title=a", {"title": "a"}),
        ("title=", {"text": "title="}),
        ("priority=high load", {"text": "priority=high load"}),
        ("load=5", {"text": "load=5"}),
        ("text=a&b=c", {"text": "text=a&b=c"}),
        ("text=%FF", {"text": "\ufffd"}),
    ],
)
def test_a_form_is_told_from_a_text(app, text, fields):
    options = {"data": text, "content_type": alert_body.FORM, "method": "POST"}
    with app.test_request_context("/api/v1/notify", **options):
        read = alert_body.read_alert()
    told = {"text": read.text, "title": read.title}
    assert {name: value for name, value in told.items() if value} == fields


def test_the_address_has_what_is_known(app):
    with app.test_request_context("/api/v1/notify?to=chat:5&priority=HIGH&format=md&a=b"):
        query = alert_body.read_query()
    assert query.model_dump(exclude_none=True) == {"to": "chat:5", "priority": "high"}
