"""GitHub's webhooks, by the parts that a reader wants."""

import pytest

from appliance.services import alerts
from appliance.services.alerts import Alert

FROM = {
    "repository": {"full_name": "acme/site", "html_url": "https://github.com/acme/site"},
    "sender": {"login": "ann"},
}


@pytest.mark.parametrize(
    ("event", "title", "text"),
    [
        (
            {
                "ref": "refs/heads/main",
                "compare": "https://github.com/acme/site/compare/a...b",
                "commits": [{"id": "0123456789", "message": "Mend it\n\nlong"}],
            },
            "acme/site: push to main (1)",
            "0123456 Mend it\nhttps://github.com/acme/site/compare/a...b\nann",
        ),
        (
            {
                "action": "completed",
                "workflow_run": {"name": "CI", "conclusion": "failure", "html_url": "https://x/1"},
            },
            "acme/site: workflow run completed failure",
            "CI\nhttps://x/1\nann",
        ),
        (
            {
                "action": "opened",
                "issue": {"number": 7, "title": "It fails", "state": "open", "html_url": "u"},
            },
            "acme/site: issue opened open",
            "#7 It fails\nu\nann",
        ),
        (
            {"zen": "Keep it simple.", "hook_id": 1},
            "acme/site: event",
            "Keep it simple.\nhttps://github.com/acme/site\nann",
        ),
    ],
)
def test_events(event, title, text):
    assert alerts.read({**event, **FROM}) == Alert(title, text)


def test_of_many_commits_the_first_are_shown():
    commits = [{"id": str(n), "message": "m"} for n in range(12)]
    push = {"ref": "refs/tags/v1", "commits": commits, **FROM}
    assert "9 m\n… 2\nann" in alerts.read(push).text
