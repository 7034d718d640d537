"""Messages made for Discord."""

from appliance.services import alerts
from appliance.services.alerts import Alert


def test_embeds():
    message = {
        "username": "monitor",
        "content": "Look",
        "embeds": [
            {
                "title": "db1",
                "url": "https://x/1",
                "description": "is down",
                "color": 5,
                "fields": [{"name": "Since", "value": "10:00"}],
                "footer": {"text": "v1"},
            }
        ],
    }
    told = "Look\n\ndb1\nhttps://x/1\nis down\nSince: 10:00\nv1"
    assert alerts.read(message) == Alert("monitor", told)


def test_content_alone():
    assert alerts.read({"content": "x"}) == Alert("", "x")
