"""Messages made for Slack."""

import pytest

from appliance.services import alerts
from appliance.services.alerts import Alert


@pytest.mark.parametrize(
    ("message", "alert"),
    [
        (
            {
                "username": "CI",
                "text": "Build <https://ci/1|#1> &amp; deploy",
                "attachments": [
                    {
                        "color": "danger",
                        "title": "Failed",
                        "title_link": "https://ci/1",
                        "fields": [{"title": "Branch", "value": "main", "short": True}],
                        "fallback": "not shown",
                    },
                    {"fallback": "only this"},
                ],
            },
            Alert(
                "CI",
                "Build #1 (https://ci/1) & deploy\n\n"
                "Failed\nhttps://ci/1\nBranch: main\n\nonly this",
            ),
        ),
        (
            {
                "text": "read out",
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "Disk"}},
                    {"type": "divider"},
                    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*db1* <!here>"}]},
                ],
            },
            Alert("", "Disk\n\n*db1* !here"),
        ),
    ],
)
def test_messages(message, alert):
    assert alerts.read(message) == alert


def test_a_text_alone_is_our_own():
    assert alerts.read({"text": "disk full"}) is None
